import type { KubeClient } from '../kube/client.ts';
import { isAlreadyExists, isInvalid, isNotFound } from '../kube/errors.ts';
import type { KubeObject } from '../kube/resources.ts';
import { LAYER_LABEL, loadedOf, planOf } from '../model/fleet/plan.ts';
import { awayOf } from '../model/fleet/reachable.ts';
import { FOG_SHARDS, FOG_SITES, LABELS, shardName } from '../model/names.ts';
import type {
  FindSitesInput,
  FoundSite,
  LoadedShard,
  PlannedStage,
  PlanStageInput,
  ShardKey,
  ShardRecord,
} from '../model/shards.ts';
import { isSamePlace, siteOf } from '../model/site.ts';
import type { FogShard, FogSite, Owner } from '../model/types.ts';
import { type LiveSite, type SiteReader, sitesFor } from './stage-sites.ts';

/** How many FogShards are written at once. */
const LANES = 8;

type Request = Parameters<KubeClient['get']>[2];
type Shard = FogShard & KubeObject;

/**
 * Takes the snapshot of a stage's sites and keeps it, shard by shard. Asked again by the same run it makes the same
 * objects anew: nothing was started yet when no answer has arrived.
 */
export async function planStage(input: PlanStageInput, reader: SiteReader): Promise<PlannedStage> {
  const { client, options } = reader;
  const { owner, layer, release } = input;
  const [former, ofAbove] = await Promise.all([
    shardsOf(client, owner, layer, options),
    release?.above ? shardsOf(client, owner, release.above, options) : [],
  ]);
  const own = former.filter(({ spec }) => spec.uid === owner.uid);
  const sites = await sitesFor(input, reader);
  const above = ofAbove.filter(({ spec }) => spec.uid === owner.uid);
  const windowed = release?.windows && (await windowedIn(sites, owner, reader));
  const { stage, shards, carry } = planOf(input, { sites, former: own, above, ...(windowed && { windowed }) });
  // What the plan takes off its shards stands beside them until all are written: it may end in the middle, and be made again.
  await each(carry, (shard) => put(client, shard as Shard, own, options));
  await each(shards, (shard) => put(client, shard as Shard, own, options));
  const names = new Set(shards.map(({ metadata }) => metadata.name));
  await each(
    [...own, ...carry].filter(({ metadata }) => !names.has(metadata.name)),
    ({ metadata }) => forget(client, metadata, options),
  );
  return stage;
}

async function windowedIn(sites: FogSite[], owner: Owner, { windows }: SiteReader): Promise<Set<string>> {
  const known = await windows?.(owner);
  return new Set(sites.flatMap((site) => (known?.has(site) ? [site.metadata.name] : [])));
}

export async function loadShard(client: KubeClient, key: ShardKey, options: Request): Promise<LoadedShard | undefined> {
  const shard = await read(client, key, options);
  return shard && loadedOf(shard);
}

/** What an object's records are for has ended: nothing of it is anywhere. */
export async function forgetRecords(client: KubeClient, owner: Owner, options: Request): Promise<void> {
  const { namespace, name, uid } = owner;
  const labelSelector = `${LABELS.rollout}=${name}`;
  const { items } = await client.listAll<Shard>(FOG_SHARDS, { namespace, labelSelector }, options);
  await each(
    items.filter(({ spec }) => spec.uid === uid),
    ({ metadata }) => forget(client, metadata, options),
  );
}

/**
 * What is known of sites now. One that the cache does not have is asked for before it counts as gone: it may have been made
 * a moment ago.
 *
 * @param cache - every FogSite, as of some time ago; left out, each is read
 */
