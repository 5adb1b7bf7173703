/** What the steps of a run depend on that only the object's status and the stages before can tell. Pure. */
import { mayHaveRelease } from '../status.ts';
import type { LayerStatus } from '../types.ts';
import type { DropStep } from './steps.ts';

export interface DropFacts {
  /** The layer as it was when the run began; undefined where it had nothing. */
  before: LayerStatus | undefined;
  /** How many sites the layer's own plan has found that are to lose what they have. */
  leftovers: number;
}

/** What a drop has to do. */
export interface Drop {
  /** By the record in FogShards. */
  recorded: boolean;
  /** At the layer's implicit site. */
  implicit: boolean;
}

/**
 * Removal touches what the record says was given, and nothing else: a layer that the rollout never was in costs nothing.
 *
 * @returns undefined when there is nothing to do
 */
export function dropOf(step: DropStep, { before, leftovers }: DropFacts): Drop | undefined {
  // Who asks for a repair has compared the record itself.
  const hadShards = before?.shards !== undefined || (step.repair !== undefined && step.isFleet);
  const had = before !== undefined && mayHaveRelease(before);
  if (step.untilGone) return { recorded: step.isFleet || hadShards, implicit: step.hasImplicit };
  if (step.leaves === 'leftovers') {
    return leftovers > 0 || step.repair ? { recorded: true, implicit: false } : undefined;
  }
  const drop = { recorded: hadShards, implicit: step.hasImplicit && had && !hadShards };
  return drop.recorded || drop.implicit ? drop : undefined;
}
