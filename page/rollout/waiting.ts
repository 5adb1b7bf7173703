/** What keeps a rollout from going on, one by one. Pure. */
import { placeText } from '../../model/run/gate-turn.ts';
import type { GateStatus } from '../../model/types.ts';
import type { RolloutView } from '../../model/view.ts';
import type { CalendarWindow, WindowCalendar } from '../../model/windows/calendar.ts';
import { isUnderWay } from '../actions/offers.ts';

export interface Waiting {
  key: string;
  /** e.g. `Gate shop`. */
  what: string;
  /** e.g. `before the edge`. */
  where?: string;
  why: string;
  /** RFC 3339. */
  since?: string;
  /** When it opens by itself. */
  until?: string;
  gate?: GateStatus;
}

/** What is waited for now: holds, gates that are closed, windows that are. @param calendar - left out while it is not known */
export function waitingsOf(view: RolloutView, calendar?: Pick<WindowCalendar, 'windows'>): Waiting[] {
  if (!isUnderWay(view)) return [];
  const { hold, gates, phase } = view;
  const held: Waiting[] = hold
    ? [{ key: 'hold', what: 'Pause', why: `by ${hold.by}${hold.reason ? `: ${hold.reason}` : ''}`, since: hold.at }]
    : [];
  const closed = gates
    .filter(({ state }) => state === 'Closed' || (state === 'Failed' && phase === 'Paused'))
    .map((gate): Waiting => {
      const { layer, at, wave, name, message, since } = gate;
      const key = [layer, at, wave, name].join('/');
      return { key, what: `Gate ${name}`, where: placeText(gate), why: message, since, gate };
    });
  const shut = phase === 'Paused' ? (calendar?.windows ?? []).filter(({ holds, open }) => holds && !open) : [];
  return [...held, ...closed, ...shut.map(windowWaiting)];
}

function windowWaiting({ name, namespace, reason, fault, until }: CalendarWindow): Waiting {
  const what = `Window ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  const why = fault === undefined ? `closed${reason ? `: ${reason}` : ''}` : `closed, as it cannot be read: ${fault}`;
  return { key: what, what, why, ...(until !== undefined && { until }) };
}
