import { type NativeConnection, Worker, type WorkerOptions, type WorkflowBundleOption } from '@temporalio/worker';
import { createHubActivities, type HubDeps } from '../activities/hub.ts';
import { createSiteActivities, type SiteDeps } from '../activities/site.ts';
import { HUB_QUEUE } from '../model/names.ts';
import type { RegionActivities } from '../model/region.ts';

/** How much a worker takes on at a time. What is more waits in Temporal, which is the buffer, for this worker or another. */
export interface Slots {
  /** Workflow tasks, each some milliseconds of CPU. The SDK needs two. */
  workflowTasks: number;
  /** Activities. A wait for readiness holds a slot and nothing else: as many as there may be stages under way. */
  activities: number;
}

export interface HubWorkerDeps extends SiteDeps, HubDeps {
  connection: NativeConnection;
  /** Temporal's, not Kubernetes'. */
  namespace: string;
  bundle: WorkflowBundleOption;
  slots: Slots;
  identity?: string;
}

/**
 * The worker of the hub's queue: workflows, hub activities, and the sites the hub reaches itself.
 * `run()` of the result ends when it was shut down and what it was doing has stopped.
 */
export async function createHubWorker(deps: HubWorkerDeps): Promise<Worker> {
  return await Worker.create({
    ...HUB_OPTIONS,
    maxConcurrentWorkflowTaskExecutions: deps.slots.workflowTasks,
    maxConcurrentActivityTaskExecutions: deps.slots.activities,
    connection: deps.connection,
    namespace: deps.namespace,
    taskQueue: HUB_QUEUE,
    workflowBundle: deps.bundle,
    activities: { ...createSiteActivities(deps), ...createHubActivities(deps) },
    ...(deps.identity && { identity: deps.identity }),
  });
}

export interface SiteWorkerDeps extends SiteDeps {
  connection: NativeConnection;
  /** Temporal's, not Kubernetes'. */
  namespace: string;
  queue: string;
  /** Lives longer than the worker: it knows what happened before. */
  region: RegionActivities;
  slots: Pick<Slots, 'activities'>;
  identity: string;
}

/** The worker of a queue of sites that the hub does not reach: their activities, and no workflow. Runs as the hub's does. */
export async function createSiteWorker(deps: SiteWorkerDeps): Promise<Worker> {
  return await Worker.create({
    ...ACTIVITY_OPTIONS,
    maxConcurrentActivityTaskExecutions: deps.slots.activities,
    connection: deps.connection,
    namespace: deps.namespace,
    taskQueue: deps.queue,
    activities: { ...createSiteActivities(deps), ...deps.region },
    identity: deps.identity,
  });
}

const ACTIVITY_OPTIONS = {
  activityTaskPollerBehavior: { type: 'autoscaling', minimum: 5, initial: 10, maximum: 50 },
  // Every heartbeat is sent: with it an activity hears that a newer revision wants its place.
  maxHeartbeatThrottleInterval: '5s',
  defaultHeartbeatThrottleInterval: '5s',
  // Writes under way may finish; waits are cancelled and go on in another worker.
  shutdownGraceTime: '5s',
} satisfies Partial<WorkerOptions>;

const HUB_OPTIONS = {
  ...ACTIVITY_OPTIONS,
  workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 5, initial: 10, maximum: 50 },
} satisfies Partial<WorkerOptions>;
