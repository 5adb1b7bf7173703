import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countOf, type ShardReport, sumOf } from '../../../../model/fleet/report.ts';
import { branchedOneAWave, branchScenarios, manyAWave, oneAWave, scenarios } from './fleets.ts';
import type { SimulatedStage } from './simulated-stage.ts';
import { type Scenario, Simulation } from './simulation.ts';

const TIMEOUT_MS = 60_000;

describe('Whatever the fleet, the failures and the order of events', () => {
  it.each<[string, fc.Arbitrary<Scenario>, number]>([
    ['a stage', scenarios(manyAWave), 150],
    ['a stage that loses shards', scenarios(manyAWave, { mortal: true }), 75],
    ['a stage under another', branchScenarios(), 250],
    ['a stage under another, with shards lost', branchScenarios(undefined, { mortal: true }), 100],
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

  it.each<[string, fc.Arbitrary<Scenario>]>([
    ['a stage goes', scenarios(manyAWave)],
    ['two stages go', branchScenarios()],
  ])(
    '%s on the same after continue-as-new at any moment',
    (_, arbitrary) => {
      fc.assert(
        fc.property(arbitrary, (scenario) => {
          const steady = new Simulation(scenario).run();
          const renewed = new Simulation(scenario, true).run();
          expect(renewed.trace).toEqual(steady.trace);
          const outcomesOf = ({ stages }: Simulation) => stages.map(({ stage }) => stage.outcome());
          expect(outcomesOf(renewed)).toEqual(outcomesOf(steady));
        }),
        { numRuns: 40 },
      );
    },
    TIMEOUT_MS,
  );
});

/** What is so in truth at the end, and what the stage makes of it. */
function judge({ stage, plan, children }: SimulatedStage): void {
  const { budget, shards } = plan.input;
  const totals = stage.totals;
  expect(countOf(totals)).toBe(countOf(sumOf(shards.map(({ report }) => report))));
  expect(totals.inFlight).toBe(0);
  expect(stage.breached).toBe(totals.failed > budget.maxFailures);
  if (!stage.breached) expect(totals.blocked + totals.waiting).toBe(0);
  for (const { ref, machine, state } of children) {
    const known = stage.state.shards[ref.id]!.report;
    expect(countOf(known)).toBe(countOf(ref.report));
    if (state === 'ended') expect(known).toEqual(machine.report());
    else if (state === 'lost') expect(known.ready).toBeLessThanOrEqual(machine.report().ready);
    else expect(endedIn(known)).toEqual(endedIn(ref.report));
  }
  const isWell =
    !stage.breached &&
    totals.ready >= Math.min(budget.minSuccess, countOf(totals) - totals.skipped) &&
    countOf(totals) - totals.deferred >= budget.minReachable;
  expect(stage.outcome().ok).toBe(isWell);
}

/** What only a shard can bring sites to. */
function endedIn({ ready, failed, skipped, held }: Readonly<ShardReport>): number[] {
  return [ready, failed, skipped, held];
}
