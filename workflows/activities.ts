import {
  ActivityCancellationType,
  type ActivityOptions,
  CancellationScope,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { CheckedLayers, CheckLayersInput, HubActivities, OpenedRun, SiteActivities } from '../model/activities.ts';
import { askedKindOf, deadlineOf, leavesSomething } from '../model/gates/asked.ts';
import type { AskGateInput, GateActivities } from '../model/gates/asking.ts';
import type { GateReply, Unsettled } from '../model/gates/kind.ts';
import { HUB_QUEUE } from '../model/names.ts';
import { orderText } from '../model/order.ts';
import { placeText } from '../model/run/gate-turn.ts';
import type {
  FleetActivities,
  FoundSite,
  LoadedShard,
  LoadShardInput,
  PlannedStage,
  PlanStageInput,
  ShardRecord,
} from '../model/shards.ts';
import { placeName, queueOf, type Site, waitQueueOf, waitsOf } from '../model/site.ts';
import type { Gate, HttpGate, Owner } from '../model/types.ts';
import { fromHub } from './only-signed.ts';

/**
 * How long a site's worker may be silent before its activity is given to another one. Short enough that a killed
 * worker costs a stage seconds, long enough that a wait of minutes heartbeats (a billed action each) only rarely.
 */
const HEARTBEAT_TIMEOUT = '15s';

/** Backoff of what is transient; final failures are thrown as non-retryable by the activities themselves. */
const TRANSIENT_RETRY = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '15s' } as const;

/** Backoff of what the hub refuses or does not answer: it is asked again for ever. */
const HUB_RETRY = { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '20s' } as const;

type InTask = Pick<HubActivities & FleetActivities, 'openRun' | 'reportStatus' | 'reportShard' | 'findSites'>;

