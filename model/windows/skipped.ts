/** Starts of a recurrence that the clocks skip. Pure. */
import type { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';

type Time = Temporal.ZonedDateTime;

/**
 * RFC 5545 leaves out what begins at 02:30 in a night without one. For what must not be missed, it begins as the clocks jump.
 *
 * @param floating - the rule as if in a zone whose clocks never change: UTC
 * @returns when clocks jump over a start, between two times of the zone
 */
export function skippedBetween(floating: RRuleTemporal<Time>, from: Time, until: Time): Time[] {
  const begins: Time[] = [];
  let jump = from.getTimeZoneTransition('next');
  while (jump && Temporal.ZonedDateTime.compare(jump, until) < 0) {
    const before = jump.subtract({ nanoseconds: 1 });
    if (jump.offsetNanoseconds > before.offsetNanoseconds) {
      const first = before.toPlainDateTime().add({ nanoseconds: 1 }).toZonedDateTime('UTC');
      const last = jump.toPlainDateTime().subtract({ nanoseconds: 1 }).toZonedDateTime('UTC');
      if (floating.between(first, last, true).length > 0) begins.push(jump);
    }
    jump = jump.getTimeZoneTransition('next');
  }
  return begins;
}
