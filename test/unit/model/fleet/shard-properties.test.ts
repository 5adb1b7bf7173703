import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countOf, isLater, PHASE_LETTERS, reportOf, type SettledPhase } from '../../../../model/fleet/report.ts';
import { type ShardLimits, ShardMachine, type ShardState } from '../../../../model/fleet/shard.ts';
import type { ShardTerms } from '../../../../model/fleet/terms.ts';

type Step =
  | { kind: 'next'; atMost: number }
  | { kind: 'settled'; index: number; phase: SettledPhase }
  | { kind: 'told'; at: number }
  | { kind: 'halt' };

describe('Whatever happens to a shard', () => {
  const COUNT = 12;
  const TOLD = 6;
  const parents = { a: [0, 4, 5], b: [1], c: [2, 3, 11] };
  const names = fc.constantFrom<string[][]>([], [], ['a'], ['b', 'c'], ['z']);
  const skips = fc.constantFrom<number[][]>([], [], [], [0, 7], [3, 8, 9]);
  const how = fc.constantFrom<{ terms?: ShardTerms }[]>({}, {}, { terms: {} }, { terms: { paceMs: 5 } });
  const told = fc
    .array(fc.record({ slots: fc.nat(COUNT), failuresLeft: fc.nat(4), opened: names, lost: names, skip: skips, how }), {
      minLength: TOLD,
      maxLength: TOLD,
    })
    .map((all) => all.map(({ how, ...one }, at) => ({ seq: at + 1, ...one, ...how })));
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
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('told' as const), at: fc.nat(TOLD - 1) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'halt' as const }) },
  );
  const steps = fc.array(step, { maxLength: 60 });
  const begun = fc
    .array(fc.constantFrom(...'wwwihrd'), { minLength: COUNT, maxLength: COUNT })
    .map((letters) =>
      letters.map((letter, at) => (Object.values(parents).flat().includes(at) ? 'b' : letter)).join(''),
    );

  function take(shard: ShardMachine, step: Step, told: ShardLimits[]): number[] {
    if (step.kind === 'next') return shard.next(step.atMost);
    if (step.kind === 'settled') shard.settled(step.index, step.phase);
    else if (step.kind === 'told') {
      const { deferred, skipped, stopped } = shard.take(told[step.at]!);
      return [...deferred, ...skipped, ...stopped].map((index) => -index);
    } else shard.halt();
    return [];
  }

  it('it keeps to its slots, starts each site once and after its parent, and accounts for every one', () => {
    fc.assert(
      fc.property(begun, told, steps, (phases, told, taken) => {
        const shard = new ShardMachine({ phases, parents });
        const started = new Set<number>();
        for (const one of taken) {
          const before = shard.report();
          const now = take(shard, one, told);
          const heard = told.slice(0, shard.heard);
          for (const index of one.kind === 'next' ? now : []) {
            expect(started.has(index)).toBe(false);
            started.add(index);
            expect(heard.some(({ skip }) => skip?.includes(index))).toBe(false);
            const opened = heard.flatMap(({ opened }) =>
              opened.flatMap((name) => new Map(Object.entries(parents)).get(name)),
            );
            expect(phases[index] === 'b' ? opened.includes(index) : 'wi'.includes(phases[index]!)).toBe(true);
          }
          const after = shard.report();
          expect(countOf(after)).toBe(COUNT);
          // Told by whoever takes them out while they are under way; of others the machine itself.
          for (const index of heard.flatMap(({ skip = [] }) => skip)) expect('bw').not.toContain(shard.phases[index]);
          expect(after.inFlight).toBeLessThanOrEqual(Math.max(before.inFlight, heard.at(-1)?.slots ?? 0));
          // Each change shows in the report, so that reports tell their order.
          expect(isLater(after, before)).toBe(JSON.stringify(after) !== JSON.stringify(before));
          expect(isLater(before, after)).toBe(false);
          expect(shard.terms).toEqual(heard.findLast(({ terms }) => terms)?.terms ?? {});
          expect(after).toEqual(reportOf(shard.phases));
          for (const phase of Object.keys(PHASE_LETTERS) as (keyof typeof PHASE_LETTERS)[]) {
            expect(shard.in(phase)).toHaveLength(after[phase]);
          }
        }
      }),
    );
  });

  it('it behaves the same after continue-as-new', () => {
    fc.assert(
      fc.property(begun, told, steps, (phases, told, taken) => {
        const input = { phases, parents };
        const steady = new ShardMachine(input);
        let renewed = new ShardMachine(input);
        for (const one of taken) {
          renewed = new ShardMachine(input, JSON.parse(JSON.stringify(renewed.state)) as ShardState);
          expect(take(renewed, one, told)).toEqual(take(steady, one, told));
          expect(renewed.state).toEqual(steady.state);
          expect([renewed.report(), renewed.done, renewed.stopped, renewed.heard]).toEqual([
            steady.report(),
            steady.done,
            steady.stopped,
            steady.heard,
          ]);
        }
      }),
    );
  });
});
