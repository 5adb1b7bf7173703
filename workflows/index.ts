/** What the worker's bundle contains: every workflow that may be started. */
export { observeRegionWorkflow } from './observe-region.ts';
export { rolloutWorkflow } from './rollout.ts';
export { shardWorkflow } from './shard.ts';
