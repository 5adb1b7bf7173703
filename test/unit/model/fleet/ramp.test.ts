import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { concurrencyOf } from '../../../../model/fleet/ramp.ts';
import type { RampUp } from '../../../../model/types.ts';

describe('concurrencyOf', () => {
  it.each<[string, number, RampUp | undefined, number, number]>([
    ['no ramp', 100, undefined, 0, 100],
    ['the first', 100, {}, 0, 1],
    ['after one', 100, {}, 1, 2],
    ['after one more', 100, {}, 2, 2],
    ['after two at two', 100, {}, 3, 4],
    ['just before four were ready at four', 100, {}, 6, 4],
    ['after four at four', 100, {}, 7, 8],
    ['five at first', 100, { initial: 5 }, 4, 5],
    ['after five', 100, { initial: 5 }, 5, 10],
    ['by ten', 1_000, { factor: 10 }, 11, 100],
    ['never above the most', 10, { initial: 3, factor: 3 }, 12, 10],
    ['never above the most, not even at first', 2, { initial: 5 }, 0, 2],
    ['up to the most', 10, {}, 1_000_000, 10],
  ])('%s', (_, most, rampUp, ready, expected) => {
    expect(concurrencyOf(most, rampUp, ready)).toBe(expected);
  });

  it('never falls, and lies between its beginning and the most', () => {
    const ramps = fc.record({ initial: fc.integer({ min: 1, max: 50 }), factor: fc.integer({ min: 2, max: 100 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), ramps, fc.nat(10_000), (most, ramp, ready) => {
        const now = concurrencyOf(most, ramp, ready);
        expect(now).toBeGreaterThanOrEqual(Math.min(ramp.initial, most));
        expect(now).toBeLessThanOrEqual(most);
        expect(concurrencyOf(most, ramp, ready + 1)).toBeGreaterThanOrEqual(now);
      }),
    );
  });
});
