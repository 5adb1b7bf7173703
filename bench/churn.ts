import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject } from '../kube/resources.ts';
import { LAYER_LABEL } from '../model/fleet/plan.ts';
import { FOG_ROLLOUTS, FOG_SHARDS, FOG_SITES, LABELS, shardName } from '../model/names.ts';
import { OWN_CLUSTER } from '../model/site.ts';
import type { FogRollout, FogRolloutStatus, FogShard } from '../model/types.ts';
import { type Outcome, rounded } from './figures.ts';
import { inLanes } from './lanes.ts';
import type { Product } from './product.ts';
import { conditionOf, LANES, untilSites } from './sites.ts';
import { spentBetween, spentSoFar } from './spent.ts';
import { content, NAMESPACE, type World } from './world.ts';

const SHARD = 200;
/** A task queue that nobody polls: what a site has there is nobody's to see, so that only the flaps are measured. */
const QUEUE = 'bench-nobody';
const HASH = '0123456789abcdef';

const nameOf = (at: number) => `edge-${at}`;

/**
 * What sites that come and go cost: CPU of our process in a minute with so many flaps, against the same without. Sites, rollouts
 * and their records are objects only; nothing is rolled out.
 */
export async function churn(
  world: World,
  { sites = 10_000, rollouts = 20, flaps = 100, seconds = 60 } = {},
): Promise<Outcome> {
  await makeSites(world, sites);
  await inLanes(
    LANES,
    Array.from({ length: rollouts }, (_, at) => `churn-${at}`),
    (name) => settle(world, name, sites),
  );
  world.progress(`${rollouts} rollouts over ${sites} sites are made`);
  const product = await world.startProduct();
  await untilSites(world, 'said to be out of reach', (site) => conditionOf(site, 'Reachable') === 'False', 1_800_000);
  await delay(30_000); // the counts of the rollouts follow
  world.progress(`${seconds} s of quiet`);
  const quiet = await measured(world, product, () => delay(seconds * 1_000));
  world.progress(`${seconds} s with ${flaps} flaps`);
  const busy = await measured(world, product, () => flap(world, { sites, flaps, seconds }));
  const json = {
    sites,
    rollouts,
    flaps,
    seconds,
    quietCpuMs: rounded(quiet.cpuMs),
    flapsCpuMs: rounded(busy.cpuMs),
    cpuMsPerFlap: rounded((busy.cpuMs - quiet.cpuMs) / flaps),
    requests: busy.requests - quiet.requests,
    actions: busy.actions - quiet.actions,
  };
  const row = (figure: string, value: number) => ({
    name: 'churn',
    figure: `${figure}, ${flaps} flaps in ${seconds} s, ${sites} sites, ${rollouts} rollouts`,
    product: `${value}`,
    floor: '-',
    result: `${value}`,
    bar: '-',
  });
  return {
    json,
    rows: [
      row('ms of CPU a flap', json.cpuMsPerFlap),
      row('requests to Kubernetes', json.requests),
      row('Temporal actions', json.actions),
    ],
  };
}

async function measured(world: World, product: Product, during: () => Promise<void>) {
  const before = await spentSoFar(world, product);
  await during();
  return spentBetween(before, await spentSoFar(world, product));
}

async function makeSites({ client, progress }: World, count: number): Promise<void> {
  progress(`making ${count} FogSites`);
  await inLanes(
    LANES,
    Array.from({ length: count }, (_, at) => nameOf(at)),
    async (name) => {
      const site = { metadata: { name }, spec: { layer: 'edge', namespace: name, taskQueue: QUEUE } };
      await client.create<KubeObject>(FOG_SITES, site as KubeObject);
    },
  );
}

/** A rollout whose run has ended long ago, with the record that it left. */
async function settle({ client }: World, name: string, sites: number): Promise<void> {
  const manifest = {
    metadata: { name, namespace: NAMESPACE },
    spec: { version: 'v1', deployments: { edge: content(1) } },
  };
  const made = await client.create<FogRollout & KubeObject>(FOG_ROLLOUTS, manifest as never);
  const { uid, generation, creationTimestamp: now } = made.metadata;
  const names = Array.from({ length: sites }, (_, at) => nameOf(at));
  const shards = Math.ceil(sites / SHARD);
  for (let index = 0; index < shards; index++) {
    const slice = names.slice(index * SHARD, (index + 1) * SHARD);
    const entries = slice.map((site) => ({ name: site, namespace: site, cluster: OWN_CLUSTER, queue: QUEUE }));
    const shard: Omit<FogShard, 'apiVersion' | 'kind'> = {
      metadata: {
        name: shardName({ name, uid }, 'edge', index),
        namespace: NAMESPACE,
        labels: { [LABELS.rollout]: name, [LAYER_LABEL]: 'edge' },
      },
      spec: {
        ...{ rollout: name, uid, created: now, layer: 'edge', generation, version: 'v1', hash: HASH },
        ...{ run: 'bench', index, wave: 'all', sites: entries },
      },
      status: { phases: 'r'.repeat(slice.length), given: 'y'.repeat(slice.length), reports: 1 },
    };
    await client.create<KubeObject>(FOG_SHARDS, shard as KubeObject);
  }
  const counts = { total: sites, updated: sites, ready: sites, failed: 0, deferred: 0 };
  const condition = { type: 'Ready', status: 'True', observedGeneration: generation, reason: 'Succeeded', message: '' };
  const status = {
    observedGeneration: generation,
    phase: 'Succeeded',
    version: 'v1',
    revision: { generation, version: 'v1', hash: HASH },
    layers: [{ name: 'edge', phase: 'Ready', version: 'v1', generation, hash: HASH, shards, sites: counts }],
    conditions: [{ ...condition, lastTransitionTime: now }],
  } as FogRolloutStatus;
  const ref = { namespace: NAMESPACE, name };
  await client.patch(FOG_ROLLOUTS, ref, { type: 'merge', body: { status }, subresource: 'status' });
}

/** Says of one site after the other that it is within reach; the product finds that it is not. */
async function flap(
  { client }: World,
  { sites, flaps, seconds }: { sites: number; flaps: number; seconds: number },
): Promise<void> {
  const until = Date.now() + seconds * 1_000;
  const gap = (seconds * 1_000) / flaps;
  for (let at = 0; at < flaps; at++) {
    const name = nameOf((at * 97) % sites);
    const live = await client.get<KubeObject & { status?: { conditions?: { type: string }[] } }>(FOG_SITES, { name });
    const conditions = live.status?.conditions?.map((one) =>
      one.type === 'Reachable' ? { ...one, status: 'True' } : one,
    );
    await client.patch(FOG_SITES, { name }, { type: 'merge', body: { status: { conditions } }, subresource: 'status' });
    await delay(Math.max(0, until - (flaps - at - 1) * gap - Date.now()));
  }
}
