import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import {
  type NativeConnection,
  Worker,
  type WorkerInterceptors,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createGateActivities, type GateDeps } from '../activities/gates/gates.ts';
import { createHubActivities, type HubDeps } from '../activities/hub.ts';
import { createSiteActivities, type SiteDeps } from '../activities/site.ts';
import type { SiteActivities } from '../model/activities.ts';
import type { GateActivities } from '../model/gates/asking.ts';
import { HUB_QUEUE, HUB_SITES_QUEUE } from '../model/names.ts';
import type { RegionActivities } from '../model/region-observation.ts';
import { waitsOf } from '../model/site.ts';

/** How much a worker takes on at a time. What is more waits in Temporal, which is the buffer, for this worker or another. */
export interface Slots {
  /** Workflow tasks, each some milliseconds of CPU. The SDK needs two. */
  workflowTasks: number;
  /** Of each queue, activities that ask something of an API server: writes, plans, reports. */
  activities: number;
  /** Waits for readiness: each costs a subscription and a heartbeat, as many as there may be sites under way. */
  waits: number;
}

/** Workers of one process, each of a queue of its own: what is slow at one keeps nobody at another from a slot. */
export type CreateWorkers = (() => Promise<Worker>)[];

export interface HubWorkerDeps extends SiteDeps, Omit<HubDeps, 'clusters'>, Omit<GateDeps, 'temporal'> {
  connection: NativeConnection;
  /** Temporal's, not Kubernetes'. */
  namespace: string;
  /** How payloads are made unreadable to others; left out, they are not. */
  dataConverter?: DataConverter;
  /** What activities pass through before they are done; those of workflows are in the bundle. */
  interceptors?: WorkerInterceptors;
  bundle: WorkflowBundleOption;
  /** What workflows of the bundle tell. */
  sinks?: NonNullable<WorkerOptions['sinks']>;
  slots: Slots;
  identity?: string;
}

/**
 * The workers of the hub's queues: workflows and all that the hub's API server is asked for; sites on other clusters that
 * the hub reaches; waits for readiness at either. `run()` of each ends when it was shut down and what it was doing has
 * stopped.
 */
export function hubWorkers(deps: HubWorkerDeps): CreateWorkers {
  const { slots, bundle, sinks, connection, namespace } = deps;
  const { awaitReady, ...writes } = createSiteActivities({ ...deps, mostLingering: lingeringOf(slots) });
  // Workflows of gates are anybody's, who need not have our keys: what they are given is not encrypted.
  const temporal = new Client({ connection, namespace });
  const { askGate, withdrawGate } = createGateActivities({ ...deps, temporal });
  const common = { ...commonOf(deps), maxConcurrentActivityTaskExecutions: slots.activities };
  return [
    () =>
      Worker.create({
        ...common,
        ...WORKFLOW_OPTIONS,
        maxConcurrentWorkflowTaskExecutions: slots.workflowTasks,
        taskQueue: HUB_QUEUE,
        workflowBundle: bundle,
        ...(sinks && { sinks }),
        activities: { ...writes, ...createHubActivities(deps), withdrawGate },
      }),
    () => Worker.create({ ...common, taskQueue: HUB_SITES_QUEUE, activities: writes }),
    () => Worker.create(waiting(common, HUB_QUEUE, slots, { awaitReady, askGate })),
  ];
}

export interface SiteWorkerDeps extends SiteDeps {
  connection: NativeConnection;
  /** Temporal's, not Kubernetes'. */
  namespace: string;
  dataConverter?: DataConverter;
  /** What every piece of work passes through before it is done. */
  interceptors?: WorkerInterceptors;
  queue: string;
  /** Lives longer than the worker: it knows what happened before. */
  region: RegionActivities;
  slots: Pick<Slots, 'activities' | 'waits'>;
  identity: string;
}

/** The workers of a queue of sites that the hub does not reach: their activities, and no workflow. Run as the hub's do. */
export function siteWorkers(deps: SiteWorkerDeps): CreateWorkers {
  const { queue, region, slots } = deps;
  const { awaitReady, ...writes } = createSiteActivities({ ...deps, mostLingering: lingeringOf(slots) });
  const common = { ...commonOf(deps), maxConcurrentActivityTaskExecutions: slots.activities };
  return [
    () => Worker.create({ ...common, taskQueue: queue, activities: { ...writes, ...region } }),
    () => Worker.create(waiting(common, queue, slots, { awaitReady })),
  ];
}

/** Writes that linger for readiness leave at least as many slots to those that have yet to write. */
function lingeringOf({ activities }: Pick<Slots, 'activities'>): number {
  return Math.floor(activities / 2);
}

function commonOf({
  connection,
  namespace,
  dataConverter,
  interceptors,
  identity,
}: Pick<WorkerOptions, 'dataConverter' | 'interceptors' | 'identity'> &
  Pick<HubWorkerDeps, 'connection' | 'namespace'>) {
  return {
    ...ACTIVITY_OPTIONS,
    ...{ connection, namespace },
    ...(identity && { identity }),
    ...(dataConverter && { dataConverter }),
    ...(interceptors && { interceptors }),
  };
}

function waiting(
  common: ReturnType<typeof commonOf>,
  queue: string,
  { waits }: Pick<Slots, 'waits'>,
  activities: Pick<SiteActivities, 'awaitReady'> & Partial<Pick<GateActivities, 'askGate'>>,
) {
  return { ...common, maxConcurrentActivityTaskExecutions: waits, taskQueue: waitsOf(queue), activities };
}

const ACTIVITY_OPTIONS = {
  activityTaskPollerBehavior: { type: 'autoscaling', minimum: 5, initial: 10, maximum: 50 },
  // Every heartbeat is sent: with it an activity hears that a newer revision wants its place.
  maxHeartbeatThrottleInterval: '5s',
  defaultHeartbeatThrottleInterval: '5s',
  // Writes under way may finish; waits are cancelled and go on in another worker.
  shutdownGraceTime: '5s',
} satisfies Partial<WorkerOptions>;

const WORKFLOW_OPTIONS = {
  // Whoever waits for a worker that was killed is given to another one after this.
  stickyQueueScheduleToStartTimeout: '3s',
  workflowTaskPollerBehavior: { type: 'autoscaling', minimum: 5, initial: 10, maximum: 50 },
  // What is done inside a workflow task is done soon or left to the queue (workflows/activities.ts): of more at a time, most would
  // be given up half done on a busy machine, and done again.
  maxConcurrentLocalActivityExecutions: 20,
} satisfies Partial<WorkerOptions>;
