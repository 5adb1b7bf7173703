import { Context } from '@temporalio/activity';
import type { KubeClient } from '../kube/client.ts';
import { isInvalid, isNotFound } from '../kube/errors.ts';
import type { Informer } from '../kube/informer.ts';
import type { KubeObject } from '../kube/resources.ts';
import type { HubActivities, OpenedRun, OpenRunInput, StatusReport } from '../model/activities.ts';
import { leftBehind, type OrderRecord } from '../model/history/left-behind.ts';
import { endOf } from '../model/history/record.ts';
import { FINALIZER, FOG_ROLLOUTS, ORPHAN_FINALIZER } from '../model/names.ts';
import { type Order, orderIn } from '../model/order.ts';
import type { RunNotes } from '../model/run/notes.ts';
import { firstLayer } from '../model/run/steps.ts';
import type { FleetActivities, LoadedShard, LoadShardInput } from '../model/shards.ts';
import { HUB_CLUSTER } from '../model/site.ts';
import { layerStarted, openingStatus } from '../model/status.ts';
import type { FogRollout, FogRolloutStatus, FogSite, LayerStatus, Owner, RunReference } from '../model/types.ts';
import { checkLayers } from './check-layers.ts';
import type { Clusters } from './clusters.ts';
import { toRetried } from './errors.ts';
import { beating } from './heartbeat.ts';
import { pruneRevisions, recordEnd, recordLeftBehind } from './history.ts';
import { withLastLook } from './last-look.ts';
import { forgetUnpatchable, isOrphaned, keepRevision, loadLayer, loadRevision } from './revisions.ts';
import { find, isSaid, isSaidBy, options, writeStatus } from './rollout-status.ts';
import { findSites, forgetRecords, loadShard, planStage, reportShard } from './shards.ts';
import { siteWindows, type WindowsDeps } from './site-windows.ts';
import type { SiteReader } from './stage-sites.ts';

export interface HubDeps {
  client: KubeClient;
  /** The clusters that sites are on; left out, nothing is checked before it is written. */
  clusters?: Clusters;
  /** Every FogSite; left out, whether one is still there is found out when it does not answer. */
  sites?: Informer<FogSite & KubeObject>;
  /** Left out, no site has a window. */
  windows?: WindowsDeps;
  /** The trace that what goes on now is in, which the status names; undefined, and left out: none. */
  traceId?: () => string | undefined;
  now?: () => string;
}

/** The activities of the hub's queue: all that touches the FogRollout itself. */
export function createHubActivities({
  client,
  clusters,
  sites,
  windows,
  traceId = () => undefined,
  now = () => new Date().toISOString(),
}: HubDeps): HubActivities & FleetActivities {
  const windowsFor = windows && siteWindows(client, windows);
  const reader = (): SiteReader => ({
    client,
    cache: sites,
    options: options(),
    ...(windowsFor && { windows: (owner) => windowsFor(owner, options()) }),
  });
  const traced = (run: RunReference): RunReference => {
    const id = traceId();
    return id === undefined ? run : { ...run, traceId: id };
  };
  return {
    openRun: (input) => onHub(() => openRun(client, { ...input, run: traced(input.run) }, now())),
    reportStatus: (input) =>
      onHub(async () => {
        const hub = await clusters?.(HUB_CLUSTER);
        const { run } = input.status;
        const status = run ? { ...input.status, run: traced(run) } : input.status;
        const shown = hub ? withLastLook(status, input.owner, hub.deployments, now()) : status;
        await reportStatus(client, { ...input, status }, shown);
      }),
    checkLayers: (input) =>
      onHub(async () =>
        clusters
          ? await checkLayers(input, { clusters, sites: () => sites?.list() ?? [], signal: soon() })
          : { refusals: [], beyond: [] },
      ),
    loadLayer: (input) => onHub(() => loadLayer(client, input, options())),
    loadRevision: (input) => onHub(() => loadRevision(client, input.owner, input, options())),
    releaseFinalizer: (input) =>
      onHub(async () => {
        await forgetRecords(client, input.owner, options());
        await releaseFinalizer(client, input.owner);
      }),
    planStage: (input) => onHub(() => beating(HEARTBEAT_MS, () => planStage(input, reader()))),
    loadShard: (input) => onHub(() => loadShardWithContent(client, input)),
    reportShard: (record) => onHub(() => reportShard(client, record, options())),
    findSites: (input) => onHub(() => findSites(input, reader())),
  };
}

async function loadShardWithContent(client: KubeClient, input: LoadShardInput): Promise<LoadedShard | undefined> {
  const { owner, layer, generation, attempt } = input;
  const [shard, given] = await Promise.all([
    loadShard(client, input, options()),
    generation === undefined
      ? undefined
      : loadLayer(client, { owner, layer, ...orderIn({ generation, attempt }) }, options()),
  ]);
  return shard && { ...shard, ...(given && { content: given.content }) };
}

/** The longest that a check may take, in ms: what is not known by then is found out in its turn. */
const CHECK_MS = 4_000;

function soon(): AbortSignal {
  return AbortSignal.any([Context.current().cancellationSignal, AbortSignal.timeout(CHECK_MS)]);
}

/** How often an activity that may take minutes says that it is alive, in ms. */
const HEARTBEAT_MS = 5_000;

