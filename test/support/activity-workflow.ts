/** Workflow code of {@link ActivityCaller}: calls one activity of a queue, as the workflows of the product do. */
import { proxyActivities, type WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { saysWhatFor } from '../../workflows/only-signed.ts';

export interface ActivityCall {
  queue: string;
  name: string;
  input: unknown;
}

export async function callActivity({ queue, name, input }: ActivityCall): Promise<unknown> {
  const activities = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
    taskQueue: queue,
    scheduleToCloseTimeout: '2 minutes',
    heartbeatTimeout: '15s',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '2s' },
  });
  return await activities[name]!(input);
}

/** As of our own workflows. */
export const interceptors: WorkflowInterceptorsFactory = () => ({ outbound: [saysWhatFor] });
