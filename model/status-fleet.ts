/** How the status of a layer changes while its sites have their turn. */
import type { ShardReport } from './fleet/report.ts';
import type { Layer } from './layers.ts';
import { orderIn } from './order.ts';
import { change } from './status.ts';
import { MAX_FAILURES, seal } from './status-size.ts';
import type { FogRolloutStatus, LayerStatus, RevisionId, SiteFailure } from './types.ts';

/** How a stage is getting on. */
export interface StageProgress {
  revision: RevisionId;
  /** Of what the sites are given. */
  hash: string;
  /** All the stage's sites. */
  total: number;
  counts: ShardReport;
  /** How many of them were given it, ready or not. */
  applied: number;
  /** FogShards that hold the record of the sites; left out where the layer has its one implicit site. */
  shards?: number;
  /** Which wave it is at, e.g. `wave 2 of 3 (10%)`; left out where there is one. */
  wave?: string;
  /** Who holds the release of a site that is under way. */
  held?: string;
  /** How many sites wait for their windows, and why one of them does. */
  shut?: { sites: number; text: string };
}

/** A layer between the beginning of its stage and its end. */
export function layerProgress(status: FogRolloutStatus, layer: Layer, progress: StageProgress): FogRolloutStatus {
  const { revision, hash, total, counts, applied, shards, wave, held, shut } = progress;
  const isGiven = shards !== undefined || applied > 0;
  return change(status, layer, ({ shards: before, message: _, attempt, ...rest }) => {
    // A layer that had FogSites and has none any more is its one implicit site again once that was given something.
    const recorded = shards ?? (isGiven ? undefined : before);
    return {
      ...rest,
      phase: 'Progressing',
      ...(isGiven ? { version: revision.version, ...orderIn(revision), hash } : attempt !== undefined && { attempt }),
      sites: sitesIn(total, counts, applied),
      ...(recorded !== undefined && { shards: recorded }),
      ...wordsOf(shards === undefined ? [held] : [progressWords(counts, wave, shut?.sites), held, shut?.text]),
    };
  });
}

function wordsOf(words: (string | undefined)[]): { message?: string } {
  const message = words.filter((word) => word !== undefined).join('; ');
  return message === '' ? {} : { message };
}

function progressWords(
  { inFlight, held, blocked, skipped }: ShardReport,
  wave: string | undefined,
  shut: number | undefined,
): string {
  const words = [
    `${inFlight} under way`,
    ...(shut ? [`${shut} waiting for ${shut === 1 ? 'its window' : 'their windows'}`] : []),
    ...(blocked > 0 ? [`${blocked} waiting for their parents`] : []),
    ...(held > 0 ? [`${held} held`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');
  return wave ? `${wave}: ${words}` : words;
}

/** The counts of a layer some of whose sites are brought up to date: what it has reached, it has reached. */
export function layerCounts(
  status: FogRolloutStatus,
  layer: Layer,
  { total, counts, applied, shards }: Pick<StageProgress, 'total' | 'counts' | 'applied' | 'shards'>,
): FogRolloutStatus {
  const behind = counts.waiting + counts.inFlight;
  return change(status, layer, (before) => {
    // The record says ready of sites that have gone out of reach since; how many those are, the watcher last said.
    const unknown = Math.min(before.sites.unknown ?? 0, counts.ready);
    const sites = sitesIn(total, counts, applied);
    return {
      ...before,
      sites: unknown > 0 ? { ...sites, ready: sites.ready - unknown, unknown } : sites,
      ...(shards !== undefined && { shards }),
      message: `${behind} ${behind === 1 ? 'site is' : 'sites are'} being brought up to date`,
    };
  });
}

/** Nothing is being brought up to date any more. */
export function layerCaughtUp(status: FogRolloutStatus, layer: Layer): FogRolloutStatus {
  return change(status, layer, ({ message: _, ...before }) => before);
}

function sitesIn(total: number, { ready, failed, deferred }: ShardReport, applied: number): LayerStatus['sites'] {
  return { total, updated: applied, ready, failed, deferred };
}

/** How a removal from many sites is getting on. @param failures - newest first */
export function removalWords(counts: ShardReport, total: number, [newest]: SiteFailure[]): string {
  const { ready, skipped, failed, deferred, held } = counts;
  return [
    `${ready + skipped} of ${total} sites are done`,
    ...(failed > 0 ? [`${failed} refused: ${newest?.message ?? 'no cause is known'}`] : []),
    ...(deferred > 0 ? [`${deferred} out of reach: removal goes on when they are back`] : []),
    ...(held > 0 ? [`${held} held: their releases stay until they are not any more`] : []),
  ].join('; ');
}

/** Adds failures of sites, newest first; each site's newest takes the place of its older ones. */
export function withFailures(status: FogRolloutStatus, failures: SiteFailure[]): FogRolloutStatus {
  if (failures.length === 0) return status;
  const sites = new Set(failures.map(({ site }) => site));
  const others = (status.failures ?? []).filter(({ site }) => !sites.has(site));
  return seal({ ...status, failures: [...failures, ...others].slice(0, MAX_FAILURES) });
}

/** A stage has ended well, also where it was to be passed over; what did not get ready stays counted. */
export function stageReady(status: FogRolloutStatus, layer: Layer, now: string): FogRolloutStatus {
  return change(status, layer, ({ message: _, skipped: __, ...before }) => ({
    ...before,
    phase: 'Ready',
    finishedAt: now,
  }));
}

/** A stage has ended, and its layer is not ready. */
export function stageFailed(status: FogRolloutStatus, layer: Layer, message: string, now: string): FogRolloutStatus {
  return change(status, layer, (before) => ({ ...before, phase: 'Failed', message, finishedAt: now }));
}
