import type { RampUp } from '../types.ts';

/**
 * How many sites may be under way at once now: `initial` of them at first; each time as many as the present limit have
 * become ready under it, the limit grows by `factor`, up to the most. Never falls as `ready` rises.
 *
 * @param maxConcurrency - the most, and the answer where there is no ramp
 * @param ready - sites of the stage that are ready so far
 */
export function concurrencyOf(maxConcurrency: number, rampUp: RampUp | undefined, ready: number): number {
  if (!rampUp) return maxConcurrency;
  const { initial = 1, factor = 2 } = rampUp;
  let limit = initial;
  for (let left = ready; left >= limit && limit < maxConcurrency; limit *= factor) left -= limit;
  return Math.min(limit, maxConcurrency);
}
