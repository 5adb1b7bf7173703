import type { Budget } from '../../../../model/fleet/budget.ts';
import { Coordinator, type CoordinatorInput, type ShardRef } from '../../../../model/fleet/coordinator.ts';
import { countOf, type ShardReport, untouched } from '../../../../model/fleet/report.ts';

/** All may be under way and all may fail, and nothing is asked for. */
export const GENEROUS: Budget = { maxConcurrency: 1_000, maxFailures: 1_000, minSuccess: 0, minReachable: 0 };

interface Given extends Partial<Omit<CoordinatorInput, 'shards' | 'budget'>>, Partial<Budget> {
  /** The counts of each wave's shards, which are called `a`, `b` and so on. */
  waves: number[][];
}

export function aStage({ waves, rampUp, paced = false, ...budget }: Given): Coordinator {
  return new Coordinator({
    shards: shardsOf(waves, (index) => String.fromCharCode(97 + index)),
    budget: { ...GENEROUS, ...budget },
    paced,
    ...(rampUp && { rampUp }),
  });
}

/** The shards of waves, given their counts. */
export function shardsOf(waves: number[][], idOf: (index: number) => string): ShardRef[] {
  return waves
    .flatMap((counts, wave) => counts.map((count) => ({ wave, count })))
    .map((shard, index) => ({ id: idOf(index), ...shard }));
}

/** The report of a shard of so many sites; those that are not said wait. */
export function of(count: number, given: Partial<ShardReport>): ShardReport {
  const said = { ...untouched(0), ...given };
  return { ...said, waiting: count - countOf(said) };
}
