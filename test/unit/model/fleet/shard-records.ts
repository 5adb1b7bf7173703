import type { Layer } from '../../../../model/layers.ts';
import type { FogShard, ShardNote, ShardSite } from '../../../../model/types.ts';

export interface ShardOptions {
  layer?: Layer;
  index?: number;
  wave?: string;
  /** 0: a plan of removals. */
  generation?: number;
  version?: string;
  hash?: string;
  uid?: string;
  /** When its FogRollout was created. */
  created?: string;
  rollout?: string;
  namespace?: string;
  notes?: ShardNote[];
  /** Added to each site. */
  site?: Partial<ShardSite>;
}

/** The record of as many sites as there are letters: `edge-1-0`, `edge-1-1`, … in the shard with index 1. */
export function aShard(phases: string, options: ShardOptions = {}): FogShard {
  const { layer = 'edge', index = 0, wave = 'rest', generation = 4, version = 'v1.2.0', uid = 'uid-1' } = options;
  const { rollout = 'web', namespace = 'shop', hash = `content-${generation}`, created, notes, site } = options;
  const sites = Array.from(phases, (_, place) => ({
    name: `${layer}-${index}-${place}`,
    namespace: layer,
    cluster: 'hub',
    ...site,
  }));
  return {
    apiVersion: 'paguos.io/v1alpha1',
    kind: 'FogShard',
    metadata: { name: `fgs-${rollout}-${layer}-${index}`, namespace },
    spec: {
      rollout,
      uid,
      ...(created && { created }),
      layer,
      generation,
      version,
      hash,
      run: 'r1',
      index,
      wave,
      sites,
    },
    status: { phases, reports: 1, ...(notes && { notes }) },
  };
}
