import { condition, workflowInfo } from '@temporalio/workflow';

/** Events at which nothing is waited for any more: Temporal ends a workflow of 50,000. */
const TOO_LONG = 20_000;

interface Rest {
  drain(): void;
  interrupt(): void;
}

/**
 * A history has an end: work that goes on for months, or of which very much is said, moves on to a fresh run. That begins
 * nothing twice, so what is under way may come to its end first; only what goes on and on is stopped for it.
 */
export function whenHistoryIsLong(rest: Rest): void {
  void take(rest).catch(() => undefined); // the run has ended
}

async function take({ drain, interrupt }: Rest): Promise<void> {
  await condition(() => workflowInfo().continueAsNewSuggested || isTooLong());
  drain();
  await condition(isTooLong);
  interrupt();
}

function isTooLong(): boolean {
  return workflowInfo().historyLength > TOO_LONG;
}
