/** The workflows as a later version might have them: with a deliberate change of what a run does, behind a patch. */
import { patched, sleep } from '@temporalio/workflow';
import type { RolloutInput } from '../../../model/signals.ts';
import { rolloutWorkflow as presentWorkflow } from '../../../workflows/rollout.ts';

export { shardWorkflow } from '../../../workflows/shard.ts';

export async function rolloutWorkflow(input: RolloutInput): Promise<void> {
  // Runs that were begun before it go on without.
  if (patched('a-moment-before-each-run')) await sleep(1, { summary: 'a moment' });
  await presentWorkflow(input);
}
