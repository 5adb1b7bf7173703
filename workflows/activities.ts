import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { HubActivities, SiteActivities } from '../model/activities.ts';
import { HUB_QUEUE } from '../model/names.ts';
import { queueOf, type Site } from '../model/site.ts';

/**
 * How long a site's worker may be silent before its activity is given to another one. Short enough that a killed
 * worker costs a stage seconds, long enough that a wait of minutes heartbeats (a billed action each) only rarely.
 */
const HEARTBEAT_TIMEOUT = '15s';

/**
 * Writing a release may take this long, in seconds, however short the stage's deadline is: that speaks of the pods'
 * progress, not of a worker that is just being restarted, nor of how long an apply lingers.
 */
const APPLY_AT_LEAST = 30;

/** Backoff of what is transient; final failures are thrown as non-retryable by the activities themselves. */
const TRANSIENT_RETRY = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '15s' } as const;

const hub = proxyActivities<HubActivities>({
  taskQueue: HUB_QUEUE,
  // They do not heartbeat: a killed worker's is given to another one after this.
  startToCloseTimeout: '15s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '20s' },
  // A report that was begun ends before the next run writes its own.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

const site = proxyActivities<Pick<SiteActivities, 'applyRelease' | 'removeRelease'>>({
  startToCloseTimeout: '2m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: TRANSIENT_RETRY,
  // They write: the next run must not begin before they have stopped.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

const wait = proxyActivities<Pick<SiteActivities, 'awaitReady'>>({
  // The activity itself ends with the stage's deadline, which progress moves on; this only bounds a lost clock.
  startToCloseTimeout: '30d',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: TRANSIENT_RETRY,
  // It only reads, so nobody needs to wait until it has noticed.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

type Input<F extends keyof SiteActivities> = Parameters<SiteActivities[F]>[0];

/** Writes a release; transient failures are tried again until the stage's deadline. */
export function applyRelease(input: Input<'applyRelease'>): ReturnType<SiteActivities['applyRelease']> {
  return site.applyRelease.executeWithOptions(
    {
      taskQueue: queueOf(input.site),
      scheduleToCloseTimeout: Math.max(input.progressDeadlineSeconds, APPLY_AT_LEAST) * 1000,
      summary: `apply ${input.revision.version} to ${describe(input.site)}`,
    },
    [input],
  );
}

export function awaitReady(input: Input<'awaitReady'>): ReturnType<SiteActivities['awaitReady']> {
  return wait.awaitReady.executeWithOptions(
    {
      taskQueue: queueOf(input.site),
      summary: `wait until ${input.revision.version} is ready at ${describe(input.site)}`,
    },
    [input],
  );
}

export function removeRelease(input: Input<'removeRelease'>): Promise<void> {
  return site.removeRelease.executeWithOptions(
    { taskQueue: queueOf(input.site), summary: `remove ${input.owner.name} from ${describe(input.site)}` },
    [input],
  );
}

export function openRun(input: Parameters<HubActivities['openRun']>[0]): ReturnType<HubActivities['openRun']> {
  return hub.openRun.executeWithOptions({ summary: `open the ${input.kind} of ${input.owner.name}` }, [input]);
}

export function reportStatus(input: Parameters<HubActivities['reportStatus']>[0]): Promise<void> {
  return hub.reportStatus.executeWithOptions({ summary: `report ${summarise(input.status)}` }, [input]);
}

export function loadLayer(input: Parameters<HubActivities['loadLayer']>[0]): ReturnType<HubActivities['loadLayer']> {
  return hub.loadLayer.executeWithOptions({ summary: `load ${input.layer} of generation ${input.generation}` }, [
    input,
  ]);
}

export function releaseFinalizer(input: Parameters<HubActivities['releaseFinalizer']>[0]): Promise<void> {
  return hub.releaseFinalizer.executeWithOptions({ summary: `let ${input.owner.name} go` }, [input]);
}

function describe(at: Site): string {
  return at.name === at.layer ? at.layer : `${at.layer} ${at.name}`;
}

function summarise(status: Parameters<HubActivities['reportStatus']>[0]['status']): string {
  const stage = status.layers?.find((layer) => layer.phase === 'Progressing' || layer.phase === 'Failed');
  return stage ? `${status.phase}: ${stage.name} ${stage.phase}` : status.phase;
}
