import type { Budget } from '../../../../model/fleet/budget.ts';
import { Coordinator, type CoordinatorInput } from '../../../../model/fleet/coordinator.ts';
import type { ShardRef } from '../../../../model/fleet/known-shard.ts';
import { countOf, type ShardReport, untouched } from '../../../../model/fleet/report.ts';
import type { ShardTerms } from '../../../../model/fleet/terms.ts';

/** All may be under way and all may fail, and nothing is asked for. */
export const GENEROUS: Budget = { maxConcurrency: 1_000, maxFailures: 1_000, minSuccess: 0, minReachable: 0 };

export const AT_A_PACE: ShardTerms = { paceMs: 1_000 };

/** How many sites, or where they stand and for whom the blocked ones wait. */
type GivenShard = number | Omit<ShardRef, 'id' | 'wave'>;

interface Given extends Partial<Pick<CoordinatorInput, 'rampUp' | 'gatedWaves'>>, Partial<Budget> {
  /** Sites are started at a pace. */
  paced?: boolean;
  /** Each wave's shards, which are called `a`, `b` and so on. */
  waves: GivenShard[][];
}

export function aStage({ waves, rampUp, gatedWaves, paced = false, ...budget }: Given): Coordinator {
  const shards = waves
    .flatMap((shards, wave) => shards.map((given) => ({ wave, ...shardOf(given) })))
    .map((shard, index) => ({ id: String.fromCharCode(97 + index), ...shard }));
  return new Coordinator({
    shards,
    budget: { ...GENEROUS, ...budget },
    terms: paced ? AT_A_PACE : {},
    ...(rampUp && { rampUp }),
    ...(gatedWaves && { gatedWaves }),
  });
}

function shardOf(given: GivenShard): Omit<ShardRef, 'id' | 'wave'> {
  return typeof given === 'number' ? { report: untouched(given) } : given;
}

/** A shard with sites that wait for parents, so many each, and others that wait for their turn. */
export function blocked(parents: Record<string, number>, others: Partial<ShardReport> = {}): GivenShard {
  const sum = Object.values(parents).reduce((sum, sites) => sum + sites, 0);
  return { report: { ...untouched(0), ...others, blocked: sum }, parents };
}

/** The report of a shard of so many sites; those that are not said wait. */
export function of(count: number, given: Partial<ShardReport>): ShardReport {
  const said = { ...untouched(0), ...given };
  return { ...said, waiting: count - countOf(said) };
}
