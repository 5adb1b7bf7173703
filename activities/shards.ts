import type { KubeClient } from '../kube/client.ts';
import { isAlreadyExists, isInvalid, isNotFound } from '../kube/errors.ts';
import type { KubeObject } from '../kube/resources.ts';
import { LAYER_LABEL, loadedOf, planOf } from '../model/fleet/plan.ts';
import { awayOf } from '../model/fleet/reachable.ts';
import { LAYERS } from '../model/layers.ts';
import { FOG_SHARDS, FOG_SITES, LABELS, shardName } from '../model/names.ts';
import type { FoundSite, LoadedShard, PlannedStage, PlanStageInput, ShardKey, ShardRecord } from '../model/shards.ts';
import type { FogShard, FogSite, Owner } from '../model/types.ts';
import { type SiteReader, sitesFor } from './stage-sites.ts';

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
  const { owner, layer } = input;
  const above = LAYERS[LAYERS.indexOf(layer) - 1];
  const [former, ofAbove] = await Promise.all([
    shardsOf(client, owner, layer, options),
    input.branches && above ? shardsOf(client, owner, above, options) : [],
  ]);
  const sites = await sitesFor(input, former, reader);
  const { stage, shards } = planOf(input, { sites, former, above: ofAbove });
  await each(shards, (shard) => put(client, shard as Shard, former, options));
  await each(
    former.filter(({ spec }) => spec.index >= shards.length),
    ({ metadata }) => forget(client, metadata, options),
  );
  return stage;
}

/**
 * @param isThere - whether a FogSite of the name exists, as far as is known now: one that has left since the stage began is
 *   skipped
 */
export async function loadShard(
  client: KubeClient,
  key: ShardKey,
  isThere: (name: string) => boolean,
  options: Request,
): Promise<LoadedShard | undefined> {
  const shard = await read(client, key, options);
  if (!shard) return undefined;
  return loadedOf(shard, isThere);
}

/** Whether a FogSite is still there, and what is known of its reach. */
export async function findSite(client: KubeClient, name: string, options: Request): Promise<FoundSite> {
  const site = await client.find<FogSite & KubeObject>(FOG_SITES, { name }, options);
  if (!site) return { gone: true };
  const away = awayOf(site);
  return { gone: false, ...(away !== undefined && { away }) };
}

export async function reportShard(client: KubeClient, record: ShardRecord, options: Request): Promise<void> {
  const { owner, layer, index, generation, run, phases, notes, reports, after } = record;
  const ref = { namespace: owner.namespace, name: shardName(owner.name, layer, index) };
  const status = { phases, reports, ...(notes.length > 0 && { notes }) };
  const tests = [
    { op: 'test', path: '/spec/uid', value: owner.uid },
    { op: 'test', path: '/spec/generation', value: generation },
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
  const { owner, layer, index, generation, run } = key;
  const ref = { namespace: owner.namespace, name: shardName(owner.name, layer, index) };
  const shard = await client.find<Shard>(FOG_SHARDS, ref, options);
  const isOfPlan = shard?.spec.uid === owner.uid && shard.spec.generation === generation && shard.spec.run === run;
  return isOfPlan ? shard : undefined;
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
