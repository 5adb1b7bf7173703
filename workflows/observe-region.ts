import { proxyActivities } from '@temporalio/workflow';
import {
  OBSERVE_MS,
  type ObserveRegionInput,
  type RegionActivities,
  type RegionReport,
} from '../model/region-observation.ts';
import { signedOrNot } from '../model/signed.ts';

/** Nobody who asks for work waits longer than this for it: then nobody does. */
const TAKEN_WITHIN = '1 minute';

/**
 * Asks the workers of a region what their sites carry. A failure is the answer too: who asked asks again, or not.
 * Without a heartbeat, which would be a billed action each: who asked also knows whether the queue has a worker.
 */
export async function observeRegionWorkflow({ queue, ...input }: ObserveRegionInput): Promise<RegionReport> {
  const { observeSites } = proxyActivities<RegionActivities>({
    taskQueue: queue,
    scheduleToStartTimeout: TAKEN_WITHIN,
    startToCloseTimeout: OBSERVE_MS + 60_000,
    retry: { maximumAttempts: 1 },
  });
  return signedOrNot(await observeSites(input)) as RegionReport; // its own word: it signs nothing
}
