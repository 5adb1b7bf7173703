import { Context } from '@temporalio/activity';
import type { KubeClient } from '../kube/client.ts';
import { isInvalid, isNotFound } from '../kube/errors.ts';
import type { Informer } from '../kube/informer.ts';
import type { KubeObject } from '../kube/resources.ts';
import type { HubActivities, OpenedRun, OpenRunInput, StatusReport } from '../model/activities.ts';
import { FINALIZER, FOG_ROLLOUTS, ORPHAN_FINALIZER } from '../model/names.ts';
import { compareOrder, orderIn } from '../model/order.ts';
import { firstLayer } from '../model/run/steps.ts';
import type { FleetActivities, LoadedShard, LoadShardInput } from '../model/shards.ts';
import { HUB_CLUSTER } from '../model/site.ts';
import { layerStarted, openingStatus, withSummaries } from '../model/status.ts';
import type { FogRollout, FogRolloutStatus, FogSite, Owner, RunReference } from '../model/types.ts';
import { checkLayers } from './check-layers.ts';
import type { Clusters } from './clusters.ts';
import { toRetried } from './errors.ts';
import { withLastLook } from './last-look.ts';
import { forgetUnpatchable, isOrphaned, keepRevision, loadLayer, loadRevision } from './revisions.ts';
import { findSites, forgetRecords, loadShard, planStage, reportShard } from './shards.ts';
import type { SiteReader } from './stage-sites.ts';

export interface HubDeps {
  client: KubeClient;
  /** The clusters that sites are on; left out, nothing is checked before it is written. */
  clusters?: Clusters;
  /** Every FogSite; left out, whether one is still there is found out when it does not answer. */
  sites?: Informer<FogSite & KubeObject>;
  now?: () => string;
}

