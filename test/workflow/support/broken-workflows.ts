import { executeChild, sleep } from '@temporalio/workflow';
import type { RolloutInput } from '../../../model/signals.ts';

/** Workflow code with a fault: a plain error fails the workflow task, which Temporal tries again for ever. */
export async function rolloutWorkflow({ name }: RolloutInput): Promise<void> {
  if (name.startsWith('below')) await executeChild(shardWorkflow, { workflowId: `shard of ${name}` });
  await sleep(1); // a history that the workflow's own code does not make
  throw new Error('Cannot read properties of undefined');
}

export async function shardWorkflow(): Promise<void> {
  throw new Error('A shard cannot be read');
}
