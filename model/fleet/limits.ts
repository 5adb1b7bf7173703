import type { PlannedStage } from '../shards.ts';
import type { LayerStrategy } from '../types.ts';
import { budgetOf } from './budget.ts';
import type { StageLimits } from './coordinator.ts';
import { offlineOf } from './offline.ts';

/** How a stage of so many sites goes through them. */
export function stageLimits(
  strategy: LayerStrategy,
  progressDeadlineSeconds: number,
  { total, waves }: Pick<PlannedStage, 'total' | 'waves'>,
): StageLimits {
  const { rampUp, maxSitesPerMinute } = strategy;
  const isGated = ({ at }: { at?: number }) => at !== undefined && (strategy.waves?.[at]?.after?.length ?? 0) > 0;
  const gatedWaves = waves.flatMap((wave, index) => (isGated(wave) ? [index] : []));
  return {
    budget: budgetOf(strategy, total),
    ...(rampUp && { rampUp }),
    ...(gatedWaves.length > 0 && { gatedWaves }),
    terms: {
      ...(maxSitesPerMinute !== undefined && { paceMs: Math.ceil(60_000 / maxSitesPerMinute) }),
      site: { progressDeadlineSeconds, offline: offlineOf(strategy) },
    },
  };
}
