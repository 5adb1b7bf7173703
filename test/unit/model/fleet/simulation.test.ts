import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countOf, type SettledPhase } from '../../../../model/fleet/report.ts';
import { type Scenario, Simulation } from './simulation.ts';
import { shardsOf } from './stages.ts';

const TIMEOUT_MS = 60_000;

const counts = fc.integer({ min: 1, max: 7 });
const manyAWave = fc.array(fc.array(counts, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
const oneAWave = fc.array(
  counts.map((count) => [count]),
  { minLength: 1, maxLength: 5 },
);
const luck = fc.constantFrom<SettledPhase[][]>(
  ['ready'],
  ['ready', 'ready', 'ready', 'ready', 'failed'],
  ['ready', 'ready', 'failed', 'deferred', 'skipped', 'held'],
  ['deferred', 'held'],
  ['failed'],
);
const rampUps = fc.option(
  fc.record({ initial: fc.integer({ min: 1, max: 4 }), factor: fc.integer({ min: 2, max: 3 }) }),
  { nil: undefined },
);

/** Any stage over shards of these counts, by wave. */
function scenarios(waves: fc.Arbitrary<number[][]>): fc.Arbitrary<Scenario> {
  return fc.tuple(waves, luck).chain(([waves, luck]) => {
    // Numbers as ids: JSON objects put those in an order of their own.
    const shards = shardsOf(waves, (index) => String(100 - index));
    const total = shards.reduce((sum, { count }) => sum + count, 0);
    const fates = shards.map(({ count }) => fc.array(fc.constantFrom(...luck), { minLength: count, maxLength: count }));
    return fc.record({
      input: fc.record({
        shards: fc.constant(shards),
        budget: fc.record({
          maxConcurrency: fc.integer({ min: 1, max: total }),
          maxFailures: fc.nat(total),
          minSuccess: fc.nat(total),
          minReachable: fc.nat(total),
        }),
        rampUp: rampUps,
        paced: fc.boolean(),
      }),
      fates: fc.tuple(...fates),
      seed: fc.integer(),
      delay: fc.integer({ min: 1, max: 5 }),
    }) as fc.Arbitrary<Scenario>;
  });
}

describe('Whatever the fleet, the failures and the order of events', () => {
  it(
    'a stage keeps its limits, finishes, and accounts for every site once',
    () => {
      fc.assert(
        fc.property(scenarios(manyAWave), (scenario) => {
          const { stage, truth, children } = new Simulation(scenario).run();
          const { budget, shards } = scenario.input;
          expect(stage.totals).toEqual(truth);
          expect(countOf(truth)).toBe(shards.reduce((sum, { count }) => sum + count, 0));
          expect(children.filter(({ live }) => live)).toEqual([]);
          expect(truth.inFlight).toBe(0);
          expect(stage.breached).toBe(truth.failed > budget.maxFailures);
          if (!stage.breached) expect(truth.waiting).toBe(0);
          const isWell =
            !stage.breached &&
            truth.ready >= Math.min(budget.minSuccess, countOf(truth) - truth.skipped) &&
            countOf(truth) - truth.deferred >= budget.minReachable;
          expect(stage.outcome().ok).toBe(isWell);
        }),
        { numRuns: 300 },
      );
    },
    TIMEOUT_MS,
  );

  it(
    'a stage with one shard at a time starts nothing after one failure too many',
    () => {
      fc.assert(
        fc.property(scenarios(oneAWave), (scenario) => {
          const simulation = new Simulation(scenario).run();
          expect(simulation.failuresAtLastStart).toBeLessThanOrEqual(scenario.input.budget.maxFailures);
        }),
        { numRuns: 200 },
      );
    },
    TIMEOUT_MS,
  );

  it(
    'a stage and its shards go on the same after continue-as-new at any moment',
    () => {
      fc.assert(
        fc.property(scenarios(manyAWave), (scenario) => {
          const steady = new Simulation(scenario).run();
          const renewed = new Simulation(scenario, true).run();
          expect(renewed.trace).toEqual(steady.trace);
          expect(renewed.stage.outcome()).toEqual(steady.stage.outcome());
        }),
        { numRuns: 100 },
      );
    },
    TIMEOUT_MS,
  );
});
