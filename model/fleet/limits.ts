import type { LayerStrategy } from '../types.ts';
import { budgetOf } from './budget.ts';
import type { StageLimits } from './coordinator.ts';
import { offlineOf } from './offline.ts';

/** How a stage of so many sites goes through them. */
export function stageLimits(strategy: LayerStrategy, progressDeadlineSeconds: number, total: number): StageLimits {
  const { rampUp, maxSitesPerMinute } = strategy;
  return {
    budget: budgetOf(strategy, total),
    ...(rampUp && { rampUp }),
    terms: {
      ...(maxSitesPerMinute !== undefined && { paceMs: Math.ceil(60_000 / maxSitesPerMinute) }),
      site: { progressDeadlineSeconds, offline: offlineOf(strategy) },
    },
  };
}
