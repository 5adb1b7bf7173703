/** How the status of a layer with many sites changes; as model/status.ts does for the others. */
import type { ShardReport } from './fleet/report.ts';
import type { Layer } from './layers.ts';
import { change } from './status.ts';
import { MAX_FAILURES, seal } from './status-size.ts';
import type { FogRolloutStatus, LayerStatus, RevisionId, SiteFailure } from './types.ts';

/** How a stage over many sites is getting on. */
export interface StageProgress {
  revision: RevisionId;
  /** All the stage's sites. */
  total: number;
  counts: ShardReport;
  /** FogShards that hold the record of the sites. */
  shards: number;
  /** Which wave it is at, e.g. `wave 2 of 3 (10%)`; left out where there is one. */
  wave?: string;
}

/** A layer with many sites, between its beginning and its end. */
export function layerProgress(
  status: FogRolloutStatus,
  layer: Layer,
  { revision, total, counts, shards, wave }: StageProgress,
  _now: string,
): FogRolloutStatus {
  const { inFlight, held, blocked } = counts;
  const words = [
    `${inFlight} under way`,
    ...(blocked > 0 ? [`${blocked} waiting for their parents`] : []),
    ...(held > 0 ? [`${held} held`] : []),
  ].join(', ');
  return change(status, layer, (before) => ({
    ...before,
    phase: 'Progressing',
    version: revision.version,
    generation: revision.generation,
    sites: sitesIn(total, counts),
    shards,
    message: wave ? `${wave}: ${words}` : words,
  }));
}

/** The counts of a layer some of whose sites are brought up to date: what it has reached, it has reached. */
export function layerCounts(
  status: FogRolloutStatus,
  layer: Layer,
  { total, counts, shards }: Pick<StageProgress, 'total' | 'counts' | 'shards'>,
): FogRolloutStatus {
  const behind = counts.waiting + counts.inFlight;
  return change(status, layer, (before) => {
    // The record says ready of sites that have gone out of reach since; how many those are, the watcher last said.
    const unknown = Math.min(before.sites.unknown ?? 0, counts.ready);
    const sites = sitesIn(total, counts);
    return {
      ...before,
      sites: unknown > 0 ? { ...sites, ready: sites.ready - unknown, unknown } : sites,
      shards,
      message: `${behind} ${behind === 1 ? 'site is' : 'sites are'} being brought up to date`,
    };
  });
}

/** Nothing is being brought up to date any more. */
export function layerCaughtUp(status: FogRolloutStatus, layer: Layer): FogRolloutStatus {
  return change(status, layer, ({ message: _, ...before }) => before);
}

function sitesIn(total: number, { ready, failed, deferred }: ShardReport): LayerStatus['sites'] {
  return { total, updated: ready + failed, ready, failed, deferred };
}

/** Adds failures of sites, newest first; each site's newest takes the place of its older ones. */
export function withFailures(status: FogRolloutStatus, failures: SiteFailure[]): FogRolloutStatus {
  if (failures.length === 0) return status;
  const sites = new Set(failures.map(({ site }) => site));
  const others = (status.failures ?? []).filter(({ site }) => !sites.has(site));
  return seal({ ...status, failures: [...failures, ...others].slice(0, MAX_FAILURES) });
}

/** A stage over many sites has ended well; what did not get ready stays counted. */
export function stageReady(status: FogRolloutStatus, layer: Layer, now: string): FogRolloutStatus {
  return change(status, layer, ({ message: _, ...before }) => ({ ...before, phase: 'Ready', finishedAt: now }));
}

/** A stage over many sites has ended, and its layer is not ready. */
export function stageFailed(status: FogRolloutStatus, layer: Layer, message: string, now: string): FogRolloutStatus {
  return change(status, layer, (before) => ({ ...before, phase: 'Failed', message, finishedAt: now }));
}
