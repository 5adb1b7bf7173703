import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countOf, isLater, PHASE_LETTERS, type SettledPhase, untouched } from '../../../../model/fleet/report.ts';
import { ShardMachine, type ShardState } from '../../../../model/fleet/shard.ts';

const ANY = 1_000;

function aShard({ count = 5, held = [] as number[], slots = 2, failuresLeft = ANY } = {}): ShardMachine {
  const shard = new ShardMachine({ count, held });
  shard.setLimits({ slots, failuresLeft });
  return shard;
}

describe('A shard', () => {
  it('starts nothing before it was given limits, and may still start', () => {
    const shard = new ShardMachine({ count: 2, held: [] });
    expect(shard.next()).toEqual([]);
    expect(shard.done).toBe(false);
    expect(shard.report()).toEqual(untouched(2));
  });

  it('starts as many as it has slots, in order, and the next as each settles', () => {
    const shard = aShard();
    expect(shard.next()).toEqual([0, 1]);
    expect(shard.next()).toEqual([]);
    shard.settled(1, 'ready');
    expect(shard.next()).toEqual([2]);
    expect(shard.report()).toEqual({ ...untouched(2), inFlight: 2, ready: 1 });
  });

  it('starts no more at a time than it is asked for', () => {
    const shard = aShard({ slots: 3 });
    expect([shard.next(1), shard.next(1), shard.next(0), shard.next(5)]).toEqual([[0], [1], [], [2]]);
  });

  it('never starts a held site', () => {
    const shard = aShard({ count: 4, held: [0, 2], slots: 4 });
    expect(shard.next()).toEqual([1, 3]);
    expect(shard.report()).toEqual({ ...untouched(0), inFlight: 2, held: 2 });
  });

  it('is done at once where all are held, limits or not', () => {
    expect(new ShardMachine({ count: 2, held: [0, 1] }).done).toBe(true);
  });

  it('is done at once where it has no sites', () => {
    expect(new ShardMachine({ count: 0, held: [] }).done).toBe(true);
  });

  it.each<SettledPhase>(['ready', 'failed', 'deferred', 'skipped', 'held'])('counts a site as %s, once', (phase) => {
    const shard = aShard({ count: 1 });
    shard.next();
    shard.settled(0, phase);
    shard.settled(0, 'ready');
    expect(shard.report()).toEqual({ ...untouched(0), [phase]: 1 });
    expect(shard.in(phase)).toEqual([0]);
    expect(shard.done).toBe(true);
  });

  it('does not start a site that settled before its turn', () => {
    const shard = aShard({ count: 4, slots: 1 });
    shard.settled(0, 'skipped');
    expect(shard.next()).toEqual([1]);
    shard.settled(2, 'deferred');
    shard.settled(1, 'ready');
    expect(shard.next()).toEqual([3]);
  });

  it('takes more slots, never fewer, in whatever order they arrive', () => {
    const shard = aShard({ slots: 1 });
    shard.next();
    shard.setLimits({ slots: 3, failuresLeft: ANY });
    shard.setLimits({ slots: 2, failuresLeft: ANY });
    expect(shard.next()).toEqual([1, 2]);
  });

  it.each([
    ['none may fail and none did: goes on', 0, 0, false],
    ['none may fail and one did: stops', 0, 1, true],
    ['one may fail and one did: goes on', 1, 1, false],
    ['one may fail and two did: stops', 1, 2, true],
  ])('%s', (_, failuresLeft, failures, stops) => {
    const shard = aShard({ count: 6, slots: 3, failuresLeft });
    shard.next();
    shard.settled(2, 'ready');
    for (let index = 0; index < failures; index += 1) shard.settled(index, 'failed');
    expect(shard.stopped).toBe(stops);
    expect(shard.next()).toHaveLength(stops ? 0 : failures + 1);
  });

  it('takes fewer failures left, never more, in whatever order they arrive', () => {
    const shard = aShard({ failuresLeft: 1 });
    shard.setLimits({ slots: 2, failuresLeft: 0 });
    shard.setLimits({ slots: 2, failuresLeft: 1 });
    shard.next();
    shard.settled(0, 'failed');
    expect(shard.next()).toEqual([]);
  });

  it('lets what is in flight finish after it was halted, and is done then', () => {
    const shard = aShard();
    shard.next();
    shard.halt();
    shard.settled(0, 'ready');
    expect(shard.next()).toEqual([]);
    expect(shard.done).toBe(false);
    shard.settled(1, 'failed');
    expect(shard.done).toBe(true);
    expect(shard.report()).toEqual({ ...untouched(3), ready: 1, failed: 1 });
  });

  it('is done before it was given limits when it was halted', () => {
    const shard = new ShardMachine({ count: 2, held: [] });
    shard.halt();
    expect(shard.done).toBe(true);
  });

  it('says where each site is', () => {
    const shard = aShard({ count: 7, held: [5], slots: 5 });
    shard.next();
    for (const [index, phase] of (['ready', 'failed', 'deferred', 'skipped'] as const).entries()) {
      shard.settled(index, phase);
    }
    expect(shard.phases).toBe('rfdsihw');
    expect(shard.in('inFlight')).toEqual([4]);
    expect(shard.in('waiting')).toEqual([6]);
  });

  it.each([-1, 5, 0.5])('refuses to settle site %d of 5', (index) => {
    expect(() => aShard().settled(index, 'ready')).toThrow(`Site ${index} is not in this shard of 5`);
  });

  it('takes about a byte of state a site', () => {
    expect(JSON.stringify(aShard({ count: 1_000 }).state).length).toBeLessThan(1_100);
  });
});