export async function findSites(
  { owner, sites, windows: areWanted }: FindSitesInput,
  { client, cache, options, windows }: SiteReader,
): Promise<FoundSite[]> {
  const known = areWanted && (await windows?.(owner));
  const foundAt = (site: FogSite): FoundSite => {
    const hold = site.spec.hold?.reason;
    const away = awayOf(site);
    const window = known?.at(site);
    return { ...(hold !== undefined && { hold }), ...(away !== undefined && { away }), ...(window && { window }) };
  };
  return await Promise.all(
    sites.map(async (site) => {
      const { name } = site;
      const cached = cache?.hasSynced ? cache.get(undefined, name) : undefined;
      const isAsRecorded = (live: FogSite) => live.spec.layer === site.layer && isSamePlace(siteOf(live), site);
      if (cached && isAsRecorded(cached)) return foundAt(cached);
      const live = await client.find<LiveSite>(FOG_SITES, { name }, options);
      return live && isAsRecorded(live) ? foundAt(live) : { gone: true };
    }),
  );
}

export async function reportShard(client: KubeClient, record: ShardRecord, options: Request): Promise<void> {
  const { owner, layer, index, run, phases, given, notes, reports, after } = record;
  const ref = { namespace: owner.namespace, name: shardName(owner, layer, index) };
  const status = { phases, given, reports, ...(notes.length > 0 && { notes }) };
  const tests = [
    { op: 'test', path: '/spec/uid', value: owner.uid },
    { op: 'test', path: '/spec/run', value: run },
  ];
  const body = [
    ...tests,
    { op: 'test', path: '/status/reports', value: after },
    { op: 'add', path: '/status', value: status },
  ];
  try {
    await client.patch(FOG_SHARDS, ref, { type: 'json', body }, options);
  } catch (error) {
    if (isNotFound(error)) return;
    if (!isInvalid(error)) throw error;
    // Another plan's now, or a report was lost on its way, or this one had arrived.
    const live = await read(client, record, options);
    if (!live || (live.status?.reports ?? 0) >= reports) return;
    const { resourceVersion } = live.metadata;
    const fenced = [{ op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }, ...body.slice(-1)];
    await client.patch(FOG_SHARDS, ref, { type: 'json', body: fenced }, options);
  }
}

/** The FogShard of that key; undefined when it is gone, or another plan's. */
async function read(client: KubeClient, key: ShardKey, options: Request): Promise<Shard | undefined> {
  const { owner, layer, index, run } = key;
  const ref = { namespace: owner.namespace, name: shardName(owner, layer, index) };
  const shard = await client.find<Shard>(FOG_SHARDS, ref, options);
  return shard?.spec.uid === owner.uid && shard.spec.run === run ? shard : undefined;
}

async function shardsOf(
  client: KubeClient,
  { namespace, name }: Owner,
  layer: string,
  options: Request,
): Promise<Shard[]> {
  const labelSelector = `${LABELS.rollout}=${name},${LAYER_LABEL}=${layer}`;
  return (await client.listAll<Shard>(FOG_SHARDS, { namespace, labelSelector }, options)).items;
}

/** Creates the object, or puts it in the place of what a former plan, or this one before, left there. */
async function put(client: KubeClient, shard: Shard, former: Shard[], options: Request): Promise<void> {
  const known = former.find(({ metadata }) => metadata.name === shard.metadata.name);
  try {
    if (!known) return void (await client.create(FOG_SHARDS, shard, options));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const { namespace, name } = shard.metadata;
  const live = known ?? (await client.get<Shard>(FOG_SHARDS, { namespace, name }, options));
  const { resourceVersion } = live.metadata;
  await client.replace(FOG_SHARDS, { ...shard, metadata: { ...shard.metadata, resourceVersion } } as Shard, options);
}

async function forget(client: KubeClient, { namespace, name }: Shard['metadata'], options: Request): Promise<void> {
  try {
    const body = { metadata: { finalizers: null } };
    await client.patch(FOG_SHARDS, { namespace, name }, { type: 'merge', body }, options);
    await client.delete(FOG_SHARDS, { namespace, name }, {}, options);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function each<T>(all: T[], act: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (const one of left) await act(one);
    }),
  );
}
