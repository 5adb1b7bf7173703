/** Starts of a recurrence that the clocks skip. Pure. */
import { Temporal } from 'temporal-polyfill';

type Time = Temporal.ZonedDateTime;

/**
 * RFC 5545 leaves out what begins at 02:30 in a night without one. For what must not be missed, it begins as the clocks jump.
 *
 * @param begins - whether the rule has a start between two times, those too, as if in a zone whose clocks never change: UTC
 * @returns when clocks jump over a start, between two times of the zone
 */
export function skippedBetween(begins: (first: Time, last: Time) => boolean, from: Time, until: Time): Time[] {
  const skipped: Time[] = [];
  let jump = from.getTimeZoneTransition('next');
  while (jump && Temporal.ZonedDateTime.compare(jump, until) < 0) {
    const before = jump.subtract({ nanoseconds: 1 });
    if (jump.offsetNanoseconds > before.offsetNanoseconds) {
      const first = before.toPlainDateTime().add({ nanoseconds: 1 }).toZonedDateTime('UTC');
      const last = jump.toPlainDateTime().subtract({ nanoseconds: 1 }).toZonedDateTime('UTC');
      if (begins(first, last)) skipped.push(jump);
    }
    jump = jump.getTimeZoneTransition('next');
  }
  return skipped;
}