const hub = proxyActivities<HubActivities & FleetActivities>({
  taskQueue: HUB_QUEUE,
  // They do not heartbeat: a killed worker's is given to another one after this.
  startToCloseTimeout: '15s',
  retry: HUB_RETRY,
  // A report that was begun ends before the next run writes its own.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Reads all sites, and writes an object for every few hundred of them: a worker that died is missed by its heartbeat. */
const planner = proxyActivities<Pick<FleetActivities, 'planStage'>>({
  taskQueue: HUB_QUEUE,
  startToCloseTimeout: '5m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: HUB_RETRY,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/**
 * Of what is done inside a workflow task. The SDK looks at this when a turn has come, and at nothing but `scheduleToClose`
 * before.
 */
const IN_TURN = { scheduleToStartTimeout: '1s' } as const;

/**
 * The same inside the workflow task, which is going on anyway: no task comes of it, nor does one for its result. Only
 * where it is begun and answered at once, since the task cannot end before: else the queue is the place to wait. All that is done
 * in a task ends sooner than the task has to (8 s), also where many runs want to do something: see `tasks.ts`.
 */
const hubInTask = proxyLocalActivities<InTask>({
  ...IN_TURN,
  scheduleToCloseTimeout: '3s',
  startToCloseTimeout: '2s',
  retry: { maximumAttempts: 1 },
});

/** The end of a run is worth a few tries. */
const hubAtTheEnd = proxyLocalActivities<InTask>({
  ...IN_TURN,
  scheduleToCloseTimeout: '6s',
  startToCloseTimeout: '2s',
  retry: { ...HUB_RETRY, maximumAttempts: 3 },
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

/** Writes a release; transient failures are tried again until the stage's deadline, by the activity's own clock. */
export function applyRelease(input: Input<'applyRelease'>): ReturnType<SiteActivities['applyRelease']> {
  return site.applyRelease.executeWithOptions(
    {
      ...atQueue(input),
      summary: `apply ${input.revision.version} to ${placeName(input.site)}`,
    },
    [input],
  );
}

/**
 * A site's own worker may be away; the hub's are not, or nothing goes on. A worker that is only full is waited for, and
 * that of the hub in any case.
 */
function atQueue({ site: at, offlineAfterSeconds }: { site: Site; offlineAfterSeconds?: number }, queue = queueOf(at)) {
  const isBounded = at.queue !== undefined && offlineAfterSeconds !== undefined;
  return {
    taskQueue: queue,
    ...(isBounded && { scheduleToStartTimeout: offlineAfterSeconds * 1000 }),
  };
}

export function awaitReady(input: Input<'awaitReady'>): ReturnType<SiteActivities['awaitReady']> {
  return wait.awaitReady.executeWithOptions(
    {
      ...atQueue(input, waitQueueOf(input.site)),
      summary: `wait until ${input.revision.version} is ready at ${placeName(input.site)}`,
    },
    [input],
  );
}

export function removeRelease(input: Input<'removeRelease'>): Promise<void> {
  return site.removeRelease.executeWithOptions(
    { ...atQueue(input), summary: `remove ${input.owner.name} from ${placeName(input.site)}` },
    [input],
  );
}

export function openRun(input: Parameters<HubActivities['openRun']>[0], how: How): Promise<OpenedRun> {
  const options = { summary: `open the ${input.kind} of ${input.owner.name}` };
  return call(how, ({ openRun: open }) => open.executeWithOptions(options, [input]));
}

export function reportStatus(input: Parameters<HubActivities['reportStatus']>[0], how: How): Promise<void> {
  const options = { summary: `report ${summarise(input.status)}` };
  return call(how, ({ reportStatus: report }) => report.executeWithOptions(options, [input]));
}

export function planStage(input: PlanStageInput): Promise<PlannedStage> {
  const { release, owner, layer } = input;
  const summary = `plan ${release ? `${release.revision.version} for` : `the removal of ${owner.name} from`} ${layer}`;
  return planner.planStage.executeWithOptions({ summary }, [input]);
}

export function loadShard(input: LoadShardInput): Promise<LoadedShard | undefined> {
  const summary = `load the sites of shard ${input.index} of ${input.layer}`;
  return hub.loadShard.executeWithOptions({ summary }, [input]);
}

/** What is known now of sites, in their order. */
export function findSites(input: { owner: Owner; sites: Site[] }): Promise<FoundSite[]> {
  const [first, ...others] = input.sites;
  const options = { summary: `find ${first?.name}${others.length > 0 ? ` and ${others.length} more sites` : ''}` };
  const how = { inTask: true, last: false };
  return call(how, ({ findSites: find }) => find.executeWithOptions(options, [input]));
}

export function reportShard(record: ShardRecord, how: How): Promise<void> {
  const options = { summary: `record shard ${record.index} of ${record.layer}` };
  return call(how, ({ reportShard: report }) => report.executeWithOptions(options, [record]));
}

interface How {
  /** Inside the workflow task. */
  inTask: boolean;
  /** The run ends with it. */
  last: boolean;
}

/** What was begun inside the task is waited for, also when the run is superseded: the next run's reports come after. */
async function call<T>(how: How, act: (activities: Pick<typeof hub, keyof InTask>) => Promise<T>): Promise<T> {
  if (!how.inTask || isOutsideTasks) return fromHub(await act(hub));
  try {
    const inTask = (how.last ? hubAtTheEnd : hubInTask) as typeof hub;
    return await CancellationScope.nonCancellable(() => inItsTurn(() => act(inTask)));
  } catch {
    return fromHub(await act(hub));
  }
}

let isOutsideTasks = false;

/**
 * From now on this workflow does nothing inside its tasks: to be called where a hundred events may come within one. While a
 * local activity is under way, they wait for the end of the task; at a hundred Temporal takes it back and gives another one,
 * with which the worker goes on from what it had begun by the first. The history then has not been what was done, and no other
 * worker can go on with it. (history.maximumBufferedEventsBatch; sdk-core, managed_run.rs: a new WFT for a run which has one.)
 */
export function workOutsideTasks(): void {
  isOutsideTasks = true;
}

/** Settles when the local activities that were called before have. Each run has modules of its own. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * One local activity of a run at a time. Where a history is replayed, all that were under way together resolve at once and in the
 * order they were called, whichever was first when it was recorded: what follows from them would come in another order.
 * (sdk-core, workflow_machines.rs: pre-resolved local activities.)
 */
function inItsTurn<T>(act: () => Promise<T>): Promise<T> {
  const result = turn.then(act);
  turn = result.catch(() => undefined);
  return result;
}

/** Soon, or not at all: what it cannot say is found out where it is written. */
const CHECK = { startToCloseTimeout: '5s', retry: { maximumAttempts: 1 } } as const;
const checkInTask = proxyLocalActivities<Pick<HubActivities, 'checkLayers'>>({
  ...IN_TURN,
  ...CHECK,
  scheduleToCloseTimeout: '5s',
});
const check = proxyActivities<Pick<HubActivities, 'checkLayers'>>({
  ...CHECK,
  taskQueue: HUB_QUEUE,
  scheduleToCloseTimeout: '10s',
});

/** @returns what was refused; nothing where that cannot be known now */
export async function checkLayers(input: CheckLayersInput): Promise<CheckedLayers> {
  const options = { summary: `check ${input.layers.map(({ layer }) => layer).join(', ')} before the first write` };
  try {
    if (isOutsideTasks) return fromHub(await check.checkLayers.executeWithOptions(options, [input]));
    return await inItsTurn(() => checkInTask.checkLayers.executeWithOptions(options, [input]));
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { refusals: [], beyond: [] };
  }
}

/** Once, and only where it is soon begun: nobody is to be kept waiting for what is found out later anyway. */
const siteCheck = proxyActivities<Pick<SiteActivities, 'checkRelease'>>({
  scheduleToStartTimeout: '5s',
  startToCloseTimeout: '15s',
  retry: { maximumAttempts: 1 },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** Asks a site's own worker. @throws the activity's failure, or that it did not answer */
export async function checkRelease(input: Input<'checkRelease'>): Promise<void> {
  const options = { taskQueue: queueOf(input.site), summary: `check ${input.site.layer} at ${placeName(input.site)}` };
  await siteCheck.checkRelease.executeWithOptions(options, [input]);
}

export function loadLayer(input: Parameters<HubActivities['loadLayer']>[0]): ReturnType<HubActivities['loadLayer']> {
  return hub.loadLayer.executeWithOptions({ summary: `load ${input.layer} of ${orderText(input)}` }, [input]);
}

export function loadRevision(
  input: Parameters<HubActivities['loadRevision']>[0],
): ReturnType<HubActivities['loadRevision']> {
  return hub.loadRevision.executeWithOptions({ summary: `load ${orderText(input)}` }, [input]);
}

/** A request lasts no longer than this beyond its own timeout. */
const ASKING_GRACE_SECONDS = 5;

/**
 * Asks others for a gate until they have answered, or there is something to show, or its deadline has passed. Temporal tries
 * again by itself, which makes no history: so a wait of months is an event.
 *
 * @throws the last failure, when the deadline has passed
 */
export function askGate(input: AskGateInput): Promise<GateReply | Unsettled> {
  const { gate, name, since } = input;
  const { askGate: ask } = proxyActivities<GateActivities>({
    // Whoever is slow to answer keeps nobody from a write.
    taskQueue: waitsOf(HUB_QUEUE),
    summary: `ask the gate ${name} ${placeText(input)} by ${askedKindOf(gate)}`,
    scheduleToCloseTimeout: Math.max(1_000, Date.parse(deadlineOf(gate, since)) - Date.now()),
    ...(gate.http ? trying(gate.http) : following(gate)),
  });
  return ask(input);
}

/** A try after the other, each short: nobody hears of a cancellation but the next. */
function trying({ timeoutSeconds = 10, retrySeconds = 60 }: HttpGate): ActivityOptions {
  return {
    startToCloseTimeout: (timeoutSeconds + ASKING_GRACE_SECONDS) * 1_000,
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: retrySeconds * 1_000 },
    // It only asks: nobody needs to wait until it has noticed.
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  };
}

/**
 * How long a worker may be silent that waits for a gate: longer than one that writes, as gates wait for hours, and each sign of
 * life is a billed action.
 */
const GATE_HEARTBEAT_TIMEOUT = '2m';

/** One long try. */
function following(gate: Gate): ActivityOptions {
  return {
    heartbeatTimeout: GATE_HEARTBEAT_TIMEOUT,
    retry: TRANSIENT_RETRY,
    // What it begins is not to come after it is withdrawn.
    cancellationType: leavesSomething(gate)
      ? ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
      : ActivityCancellationType.TRY_CANCEL,
  };
}

const withdrawal = proxyActivities<GateActivities>({
  taskQueue: HUB_QUEUE,
  startToCloseTimeout: '15s',
  // What is left has an end of its own, and holds nobody up for longer than this.
  scheduleToCloseTimeout: '1m',
  retry: HUB_RETRY,
});

/** Ends what was begun to answer. */
export function withdrawGate(input: AskGateInput): Promise<void> {
  const summary = `withdraw what the gate ${input.name} ${placeText(input)} has begun`;
  return withdrawal.withdrawGate.executeWithOptions({ summary }, [input]);
}

export function releaseFinalizer(input: Parameters<HubActivities['releaseFinalizer']>[0]): Promise<void> {
  return hub.releaseFinalizer.executeWithOptions({ summary: `let ${input.owner.name} go` }, [input]);
}

function summarise(status: Parameters<HubActivities['reportStatus']>[0]['status']): string {
  const stage = status.layers?.find((layer) => layer.phase === 'Progressing' || layer.phase === 'Failed');
  return stage ? `${status.phase}: ${stage.name} ${stage.phase}` : status.phase;
}
