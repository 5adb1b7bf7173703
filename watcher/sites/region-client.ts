import type { WorkflowClient, WorkflowHandle } from '@temporalio/client';
import { systemClock } from '../../kube/clock.ts';
import type { Log } from '../../kube/log.ts';
import { HUB_QUEUE } from '../../model/names.ts';
import { OBSERVE_MS, OBSERVE_REGION_WORKFLOW, observeRegionWorkflowId } from '../../model/region-observation.ts';
import { ClosedRuns, type ListClosed } from './closed-runs.ts';
import type { Poller } from './pollers.ts';
import type { RegionClient } from './queue-sites.ts';

/** How long Temporal has to answer, in ms, besides what an observation takes. */
const DEADLINE_MS = 10_000;
/** The same when an observation is given up. */
const LEAVE_MS = 2_000;
/** So many observations are awaited by a long poll each; of more, those that have ended are listed. */
const FEW = 50;
const LONGEST_RUN_MS = OBSERVE_MS + 5 * 60_000;
/** temporal.api.enums.v1.TaskQueueType: region workers run activities only. */
const ACTIVITY_QUEUE = 2;

/** Asks Temporal itself, which is no billed action, and the workers of a queue by a workflow of one activity. */
export function createRegionClient(
  workflows: WorkflowClient,
  { few = FEW, log }: { few?: number; log?: Log } = {},
): RegionClient {
  const { connection } = workflows;
  const closedRuns = new ClosedRuns({ list: listClosed(workflows), clock: systemClock, ...(log && { log }) });
  let open = 0;
  return {
    async pollers(queue) {
      const { namespace } = workflows.options;
      const request = { namespace, taskQueue: { name: queue }, taskQueueType: ACTIVITY_QUEUE };
      const { pollers } = await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
        workflows.workflowService.describeTaskQueue(request),
      );
      return (pollers ?? []).flatMap(({ identity, lastAccessTime }): Poller[] => {
        if (!identity || !lastAccessTime?.seconds) return [];
        const ms = Number(lastAccessTime.seconds) * 1000 + Math.floor((lastAccessTime.nanos ?? 0) / 1e6);
        return [{ identity, lastAccess: new Date(ms).toISOString() }];
      });
    },

    async observe(input, signal) {
      signal.throwIfAborted();
      const { queue } = input;
      const handle = await connection.withDeadline(Date.now() + DEADLINE_MS, () =>
        workflows.start(OBSERVE_REGION_WORKFLOW, {
          workflowId: observeRegionWorkflowId(queue),
          taskQueue: HUB_QUEUE,
          args: [input],
          // One that a former watcher began, or that a worker took with it into its end.
          workflowIdConflictPolicy: 'TERMINATE_EXISTING',
          workflowRunTimeout: LONGEST_RUN_MS,
          staticSummary: `what the sites of ${queue} carry`,
        }),
      );
      open++;
      try {
        // Few are awaited each by itself, which is told at once.
        const isFew = open <= few;
        const closed = isFew ? undefined : closedRuns.closed(handle.firstExecutionRunId, LONGEST_RUN_MS, signal);
        return await resultOf(handle, closed, signal);
      } finally {
        open--;
      }
    },
  };
}

/** The connection that the SDK's workers share knows no abort: who waits for the result of a run that goes on ends the run. */
async function resultOf(
  handle: WorkflowHandle,
  closed: Promise<void> | undefined,
  signal: AbortSignal,
): Promise<unknown> {
  const result = closed ? closed.then(() => handle.result()) : handle.result();
  result.catch(() => undefined);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const leave = () => {
    const giveUp = setTimeout(() => reject(signal.reason), LEAVE_MS);
    const left = handle.terminate('Nobody waits for it any more').catch(() => undefined);
    void left.finally(() => {
      clearTimeout(giveUp);
      reject(signal.reason);
    });
  };
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** Asks Temporal's visibility, which is no billed action. */
function listClosed(workflows: WorkflowClient): ListClosed {
  return async function* list(since) {
    const query = `WorkflowType = "${OBSERVE_REGION_WORKFLOW}" AND CloseTime >= "${since}"`;
    let nextPageToken: Uint8Array | undefined;
    do {
      const request = {
        ...{ namespace: workflows.options.namespace, query, pageSize: 1_000 },
        ...(nextPageToken && { nextPageToken }),
      };
      const page = await workflows.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
        workflows.workflowService.listWorkflowExecutions(request),
      );
      for (const { execution } of page.executions ?? []) if (execution?.runId) yield execution.runId;
      nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
    } while (nextPageToken);
  };
}
