/** What the worker's bundle contains: every workflow that may be started, and what messages pass through on their way to one. */
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { onlySigned, saysWhatFor } from './only-signed.ts';
import { asReplayed } from './tasks.ts';

export { observeRegionWorkflow } from './observe-region.ts';
export { rolloutWorkflow } from './rollout.ts';
export { shardWorkflow } from './shard.ts';

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [onlySigned],
  outbound: [saysWhatFor],
  internals: [asReplayed],
});
