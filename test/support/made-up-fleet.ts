/** A rollout over many sites as a run would have recorded it, without a run: its object, status and FogShards alone. */
import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/resources.ts';
import { FOG_ROLLOUTS, FOG_SHARDS } from '../../model/names.ts';
import type { FogRollout, FogRolloutStatus, FogShard, FogSite, LayerStatus, ShardSite } from '../../model/types.ts';
import { aRollout } from './rollouts.ts';

export interface MadeUp {
  rollout: FogRollout;
  /** What there would be of each site: they concern every rollout of a cluster, so that they are not put there. */
  sites: FogSite[];
}

const PER_SHARD = 200;
const VERSION = 'v2';

/** @param phase - of a site, by its number, as a letter of FogShard.status.phases */
export async function createMadeUpFleet(
  client: KubeClient,
  { namespace, name, count }: { namespace: string; name: string; count: number },
  phase: (site: number) => string,
): Promise<MadeUp> {
  const manifest = aRollout(name, { version: VERSION });
  const made = await client.create<FogRollout & KubeObject>(FOG_ROLLOUTS, {
    ...manifest,
    metadata: { ...manifest.metadata, namespace },
  } as never);
  const body = { status: statusOf(made, count) };
  const ref = { namespace, name };
  const rollout = await client.patch<FogRollout & KubeObject>(FOG_ROLLOUTS, ref, {
    ...{ type: 'merge', subresource: 'status', body },
  });
  const sites = Array.from({ length: count }, (_, site) => siteOf(site));
  const shards = Array.from({ length: Math.ceil(count / PER_SHARD) }, (_, index) => {
    const from = index * PER_SHARD;
    const own = sites.slice(from, from + PER_SHARD);
    return shardOf(rollout, index, own, own.map((_, at) => phase(from + at)).join(''));
  });
  await Promise.all(shards.map((shard) => client.create(FOG_SHARDS, shard as never)));
  return { rollout, sites };
}

/** The name of a shard that {@link createMadeUpFleet} made. */
export const shardName = (rollout: string, index: number) => `${rollout}-edge-${index}`;

function statusOf({ metadata }: FogRollout, total: number): FogRolloutStatus {
  const sites = (count: number) => ({ total: count, updated: count, ready: count, failed: 0, deferred: 0 });
  const layer = (of: LayerStatus['name'], phase: LayerStatus['phase'], count: number): LayerStatus => ({
    ...{ name: of, phase, version: VERSION, generation: metadata.generation, sites: sites(count) },
  });
  return {
    observedGeneration: -1,
    phase: 'Progressing',
    revision: { generation: metadata.generation, version: VERSION, hash: 'made-up' },
    layers: [
      layer('cloud', 'Ready', 1),
      layer('fog', 'Ready', 1),
      { ...layer('edge', 'Progressing', total), hash: 'made-up', shards: Math.ceil(total / PER_SHARD) },
    ],
  };
}

function siteOf(site: number): FogSite {
  const name = `edge-${String(site).padStart(5, '0')}`;
  return {
    ...{ apiVersion: 'paguos.io/v1alpha1', kind: 'FogSite' },
    metadata: {
      ...{ name, uid: `uid-${name}`, resourceVersion: '1', generation: 1 },
      creationTimestamp: '2026-11-22T12:00:00Z',
      labels: { tier: site % 5 === 0 ? 'gold' : 'silver' },
    },
    spec: { layer: 'edge', namespace: 'edge', parent: `fog-${site % 20}` },
  };
}

function shardOf({ metadata }: FogRollout, index: number, sites: FogSite[], phases: string): FogShard {
  const { name: rollout, namespace, uid, generation } = metadata;
  const entries: ShardSite[] = sites.map(({ metadata: { name }, spec: { parent } }) => ({
    ...{ name, namespace: 'edge', cluster: 'hub', had: { version: 'v1', generation: 1 } },
    ...(parent !== undefined && { parent }),
  }));
  return {
    apiVersion: 'paguos.io/v1alpha1',
    kind: 'FogShard',
    metadata: { name: shardName(rollout, index), namespace },
    spec: {
      ...{ rollout, uid, layer: 'edge', generation, version: VERSION, hash: 'made-up', run: 'none', index },
      wave: index < 2 ? 'canary' : 'rest',
      sites: entries,
    },
    status: { phases, reports: 1 },
  };
}
