/** What the worker's bundle contains: every workflow that may be started. */
export { lookWorkflow } from './look.ts';
export { rolloutWorkflow } from './rollout.ts';
export { shardWorkflow } from './shard.ts';
