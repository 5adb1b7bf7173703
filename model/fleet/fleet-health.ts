/** What the status of a rollout whose run has ended says of a layer with FogSites: the record, as far as it still holds. Pure. */

import type { LayerHealth } from '../status.ts';
import { counted } from '../text.ts';
import type { LayerStrategy, SiteCounts } from '../types.ts';
import { isUnfinished, type RecordedLayer } from './behind.ts';
import { budgetOf } from './budget.ts';
import { outcomeOf } from './outcome.ts';
import { untouched } from './report.ts';
import type { Tally } from './tally.ts';

/**
 * What is out of reach, changed or no longer there is not ready, whatever the record says. The layer is well while as many
 * are ready and in reach as its stage had to bring there: `minSuccess`, `minReachable`.
 *
 * @returns undefined while the record is not there, or says less than the run did
 */
export function fleetHealthOf(layer: RecordedLayer, strategy: LayerStrategy, tally: Tally): LayerHealth | undefined {
  const { status, shards } = layer;
  if (!status || shards.length !== status.shards || isUnfinished(layer)) return undefined;
  const { counts, planned } = tally;
  const isReady = status.phase === 'Ready';
  const { unknown: _, ...before } = status.sites;
  const sites = isReady || status.phase === 'Failed' ? countsOf(tally) : { ...before, ...presentOf(tally) };
  const words = isReady ? wordsOf(tally) : status.message;
  const outcome = outcomeOf(
    {
      ...untouched(0),
      ready: counts.ready,
      failed: counts.failed + counts.expired,
      deferred: counts.deferred + counts.unknown,
      // Of a layer that all its sites have left, nobody has to be ready.
      skipped: counts.skipped + (counts.gone < planned ? counts.gone : 0),
      held: counts.held + counts.drifted,
    },
    // How many may fail was the stage's affair: a site that fails when it is back takes nothing from the others.
    { ...budgetOf(strategy, planned), maxFailures: planned },
  );
  const message = [isReady && !outcome.ok && outcome.message, words].filter(Boolean).join('; ');
  return { layer: status.name, ready: isReady && outcome.ok, sites, message };
}

function countsOf(tally: Tally): SiteCounts {
  const { counts } = tally;
  // What was under way when its shard was lost counts as failed, as the stage counted it.
  const failed = counts.failed + counts.expired + counts.inFlight;
  const given = counts.ready + counts.unknown + counts.drifted + counts.failed + counts.inFlight;
  const { total, ready, deferred, ...unknown } = presentOf(tally);
  return { total, updated: given, ready, failed, deferred, ...unknown };
}

/** The counts that hold whatever revision is on its way. */
function presentOf({ planned, counts: { gone, ready, deferred, unknown } }: Tally) {
  return { total: planned - gone, ready, deferred, ...(unknown > 0 && { unknown }) };
}

function wordsOf({ planned, counts: { gone, drifted, skipped }, outOfReach }: Tally): string {
  const all = counted(planned - gone, 'site');
  return [
    outOfReach > 0 && `${outOfReach} of ${all} ${outOfReach === 1 ? 'is' : 'are'} out of reach`,
    skipped > 0 && `${skipped} of ${all} ${skipped === 1 ? 'was' : 'were'} skipped`,
    drifted > 0 && `${drifted} of ${all} ${drifted === 1 ? 'has' : 'have'} a release that somebody changed or deleted`,
  ]
    .filter(Boolean)
    .join('; ');
}
