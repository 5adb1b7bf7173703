/** Workflows of somebody else's, which gates start: they say what their input tells them to. */
import { ApplicationFailure, condition } from '@temporalio/workflow';

export async function decide(context: { version: string; input: Record<string, string> }): Promise<string> {
  const { answer } = context.input;
  if (answer === 'never') await condition(() => false);
  if (answer === 'no') throw ApplicationFailure.nonRetryable(`no ticket for ${context.version}`);
  return `${context.version} has a ticket`;
}
