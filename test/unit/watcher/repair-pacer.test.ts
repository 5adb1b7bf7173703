import { describe, expect, it } from '@jest/globals';
import { type RepairKind, RepairPacer } from '../../../watcher/repair-pacer.ts';

const MINUTE = 60_000;

describe('The pace of repairs', () => {
  it('is at once for the first, and slower with each that follows soon', () => {
    let now = 0;
    const pacer = new RepairPacer(() => now);
    const waits: number[] = [];
    for (let repair = 0; repair < 10; repair++) {
      now += pacer.waitFor('shop/web');
      waits.push(pacer.waitFor('shop/web'));
      pacer.repaired('shop/web');
      waits.push(pacer.waitFor('shop/web') / 1000);
    }
    expect(waits.filter((_, at) => at % 2 === 0)).toEqual(Array(10).fill(0));
    expect(waits.filter((_, at) => at % 2)).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it('starts afresh after a quiet time, and for each rollout by itself', () => {
    let now = 0;
    const pacer = new RepairPacer(() => now);
    pacer.repaired('shop/web');
    pacer.repaired('shop/web');
    expect(pacer.waitFor('shop/web')).toBe(4_000);
    expect(pacer.waitFor('shop/api')).toBe(0);
    now += 11 * MINUTE;
    pacer.repaired('shop/web');
    expect(pacer.waitFor('shop/web')).toBe(2_000);
    pacer.forget('shop/web');
    expect(pacer.waitFor('shop/web')).toBe(0);
  });

  it('tells of each repair, and of none that another one was', () => {
    const told: RepairKind[] = [];
    const pacer = new RepairPacer(
      () => 0,
      (kind) => told.push(kind),
    );
    pacer.repaired('shop/web', 'behind');
    pacer.tried('shop/web', 'givenUp');
    pacer.repaired('shop/web');
    expect(told).toEqual(['behind', 'drift']);
    expect(pacer.waitFor('shop/web', 'givenUp')).toBe(MINUTE);
  });
});
