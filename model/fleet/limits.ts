import type { LayerStrategy } from '../types.ts';
import { budgetOf } from './budget.ts';
import type { StageLimits } from './coordinator.ts';

/** How a stage of so many sites goes through them. */
export function stageLimits(strategy: LayerStrategy, total: number): StageLimits {
  const { rampUp, maxSitesPerMinute } = strategy;
  return { budget: budgetOf(strategy, total), ...(rampUp && { rampUp }), paced: maxSitesPerMinute !== undefined };
}
