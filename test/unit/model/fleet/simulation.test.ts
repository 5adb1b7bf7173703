import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countOf, type ShardReport, sumOf } from '../../../../model/fleet/report.ts';
import {
  anyInterventions,
  branchedOneAWave,
  branchScenarios,
  lesserInterventions,
  manyAWave,
  oneAWave,
  scenarios,
} from './fleets.ts';
import type { SimulatedStage } from './simulated-stage.ts';
import { type Scenario, Simulation } from './simulation.ts';

const TIMEOUT_MS = 60_000;

describe('Whatever the fleet, the failures and the order of events', () => {
  it.each<[string, fc.Arbitrary<Scenario>, number]>([
    ['a stage', scenarios(manyAWave), 150],
    ['a stage that loses shards', scenarios(manyAWave, { mortal: true }), 75],
    ['a stage under another', branchScenarios(), 250],
    ['a stage under another, with shards lost', branchScenarios(undefined, { mortal: true }), 100],
    ['a stage that is meddled with', scenarios(manyAWave, { interventions: anyInterventions }), 400],
    ['a stage whose strategy changes', scenarios(manyAWave, { interventions: lesserInterventions }), 800],
    [
      'a stage that is meddled with and loses shards',
      scenarios(manyAWave, { interventions: anyInterventions, mortal: true }),
      150,
    ],
    ['a stage under another, both meddled with', branchScenarios(undefined, { interventions: anyInterventions }), 400],
    ['a stage whose sites have windows', scenarios(manyAWave, { windows: true }), 150],
    [
      'a stage whose sites have windows, meddled with',
      scenarios(manyAWave, { interventions: anyInterventions, mortal: true, windows: true }),
      150,
    ],
    ['a stage under another, with windows', branchScenarios(undefined, { windows: true }), 80],
  ])(
    '%s keeps its limits, finishes, and accounts for every site once',
    (_, arbitrary, numRuns) => {
      fc.assert(
        fc.property(arbitrary, (scenario) => {
          for (const stage of new Simulation(scenario).run().stages) judge(stage);
        }),
        { numRuns },
      );
    },
    TIMEOUT_MS,
  );

  it.each<[string, fc.Arbitrary<Scenario>]>([
    ['a stage', scenarios(oneAWave)],
    ['a stage under another', branchScenarios(branchedOneAWave)],
  ])(
    '%s with one shard at a time starts nothing after one failure too many',
    (_, arbitrary) => {
      fc.assert(
        fc.property(arbitrary, (scenario) => {
          const { failuresAtLastStart, plan } = new Simulation(scenario).run().stages.at(-1)!;
          expect(failuresAtLastStart).toBeLessThanOrEqual(plan.input.budget.maxFailures);
        }),
        { numRuns: 75 },
      );
    },
    TIMEOUT_MS,
  );

  it.each<[string, fc.Arbitrary<Scenario>, number]>([
    ['a stage goes', scenarios(manyAWave), 40],
    ['two stages go', branchScenarios(), 40],
    ['a stage that is meddled with goes', scenarios(manyAWave, { interventions: anyInterventions }), 120],
    [
      'a stage whose sites have windows goes',
      scenarios(manyAWave, { interventions: lesserInterventions, windows: true }),
      50,
    ],
    ['two stages that are meddled with go', branchScenarios(undefined, { interventions: anyInterventions }), 80],
  ])(
    '%s on the same after continue-as-new at any moment',
    (_, arbitrary, numRuns) => {
      fc.assert(
        fc.property(arbitrary, (scenario) => {
          const steady = new Simulation(scenario).run();
          const renewed = new Simulation(scenario, true).run();
          expect(renewed.trace).toEqual(steady.trace);
          const outcomesOf = ({ stages }: Simulation) => stages.map(({ stage }) => stage.outcome());
          expect(outcomesOf(renewed)).toEqual(outcomesOf(steady));
        }),
        { numRuns },
      );
    },
    TIMEOUT_MS,
  );
});

/** What is so in truth at the end, and what the stage makes of it. */
function judge({ stage, plan, shards, limits, isStopped }: SimulatedStage): void {
  const { budget } = limits;
  const totals = stage.totals;
  const total = countOf(totals);
  expect(total).toBe(countOf(sumOf(plan.input.shards.map(({ report }) => report))));
  expect(totals.inFlight).toBe(0);
  expect(stage.breached).toBe(totals.failed > budget.maxFailures);
  // A breach is one for good, whatever may fail by a later strategy.
  const isEnded = stage.breached || isStopped || stage.state.stopped;
  if (!isEnded) expect(totals.blocked + totals.waiting).toBe(0);
  for (const { ref, machine, state } of shards) {
    const known = stage.state.shards[ref.id]!.report;
    expect(countOf(known)).toBe(countOf(ref.report));
    if (state === 'ended') expect(known).toEqual(machine.report());
    else if (state === 'lost') expect(known.ready).toBeLessThanOrEqual(machine.report().ready);
    else expect(endedIn(known)).toEqual(endedIn(ref.report));
  }
  const needed = Math.min(budget.minSuccess, Math.max(total - totals.skipped, 1));
  const isWell =
    !stage.breached &&
    totals.blocked + totals.waiting === 0 &&
    totals.ready >= needed &&
    total - totals.deferred >= budget.minReachable;
  expect(stage.outcome().ok).toBe(isWell);
}

/** What only a shard can bring sites to. */
function endedIn({ ready, failed, skipped, held }: Readonly<ShardReport>): number[] {
  return [ready, failed, skipped, held];
}