type Step =
  | { kind: 'next'; atMost: number }
  | { kind: 'settled'; index: number; phase: SettledPhase }
  | { kind: 'limits'; slots: number; failuresLeft: number }
  | { kind: 'halt' };

function take(shard: ShardMachine, step: Step): number[] {
  if (step.kind === 'next') return shard.next(step.atMost);
  if (step.kind === 'settled') shard.settled(step.index, step.phase);
  else if (step.kind === 'limits') shard.setLimits(step);
  else shard.halt();
  return [];
}

describe('Whatever happens to a shard', () => {
  const COUNT = 12;
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('next' as const), atMost: fc.nat(COUNT) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('settled' as const),
        index: fc.nat(COUNT - 1),
        phase: fc.constantFrom<SettledPhase[]>('ready', 'failed', 'deferred', 'skipped', 'held'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('limits' as const), slots: fc.nat(COUNT), failuresLeft: fc.nat(4) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'halt' as const }) },
  );
  const steps = fc.array(step, { maxLength: 60 });
  const held = fc.uniqueArray(fc.nat(COUNT - 1), { maxLength: 4 });

  it('it keeps to its slots, starts each site once, and accounts for every one', () => {
    fc.assert(
      fc.property(held, steps, (held, taken) => {
        const shard = new ShardMachine({ count: COUNT, held });
        const started = new Set<number>(held);
        let slots = 0;
        for (const one of taken) {
          const before = shard.report();
          if (one.kind === 'limits') slots = Math.max(slots, one.slots);
          for (const index of take(shard, one)) {
            expect(started.has(index)).toBe(false);
            started.add(index);
          }
          const after = shard.report();
          expect(countOf(after)).toBe(COUNT);
          expect(after.inFlight).toBeLessThanOrEqual(slots);
          // Each change shows in the report, so that reports tell their order.
          expect(isLater(after, before)).toBe(JSON.stringify(after) !== JSON.stringify(before));
          expect(isLater(before, after)).toBe(false);
          for (const phase of Object.keys(PHASE_LETTERS) as (keyof typeof PHASE_LETTERS)[]) {
            expect(shard.in(phase)).toHaveLength(after[phase]);
          }
        }
      }),
    );
  });

  it('it behaves the same after continue-as-new', () => {
    fc.assert(
      fc.property(held, steps, (held, taken) => {
        const input = { count: COUNT, held };
        const steady = new ShardMachine(input);
        let renewed = new ShardMachine(input);
        for (const one of taken) {
          renewed = new ShardMachine(input, JSON.parse(JSON.stringify(renewed.state)) as ShardState);
          expect(take(renewed, one)).toEqual(take(steady, one));
          expect(renewed.state).toEqual(steady.state);
          expect([renewed.report(), renewed.done, renewed.stopped]).toEqual([
            steady.report(),
            steady.done,
            steady.stopped,
          ]);
        }
      }),
    );
  });
});
