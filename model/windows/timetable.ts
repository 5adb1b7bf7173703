/** When a FogWindow is open, as plain JSON: what runs are told, so that nobody works out a recurrence in workflow code. Pure. */

export interface Timetable {
  /** When it is closed: in their order, apart from one another. */
  closed: ClosedSpan[];
  /** What is from then on is not worked out; left out, nothing changes any more. RFC 3339. */
  knownUntil?: string;
}

/** From the one time on until the other, without that; RFC 3339. Without an end, it does not open again by what is known. */
export interface ClosedSpan {
  from: string;
  until?: string;
}

/** How a timetable stands at a time. */
export interface WindowState {
  open: boolean;
  /** When that changes next, RFC 3339; left out, it does not, or nobody knows. */
  until?: string;
}

/** Nothing is known of what comes after it: the safe side is closed. @param now - RFC 3339 */
export function stateAt({ closed, knownUntil }: Timetable, now: string): WindowState {
  const at = Date.parse(now);
  if (knownUntil !== undefined && at >= Date.parse(knownUntil)) return { open: false };
  const span = closed.find(({ until }) => until === undefined || at < Date.parse(until));
  if (!span) return { open: true };
  if (at >= Date.parse(span.from)) return { open: false, ...(span.until !== undefined && { until: span.until }) };
  return { open: true, until: span.from };
}

/** The times at which it opens or closes, in their order; RFC 3339. */
export function transitionsOf({ closed }: Timetable): string[] {
  return closed.flatMap(({ from, until }) => (until === undefined ? [from] : [from, until]));
}
