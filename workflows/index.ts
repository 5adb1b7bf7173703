/** What the worker's bundle contains: every workflow that may be started, and what messages pass through on their way to one. */
export { observeRegionWorkflow } from './observe-region.ts';
export { interceptors } from './only-signed.ts';
export { rolloutWorkflow } from './rollout.ts';
export { shardWorkflow } from './shard.ts';