/** The activities of the hub's queue: all that touches the FogRollout itself. */
export function createHubActivities({
  client,
  clusters,
  sites,
  now = () => new Date().toISOString(),
}: HubDeps): HubActivities & FleetActivities {
  const reader = (): SiteReader => ({ client, cache: sites, options: options() });
  return {
    openRun: (input) => onHub(() => openRun(client, input, now())),
    reportStatus: (input) =>
      onHub(async () => {
        const hub = await clusters?.(HUB_CLUSTER);
        const status = hub ? withLastLook(input.status, input.owner, hub.deployments, now()) : input.status;
        await reportStatus(client, { ...input, status });
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
    planStage: (input) => onHub(() => beating(() => planStage(input, reader()))),
    loadShard: (input) => onHub(() => loadShardWithContent(client, input)),
    reportShard: (record) => onHub(() => reportShard(client, record, options())),
    findSites: (input) => onHub(() => findSites(input.sites, reader())),
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

/** A worker that dies is missed soon, and one whose run is superseded stops. */
async function beating<T>(act: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const heartbeat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await act();
  } finally {
    clearInterval(heartbeat);
  }
}

async function openRun(client: KubeClient, input: OpenRunInput, now: string): Promise<OpenedRun> {
  const { owner, revision, kind } = input;
  if (input.status && (await holdNewObject(client, owner))) {
    await Promise.all([
      revision && keepRevision(client, owner, revision, undefined, options()),
      writeStatus(client, owner, { ...input.status, run: input.run }, null),
    ]);
    return { gone: false, status: input.status };
  }
  const object = await find(client, owner);
  if (!object) return { gone: true };
  await Promise.all([
    kind === 'removal' ? undefined : holdByFinalizer(client, object),
    revision && keepRevision(client, owner, revision, object.status, options()),
  ]);
  const orphan = kind === 'removal' && (await isToOutlive(client, object, owner));
  if (object.status && isSaid(object.status, input.run)) return { gone: false, status: object.status, orphan };
  const status = { ...(input.status ?? firstStatus(object, input, now)), run: input.run };
  await writeStatus(client, owner, status, object.status?.run ?? null);
  return { gone: false, status, orphan };
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

async function reportStatus(client: KubeClient, { owner, status, after }: StatusReport): Promise<void> {
  await writeStatus(client, owner, status, status.run ? { ...status.run, reports: after } : null);
}

/**
 * Replaces the whole status in one request, if the object is still the one, at the generation, that the run is
 * about. Only when that test fails is the object read and judged.
 *
 * @param before - the run as the report before this one had it; null for none
 */
async function writeStatus(
  client: KubeClient,
  owner: Owner,
  status: FogRolloutStatus,
  before: RunReference | null,
): Promise<void> {
  const tests: unknown[] = [
    { op: 'test', path: '/metadata/uid', value: owner.uid },
    { op: 'test', path: '/status/run', value: before },
  ];
  if (status.revision) tests.push({ op: 'test', path: '/metadata/generation', value: status.revision.generation });
  let said = status;
  for (let attempt = 0; ; attempt++) {
    try {
      const body = [...tests, { op: 'add', path: '/status', value: withSummaries(said) }];
      await client.patch(FOG_ROLLOUTS, owner, { type: 'json', body, subresource: 'status' }, options());
      return;
    } catch (error) {
      if (isNotFound(error)) return; // gone: nobody is left to read it
      if (!isInvalid(error) || attempt === 3) throw error;
      const live = await find(client, owner);
      if (!live || !mayReport(live, status)) return;
      said = withCompleted(status, live);
      tests.splice(0, tests.length, {
        op: 'test',
        path: '/metadata/resourceVersion',
        value: live.metadata.resourceVersion,
      });
    }
  }
}

/** True when the run has written this report, or a later one: asked again, or late. */
function isSaid({ run }: FogRolloutStatus, { runId, reports }: RunReference): boolean {
  return run?.runId === runId && run.reports >= reports;
}

/**
 * A report is dropped when a run of a later order, or a later report of the same run, was there before it. One that the
 * run knows nothing of, since its workflow task was lost, has a lower number than what is reported instead.
 */
function mayReport({ status: live }: FogRollout, status: FogRolloutStatus): boolean {
  if (live?.revision && compareOrder(live.revision, status.revision ?? { generation: -1 }) > 0) return false;
  return !live || !status.run || !isSaid(live, status.run);
}

/**
 * What was completed stays so, also where the report that said it is one the run knows nothing of: its workflow task was
 * lost, and a change that came meanwhile had the run end otherwise.
 */
function withCompleted(status: FogRolloutStatus, { status: live }: FogRollout): FogRolloutStatus {
  if (status.phase === 'Succeeded' || live?.version === undefined) return status;
  return { ...status, version: live.version };
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
  if (finalizers.includes(ORPHAN_FINALIZER)) await forgetUnpatchable(client, owner, object, options());
  const { uid, resourceVersion } = object.metadata;
  const rest = finalizers.filter((finalizer) => finalizer !== FINALIZER);
  await client.patch(
    FOG_ROLLOUTS,
    owner,
    { type: 'merge', body: { metadata: { uid, resourceVersion, finalizers: rest } } },
    options(),
  );
}

/** The object of that uid; undefined when it is gone or its name is another object now. */
async function find(client: KubeClient, owner: Owner): Promise<FogRollout | undefined> {
  const object = await client.find<FogRollout & KubeObject>(FOG_ROLLOUTS, owner, options());
  return object?.metadata.uid === owner.uid ? object : undefined;
}

/** A call that hangs ends before Temporal gives the activity to another worker. */
const CALL_TIMEOUT_MS = 10_000;

function options(): { signal: AbortSignal; timeoutMs: number } {
  return { signal: Context.current().cancellationSignal, timeoutMs: CALL_TIMEOUT_MS };
}

async function onHub<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) throw Context.current().cancellationSignal.reason;
    throw toRetried(error, 'hub');
  }
}
