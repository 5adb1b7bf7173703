import { condition, workflowInfo } from '@temporalio/workflow';

/** Events at which nothing is waited for any more: Temporal ends a workflow of 50,000. */
const TOO_LONG = 20_000;

/**
 * A history has an end: work that goes on for months, or of which very much is said, moves on to a fresh run. That begins
 * nothing twice, so what is under way may come to its end first; only what goes on and on is stopped for it.
 */
export function whenHistoryIsLong({ drain, interrupt }: { drain(): void; interrupt(): void }): void {
  const ignored = () => undefined; // the run has ended
  void condition(() => workflowInfo().continueAsNewSuggested).then(drain, ignored);
  void condition(() => workflowInfo().historyLength > TOO_LONG).then(interrupt, ignored);
}
