import { secondText } from '../../model/text.ts';
import type { FogWindow, FogWindowStatus } from '../../model/types.ts';
import type { Outlook } from '../../model/windows/evaluate.ts';
import { stateAt } from '../../model/windows/timetable.ts';

/**
 * What a FogWindow says of itself.
 *
 * @param now - RFC 3339
 * @param home - where FogWindows can be for all namespaces
 */
export function windowStatus(
  { metadata, spec }: FogWindow,
  outlook: Outlook,
  { now, home }: { now: string; home: string },
): FogWindowStatus {
  const { timetable, fault } = outlook;
  const { open } = stateAt(timetable, now);
  const isLater = (time: string | undefined) => time !== undefined && Date.parse(time) > Date.parse(now);
  const opening = timetable.closed.find(({ until }) => isLater(until))?.until;
  const closing = timetable.closed.find(({ from }) => isLater(from))?.from;
  const isFar = spec.allNamespaces === true && metadata.namespace !== home;
  const message = messageOf(outlook, { open, opening, closing });
  return {
    observedGeneration: metadata.generation,
    open,
    message: isFar ? `${message}; allNamespaces counts in the namespace ${home} alone` : message,
    ...(fault === undefined && opening !== undefined && { nextOpening: secondText(opening) }),
    ...(fault === undefined && closing !== undefined && { nextClosing: secondText(closing) }),
  };
}

function messageOf(
  { closedBy, fault }: Outlook,
  { open, opening, closing }: { open: boolean; opening?: string | undefined; closing?: string | undefined },
): string {
  if (fault !== undefined) return `Closed, as it cannot be read: ${fault}`;
  const until = (time: string | undefined) => (time === undefined ? '' : ` until ${secondText(time)}`);
  if (open) return `Open${until(closing)}`;
  const why = closedBy === 'allow' ? 'nothing of allow is for this time' : closedBy;
  return `Closed${until(opening)}${why === undefined ? '' : `: ${why}`}`;
}
