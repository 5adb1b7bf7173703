/** The workflows as a later version might have them: with a deliberate change of what a run does, behind a patch. */
import { patched, sleep } from '@temporalio/workflow';
import type { RolloutInput } from '../../../model/signals.ts';
import { rolloutWorkflow as presentWorkflow } from '../../../workflows/rollout.ts';
import { NEXT_PATCH } from './next-patch.ts';

export { observeRegionWorkflow } from '../../../workflows/observe-region.ts';
export { shardWorkflow } from '../../../workflows/shard.ts';

export async function rolloutWorkflow(input: RolloutInput): Promise<void> {
  // Runs that were begun before it go on without.
  if (patched(NEXT_PATCH)) await sleep(1, { summary: 'a moment' });
  await presentWorkflow(input);
}
