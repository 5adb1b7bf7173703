import { workflowInfo } from '@temporalio/workflow';

/** More than the ms that a run can take between two events of its history. */
const STEP = 1e10;

/**
 * Where the run is, as a number that grows with its history and its time. What a workflow task did before it was lost, its
 * worker killed or too slow, may have reached the hub although the run knows nothing of it: the task is done again, later,
 * and the reports of that time have higher numbers. History alone would not do: a task that is lost more than once leaves
 * no events in between.
 */
export function position(): number {
  const { historyLength, runStartTime } = workflowInfo();
  return historyLength * STEP + (Date.now() - runStartTime.getTime());
}