async function openRun(client: KubeClient, input: OpenRunInput, now: string): Promise<OpenedRun> {
  const { owner, revision, kind, run } = input;
  const end = input.status && endIn({ ...input.status, run }, input.notes);
  if (input.status && (await holdNewObject(client, owner))) {
    const [isKept, isWritten] = await Promise.all([
      revision && keepRevision(client, owner, revision, end?.record, options()),
      writeStatus(client, owner, { ...input.status, run }, null),
    ]);
    if (end && isWritten && !isKept) await recordEnd(client, owner, end);
    return { gone: false, status: input.status };
  }
  const object = await find(client, owner);
  if (!object) return { gone: true };
  const left = object.status && leftBehind(input, object.status, now);
  const inUse = inUseBy(object.status, input.carried);
  await Promise.all([
    revision && keepRevision(client, owner, revision, undefined, options()),
    kind === 'removal' ? undefined : holdByFinalizer(client, object),
    revision && pruneRevisions(client, owner, revision, inUse, options()),
    left && recordLeftBehind(client, owner, left),
  ]);
  const orphan = kind === 'removal' && (await isToOutlive(client, object, owner));
  if (object.status && isSaid(object.status, run)) {
    if (end && isSaidBy(object, run)) await recordEnd(client, owner, end);
    return { gone: false, status: object.status, orphan };
  }
  const status = { ...(input.status ?? firstStatus(object, input, now)), run };
  const isWritten = await writeStatus(client, owner, status, object.status?.run ?? null);
  if (end && isWritten) await recordEnd(client, owner, end);
  return { gone: false, status, orphan };
}

/** What layers run, as far as known, and what has succeeded. */
function inUseBy({ layers = [], succeeded = [] }: Partial<FogRolloutStatus> = {}, carried: LayerStatus[]): Order[] {
  return [...layers, ...carried, ...succeeded].flatMap(({ generation, attempt }) =>
    generation === undefined ? [] : [orderIn({ generation, attempt })],
  );
}

/** How a run went, of whose end the status is. */
function endIn(status: FogRolloutStatus, notes: RunNotes | undefined): OrderRecord | undefined {
  const record = notes && endOf(status, notes);
  return record && status.revision && { order: orderIn(status.revision), record };
}

/** It was deleted with `--cascade=orphan`: the garbage collector has yet to see to that, or has. */
async function isToOutlive(client: KubeClient, { metadata, status }: FogRollout, owner: Owner): Promise<boolean> {
  if (metadata.finalizers?.includes(ORPHAN_FINALIZER)) return true;
  const generations = new Set([metadata.generation, metadata.generation - 1, status?.revision?.generation ?? 0]);
  return await isOrphaned(
    client,
    owner,
    [...generations].filter((generation) => generation > 0),
    options(),
  );
}

function firstStatus(object: FogRollout, input: OpenRunInput, now: string): FogRolloutStatus {
  const opening = openingStatus(object.status, input, now);
  const first = input.revision && firstLayer({ revision: input.revision, rollback: input.rollback });
  return first ? layerStarted(opening, first, now) : opening;
}

/** The history comes after the status: nobody waits for it, and it is written again by whoever writes the status again. */
async function reportStatus(client: KubeClient, input: StatusReport, shown: FogRolloutStatus): Promise<void> {
  const { owner, status, after, notes } = input;
  const isWritten = await writeStatus(client, owner, shown, status.run ? { ...status.run, reports: after } : null);
  const end = endIn(status, notes);
  if (end && isWritten) await recordEnd(client, owner, end);
}

/** Sets the finalizer of an object that has none yet, without a look at it; false when there is more to it. */
async function holdNewObject(client: KubeClient, owner: Owner): Promise<boolean> {
  const body = [
    { op: 'test', path: '/metadata/uid', value: owner.uid },
    { op: 'test', path: '/metadata/deletionTimestamp', value: null },
    { op: 'test', path: '/metadata/finalizers', value: null },
    { op: 'add', path: '/metadata/finalizers', value: [FINALIZER] },
  ];
  try {
    await client.patch(FOG_ROLLOUTS, owner, { type: 'json', body }, options());
    return true;
  } catch (error) {
    if (isNotFound(error) || isInvalid(error)) return false;
    throw error;
  }
}

async function holdByFinalizer(client: KubeClient, { metadata }: FogRollout): Promise<void> {
  const finalizers = metadata.finalizers ?? [];
  // An object on its way out takes no new finalizers; its removal is on its way here too.
  if (metadata.deletionTimestamp || finalizers.includes(FINALIZER)) return;
  const body = {
    metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, finalizers: [...finalizers, FINALIZER] },
  };
  await client.patch(FOG_ROLLOUTS, metadata, { type: 'merge', body }, options());
}

async function releaseFinalizer(client: KubeClient, owner: Owner): Promise<void> {
  const object = await find(client, owner);
  const finalizers = object?.metadata.finalizers ?? [];
  if (!object || !finalizers.includes(FINALIZER)) return;
  if (finalizers.includes(ORPHAN_FINALIZER)) await forgetUnpatchable(client, owner, options());
  const { uid, resourceVersion } = object.metadata;
  const rest = finalizers.filter((finalizer) => finalizer !== FINALIZER);
  await client.patch(
    FOG_ROLLOUTS,
    owner,
    { type: 'merge', body: { metadata: { uid, resourceVersion, finalizers: rest } } },
    options(),
  );
}

async function onHub<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) throw Context.current().cancellationSignal.reason;
    throw toRetried(error, 'hub');
  }
}
