/** FogSites and the records of their rollouts, for tests of what becomes of them after the run has ended. */
import { type RecordedLayer, recordedLayers } from '../../../../model/fleet/behind.ts';
import type { FogShard, FogSite, FogSiteStatus, LayerStatus, ShardNote } from '../../../../model/types.ts';
import { aLayer, aRollout, revision } from '../builders.ts';
import { aShard, type ShardOptions } from './shard-records.ts';
import { aSite, type SiteWishes } from './sites.ts';

export const SEEN = '2026-11-22T10:30:00Z';

/** What its workers say of a site that does not answer. */
export function away(more: FogSiteStatus = { lastSeen: SEEN }): FogSiteStatus {
  const condition = {
    type: 'Reachable' as const,
    status: 'False' as const,
    observedGeneration: 1,
    lastTransitionTime: '2026-11-22T10:31:00Z',
    reason: 'Silent',
    message: 'No worker of its queue answers',
  };
  return { conditions: [condition], ...more };
}

export function drifted(name = 'web', message = 'the Deployment is missing'): FogSiteStatus {
  return { drifted: [{ namespace: 'shop', name, message }] };
}

/** A shard whose sites are in namespaces of their own names, as those of {@link aSite} are. */
export function aRecord(phases: string, options: ShardOptions = {}): FogShard {
  const shard = aShard(phases, options);
  for (const site of shard.spec.sites) site.namespace = site.name;
  return shard;
}

/** The FogSites of a record, as they were when it was made; those that `wishes` names are otherwise, or not there. */
export function sitesIn(shards: FogShard[], wishes: Record<string, SiteWishes | undefined> = {}): FogSite[] {
  return shards.flatMap(({ spec }) =>
    spec.sites.flatMap(({ name }) => {
      if (name in wishes && wishes[name] === undefined) return [];
      return [aSite(name, { layer: spec.layer, ...wishes[name] })];
    }),
  );
}

export const blocked = (site: string): ShardNote => ({ site, reason: 'ParentNotReady', message: 'its parent is not' });

/** A layer of a rollout whose run has ended, with its record. */
export function aRecordedLayer(shards: FogShard[], given: Partial<LayerStatus> = {}): RecordedLayer {
  const { generation, name = 'edge' } = { generation: 4, ...given };
  const layers = [aLayer(name, { phase: 'Ready', generation, shards: shards.length, ...given })];
  const rollout = aRollout({}, { observedGeneration: 4, phase: 'Succeeded', revision, layers });
  return recordedLayers(rollout, shards)[0]!;
}
