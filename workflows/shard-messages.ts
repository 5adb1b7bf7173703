import { defineSignal } from '@temporalio/workflow';
import type { ShardLimits } from '../model/fleet/shard.ts';
import { SHARD_SIGNALS, type ShardProgress } from '../model/shards.ts';

/** From a stage to its shard: what it may do from now on. */
export const limitsSignal = defineSignal<[ShardLimits]>(SHARD_SIGNALS.limits);
/** From a stage to its shard: start no further site. */
export const haltSignal = defineSignal(SHARD_SIGNALS.halt);
/** From a shard to its stage. */
export const progressSignal = defineSignal<[ShardProgress]>(SHARD_SIGNALS.progress);
