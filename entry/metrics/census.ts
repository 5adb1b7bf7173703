import type { Registry } from 'prom-client';
import { type Census, censusOf } from '../../model/census.ts';
import type { FogRollout, FogSite } from '../../model/types.ts';
import { type Sample, showGauge } from './families.ts';

export interface CensusSources {
  rollouts: { list(): FogRollout[] };
  sites: { list(): FogSite[] };
  /** Whether this process speaks for all: of several that know the same, one shows it, so that sums are right. */
  speaks(): boolean;
}

/** Shows how many objects there are, and how they are, by what the caches hold when that is asked. */
export function showCensus(metrics: Registry, { rollouts, sites, speaks }: CensusSources): void {
  let taken: Census | undefined;
  /** Taken once for all that is asked at a time. */
  const take = (): Census => {
    if (!taken)
      setImmediate(() => {
        taken = undefined;
      });
    taken ??= censusOf(rollouts.list(), sites.list());
    return taken;
  };
  const show = (name: string, labels: string[], help: string, read: (census: Census) => Iterable<Sample>) =>
    showGauge(metrics, { name: `fog_rollouts_${name}`, help, labels }, () => (speaks() ? read(take()) : []));

  show('rollouts', ['phase'], 'FogRollouts, by phase', ({ rollouts: phases }) =>
    Object.entries(phases).map(([phase, count]) => [{ phase }, count]),
  );
  show('rollouts_stalled', ['reason'], 'FogRollouts that only a person gets going again', ({ stalled }) =>
    [...stalled].map(([reason, count]) => [{ reason }, count]),
  );
  show('rollouts_degraded', [], 'FogRollouts that have succeeded and are no longer ready', ({ degraded }) => [
    [{}, degraded],
  ]);
  show('gates_waiting', ['kind'], 'Gates that rollouts wait at', ({ gates }) =>
    Object.entries(gates).map(([kind, { rollouts: count }]) => [{ kind }, count]),
  );
  show('gates_oldest_wait_seconds', ['kind'], 'How long the gate that was come to first is waited at', ({ gates }) =>
    Object.entries(gates).flatMap(([kind, { since }]): Sample[] =>
      since === undefined ? [] : [[{ kind }, Math.max(0, (Date.now() - since) / 1000)]],
    ),
  );
  show('layer_sites', ['layer', 'state'], 'Sites of the layers of FogRollouts, by state', ({ layerSites }) =>
    byLayer(layerSites),
  );
  show('sites', ['layer', 'state'], 'FogSites, by state', ({ sites: states }) => byLayer(states));
  show('drifted_releases', ['layer'], 'Releases at FogSites that are not what they were made', ({ drifted }) =>
    Object.entries(drifted).map(([layer, count]) => [{ layer }, count]),
  );
}

function byLayer(layers: Record<string, Record<string, number>>): Sample[] {
  return Object.entries(layers).flatMap(([layer, states]) =>
    Object.entries(states).map(([state, count]): Sample => [{ layer, state }, count]),
  );
}
