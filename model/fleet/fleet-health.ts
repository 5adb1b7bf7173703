/** What the status of a rollout whose run has ended says of a layer with FogSites: the record, as far as it still holds. Pure. */
import type { LayerHealth } from '../status.ts';
import type { FogSite, LayerStrategy, SiteCounts } from '../types.ts';
import { isUnfinished, type RecordedLayer } from './behind.ts';
import { budgetOf } from './budget.ts';
import { outcomeOf } from './outcome.ts';
import { awayOf } from './reachable.ts';
import { untouched } from './report.ts';
import { expiryOf, type Standing, standingOf } from './standing.ts';

export interface FleetHealth {
  health: LayerHealth;
  /** When the next deferred site will have been waited for in vain, in ms since the epoch. */
  expires?: number;
}

type Tally = Record<Standing, number> & { planned: number; outOfReach: number; expires: number | undefined };

/**
 * Counts a layer's sites as they are now. What is out of reach, changed or no longer there is not ready, whatever the record
 * says. The layer is well while as many are ready and in reach as its stage had to bring there: `minSuccess`, `minReachable`.
 *
 * @param siteOf - the FogSite of a name
 * @param now - ms since the epoch
 * @returns undefined while the record is not there, or says less than the run did
 */
export function fleetHealthIn(
  layer: RecordedLayer,
  strategy: LayerStrategy,
  siteOf: (name: string) => FogSite | undefined,
  now: number,
): FleetHealth | undefined {
  const { status, shards } = layer;
  if (shards.length !== status.shards || isUnfinished(layer)) return undefined;
  const tally = tallyOf(layer, strategy, siteOf, now);
  const isReady = status.phase === 'Ready';
  const sites = isReady || status.phase === 'Failed' ? countsOf(tally) : { ...status.sites, ...presentOf(tally) };
  const words = isReady ? wordsOf(tally) : status.message;
  const outcome = outcomeOf(
    {
      ...untouched(0),
      ready: tally.ready,
      failed: tally.failed + tally.expired,
      deferred: tally.deferred + tally.unknown,
      // Of a layer that all its sites have left, nobody has to be ready.
      skipped: tally.skipped + (tally.gone < tally.planned ? tally.gone : 0),
      held: tally.held + tally.drifted,
    },
    // How many may fail was the stage's affair: a site that fails when it is back takes nothing from the others.
    { ...budgetOf(strategy, tally.planned), maxFailures: tally.planned },
  );
  const message = [isReady && !outcome.ok && outcome.message, words].filter(Boolean).join('; ');
  return {
    health: { layer: status.name, ready: isReady && outcome.ok, sites, message },
    ...(tally.expires !== undefined && { expires: tally.expires }),
  };
}

function tallyOf(
  { rollout, shards }: RecordedLayer,
  { offline }: LayerStrategy,
  siteOf: (name: string) => FogSite | undefined,
  now: number,
): Tally {
  const facts = { rollout, expireAfterSeconds: offline?.expireAfterSeconds, now };
  const more = { unknown: 0, drifted: 0, expired: 0, gone: 0, planned: 0, outOfReach: 0, expires: undefined };
  const tally: Tally = { ...untouched(0), ...more };
  for (const { spec, status } of shards) {
    tally.planned += spec.sites.length;
    spec.sites.forEach(({ name }, at) => {
      const site = siteOf(name);
      const standing = standingOf(status?.phases[at], site, facts);
      tally[standing] += 1;
      if (standing === 'unknown' || standing === 'expired') tally.outOfReach += 1;
      if (standing !== 'deferred' || !site || awayOf(site) === undefined) return;
      tally.outOfReach += 1;
      const expires = expiryOf(site, facts.expireAfterSeconds);
      if (expires !== undefined) tally.expires = Math.min(tally.expires ?? expires, expires);
    });
  }
  return tally;
}

function countsOf(tally: Tally): SiteCounts {
  // What was under way when its shard was lost counts as failed, as the stage counted it.
  const failed = tally.failed + tally.expired + tally.inFlight;
  const given = tally.ready + tally.unknown + tally.drifted + tally.failed + tally.inFlight;
  const { total, ready, deferred, ...unknown } = presentOf(tally);
  return { total, updated: given, ready, failed, deferred, ...unknown };
}

/** The counts that hold whatever revision is on its way. */
function presentOf({ planned, gone, ready, deferred, unknown }: Tally) {
  return { total: planned - gone, ready, deferred, ...(unknown > 0 && { unknown }) };
}

function wordsOf({ planned, gone, outOfReach, drifted, skipped }: Tally): string {
  const all = `${planned - gone} ${planned - gone === 1 ? 'site' : 'sites'}`;
  return [
    outOfReach > 0 && `${outOfReach} of ${all} ${outOfReach === 1 ? 'is' : 'are'} out of reach`,
    skipped > 0 && `${skipped} of ${all} ${skipped === 1 ? 'was' : 'were'} skipped`,
    drifted > 0 && `${drifted} of ${all} ${drifted === 1 ? 'has' : 'have'} a release that somebody changed`,
  ]
    .filter(Boolean)
    .join('; ');
}
