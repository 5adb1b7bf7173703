import { defineSignal } from '@temporalio/workflow';
import type { ShardLimits } from '../model/fleet/shard.ts';
import { SHARD_SIGNALS, type ShardProgress } from '../model/shards.ts';

/** False for what somebody sent by hand: an error over it would hold the workflow for ever. */
export function isProgress({ index, counts, heard, failures, phases = '' }: Partial<ShardProgress> = {}): boolean {
  return (
    [index, heard, ...Object.values(counts ?? {})].every(Number.isInteger) &&
    Array.isArray(failures) &&
    typeof phases === 'string'
  );
}

/** @see isProgress */
export function isLimits({ seq, slots, failuresLeft, opened = [], lost = [] }: Partial<ShardLimits> = {}): boolean {
  return [seq, slots, failuresLeft].every(Number.isInteger) && Array.isArray(opened) && Array.isArray(lost);
}

/** From a stage to its shard: what it may do from now on. */
export const limitsSignal = defineSignal<[ShardLimits]>(SHARD_SIGNALS.limits);
/** From a stage to its shard: start no further site. */
export const haltSignal = defineSignal(SHARD_SIGNALS.halt);
/** From a shard to its stage. */
export const progressSignal = defineSignal<[ShardProgress]>(SHARD_SIGNALS.progress);
