import { Counter, Histogram, type Registry } from 'prom-client';
import {
  implicitFailures,
  promotions,
  RUN_OUTCOMES,
  runEnd,
  type SiteEnd,
  shardFailures,
  stageEnds,
} from '../../model/ends.ts';
import { KNOWN_REASONS, knownReason } from '../../model/known-reasons.ts';
import { LAYERS } from '../../model/layers.ts';
import type { FogRollout, FogShard } from '../../model/types.ts';

/** From what is ready at once to what takes a day: a stage may be a layer of ten thousand sites. */
const STAGE_BUCKETS = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400];
/** From what Temporal and the workers take, to what people do. */
const PROMOTION_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3_600, 86_400];

interface Followed<T> {
  subscribe(handlers: { onUpdate(old: T, now: T): void }): () => void;
}

export interface EndSources {
  rollouts: Followed<FogRollout>;
  shards: Followed<FogShard>;
}

/**
 * Counts what comes to its end, once a process. What is returned follows the objects until the signal, and may be called again
 * then: of several processes the one that leads counts, and what ends while none does is counted by none.
 */
export function countEnds(metrics: Registry): (sources: EndSources, signal: AbortSignal) => void {
  const common = { registers: [metrics] };
  const runs = new Counter({
    ...common,
    name: 'fog_rollouts_runs_total',
    help: 'Runs that have come to an end by themselves, by how',
    labelNames: ['outcome'],
  });
  const failures = new Counter({
    ...common,
    name: 'fog_rollouts_run_failures_total',
    help: 'Runs that have failed, by reason',
    labelNames: ['reason'],
  });
  const siteFailures = new Counter({
    ...common,
    name: 'fog_rollouts_site_failures_total',
    help: 'Sites that have failed in a run, by layer and reason',
    labelNames: ['layer', 'reason'],
  });
  const stages = new Histogram({
    ...common,
    name: 'fog_rollouts_stage_duration_seconds',
    help: "Time of a layer's turn, from its first site to its last",
    labelNames: ['layer', 'outcome'],
    buckets: STAGE_BUCKETS,
  });
  const next = new Histogram({
    ...common,
    name: 'fog_rollouts_promotion_delay_seconds',
    help: 'Time from a layer being ready to the start of the next',
    labelNames: ['layer', 'gated'],
    buckets: PROMOTION_BUCKETS,
  });
  // A first one is seen as a rise from nothing only where nothing was shown before.
  for (const outcome of RUN_OUTCOMES) runs.inc({ outcome }, 0);
  for (const reason of KNOWN_REASONS) {
    failures.inc({ reason }, 0);
    for (const layer of LAYERS) siteFailures.inc({ layer, reason }, 0);
  }
  const countSites = (ends: SiteEnd[]) => {
    for (const { layer, reason } of ends) siteFailures.inc({ layer, reason: knownReason(reason) });
  };
  return ({ rollouts, shards }, signal) => {
    if (signal.aborted) return;
    const stops = [
      rollouts.subscribe({
        onUpdate({ status: before, metadata: { uid } }, { status: after, metadata }) {
          if (!after || before === after || uid !== metadata.uid) return;
          const end = runEnd(before, after);
          if (end) runs.inc({ outcome: end.outcome });
          if (end && after.phase === 'Failed') failures.inc({ reason: knownReason(end.reason) });
          for (const { layer, outcome, seconds } of stageEnds(before, after))
            stages.observe({ layer, outcome }, seconds);
          for (const { layer, isGated, seconds } of promotions(before, after)) {
            next.observe({ layer, gated: String(isGated) }, seconds);
          }
          countSites(implicitFailures(before, after));
        },
      }),
      shards.subscribe({ onUpdate: (before, after) => countSites(shardFailures(before, after)) }),
    ];
    const stop = () => {
      for (const one of stops) one();
    };
    signal.addEventListener('abort', stop, { once: true });
  };
}
