import type { KubeClient } from '../kube/client.ts';
import { isAlreadyExists, isInvalid, isNotFound } from '../kube/errors.ts';
import type { KubeObject } from '../kube/resources.ts';
import { usableSites } from '../model/fleet/topology.ts';
import { type Member, wavesOf } from '../model/fleet/waves.ts';
import type { Layer } from '../model/layers.ts';
import { FOG_ROLLOUT_KIND, FOG_SHARDS, FOG_SITES, GROUP, LABELS, shardName, VERSION } from '../model/names.ts';
import type { LoadedShard, PlannedStage, PlanStageInput, ShardKey, ShardRecord } from '../model/shards.ts';
import { siteOf } from '../model/site.ts';
import type { FogShard, FogSite, Owner, ShardSite } from '../model/types.ts';

/** The label that finds a rollout's FogShards again, with {@link LABELS}.rollout. */
const LAYER_LABEL = 'fog-rollouts.paguos.io/layer';

/**
 * Sites of one shard: few enough that its workflow stays far below Temporal's limits and its record below etcd's, many
 * enough that what a shard costs besides its sites is little.
 */
const SHARD_SIZE = 200;

/** How many FogShards are written at once. */
const LANES = 8;

type Request = Parameters<KubeClient['get']>[2];
type Shard = FogShard & KubeObject;

/**
 * Takes the snapshot of a stage's sites and keeps it, shard by shard. Asked again by the same run it makes the same
 * objects anew: nothing was started yet when no answer has arrived.
 */
export async function planStage(client: KubeClient, input: PlanStageInput, options: Request): Promise<PlannedStage> {
  const { owner, layer, strategy } = input;
  const [{ items: sites }, former] = await Promise.all([
    client.listAll<FogSite & KubeObject>(FOG_SITES, {}, options),
    shardsOf(client, owner, layer, options),
  ]);
  const members = input.revision ? (usableSites(sites).get(layer) ?? []) : removable(sites, former, layer);
  const waves = wavesOf(members, strategy);
  const had = releasesIn(former);
  const slices = waves.flatMap(({ name, members }, wave) =>
    chunks(members, SHARD_SIZE).map((slice) => ({ wave, name, slice })),
  );
  const shards = slices.map(({ name, slice }, index) => aShard(input, { index, wave: name, members: slice, had }));
  await each(shards, (shard) => put(client, shard, former, options));
  await each(
    former.slice().filter(({ spec }) => spec.index >= shards.length),
    ({ metadata }) => forget(client, metadata, options),
  );
  return {
    total: slices.reduce((sum, { slice }) => sum + slice.length, 0),
    waves: waves.map(({ name, members }) => ({ name, count: members.length })),
    shards: slices.map(({ wave, slice }, index) => ({ index, wave, count: slice.length })),
  };
}

export async function loadShard(client: KubeClient, key: ShardKey, options: Request): Promise<LoadedShard | undefined> {
  const shard = await read(client, key, options);
  if (!shard) return undefined;
  const { sites } = shard.spec;
  return {
    sites: sites.map(({ name, namespace, cluster, queue }) => ({
      name,
      layer: key.layer,
      namespace,
      cluster,
      ...(queue !== undefined && { queue }),
    })),
    held: sites.flatMap(({ hold }, index) => (hold === undefined ? [] : [index])),
  };
}

export async function reportShard(client: KubeClient, record: ShardRecord, options: Request): Promise<void> {
  const { owner, layer, index, generation, run, phases, notes, reports } = record;
  const ref = { namespace: owner.namespace, name: shardName(owner.name, layer, index) };
  const status = { phases, reports, ...(notes.length > 0 && { notes }) };
  const tests = [
    { op: 'test', path: '/spec/uid', value: owner.uid },
    { op: 'test', path: '/spec/generation', value: generation },
    { op: 'test', path: '/spec/run', value: run },
  ];
  const body = [
    ...tests,
    { op: 'test', path: '/status/reports', value: reports - 1 },
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
  try {
    const ref = { namespace: owner.namespace, name: shardName(owner.name, layer, index) };
    const shard = await client.get<Shard>(FOG_SHARDS, ref, options);
    const isOfPlan = shard.spec.uid === owner.uid && shard.spec.generation === generation && shard.spec.run === run;
    return isOfPlan ? shard : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
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

/** Who may have something to remove: whom a plan has reached, or where no plan is kept any more, every site. */
function removable(sites: FogSite[], former: Shard[], layer: Layer): Member[] {
  if (former.length === 0)
    return sites.filter(({ spec }) => spec.layer === layer).map((site) => ({ site: siteOf(site) }));
  return former.flatMap(({ spec, status }) =>
    spec.sites
      .filter(({ had }, at) => had || !UNTOUCHED.includes(status?.phases[at] ?? ''))
      .map(({ name, namespace, cluster, queue }) => ({
        site: { name, layer, namespace, cluster, ...(queue !== undefined && { queue }) },
      })),
  );
}

/** Letters of sites that were never given anything. */
const UNTOUCHED = ['w', 'h', 's'];

/** What each site ran when the plan before ended, as far as that knows. */
function releasesIn(shards: Shard[]): Map<string, NonNullable<ShardSite['had']>> {
  const had = new Map<string, NonNullable<ShardSite['had']>>();
  for (const { spec, status } of shards) {
    spec.sites.forEach((site, at) => {
      const isReady = status?.phases[at] === 'r';
      const release = isReady ? { version: spec.version, generation: spec.generation } : site.had;
      if (release) had.set(site.name, release);
    });
  }
  return had;
}

function aShard(
  { owner, layer, revision, run }: PlanStageInput,
  part: { index: number; wave: string; members: Member[]; had: Map<string, NonNullable<ShardSite['had']>> },
): Shard {
  const { index, wave, members, had } = part;
  return {
    metadata: {
      name: shardName(owner.name, layer, index),
      namespace: owner.namespace,
      labels: { [LABELS.rollout]: owner.name, [LAYER_LABEL]: layer },
      ownerReferences: [
        { apiVersion: `${GROUP}/${VERSION}`, kind: FOG_ROLLOUT_KIND, name: owner.name, uid: owner.uid },
      ],
    },
    spec: {
      rollout: owner.name,
      uid: owner.uid,
      layer,
      generation: revision?.generation ?? 0,
      version: revision?.version ?? '',
      run,
      index,
      wave,
      sites: members.map(({ site, parent, hold }) => ({
        name: site.name,
        namespace: site.namespace,
        cluster: site.cluster,
        ...(site.queue !== undefined && { queue: site.queue }),
        ...(parent !== undefined && { parent }),
        ...(hold !== undefined && { hold }),
        ...(had.has(site.name) && { had: had.get(site.name)! }),
      })),
    },
    status: { phases: members.map(({ hold }) => (hold === undefined ? 'w' : 'h')).join(''), reports: 0 },
  } as unknown as Shard;
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

function chunks<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
