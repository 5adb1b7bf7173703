import { describe, expect, it } from '@jest/globals';
import { assertKnown, formatOf } from '../../../workflows/format.ts';

describe('What a run hands to the next', () => {
  it('is for every version, unless a layer is passed over', () => {
    const skipped = { fog: { by: 'alice', at: '2026-01-01T00:00:00Z' } };
    expect([formatOf({ machine: { steps: [], steering: {} } }), formatOf({ machine: { steps: [] } })]).toEqual([
      {},
      {},
    ]);
    expect(formatOf({ machine: { steps: [], steering: { skipped } } })).toEqual({ format: 2 });
  });

  it.each([undefined, 1, 2])('is known to this one: %s', (format) => {
    expect(() => assertKnown(format)).not.toThrow();
  });

  it('is left alone where it is of a later one', () => {
    expect(() => assertKnown(3)).toThrow('A later version of Fog Rollouts has begun this run (format 3');
  });
});
