import type { Amount, LayerStrategy } from '../types.ts';

/** What a stage may do and must reach, in sites. Fixed when the stage starts. */
export interface Budget {
  /** Most sites under way at once; at least 1. */
  maxConcurrency: number;
  /** How many sites may fail; one more, and no further site is started. */
  maxFailures: number;
  /** How many sites must be ready in the end. */
  minSuccess: number;
  /** How many sites must not be deferred in the end. */
  minReachable: number;
}

const DEFAULT_CONCURRENCY = '25%';
const DEFAULT_SUCCESS = 1;

/**
 * The strategy in numbers of sites. What must be reached is never more than there is.
 *
 * @param total - the sites of the layer that the strategy selects
 * @throws RangeError for an amount that is neither a whole number nor a whole percentage
 */
export function budgetOf(strategy: LayerStrategy, total: number): Budget {
  const { maxConcurrency = DEFAULT_CONCURRENCY, maxFailures = 0, minSuccess = DEFAULT_SUCCESS, offline } = strategy;
  return {
    maxConcurrency: Math.max(1, amountOf(maxConcurrency, total, 'down')),
    maxFailures: amountOf(maxFailures, total, 'up'),
    minSuccess: Math.min(total, amountOf(minSuccess, total, 'up')),
    minReachable: Math.min(total, amountOf(offline?.minReachable ?? 0, total, 'up')),
  };
}

/**
 * A number of sites: `5`, `"5"`, or `"10%"` of the total, rounded as told. Exact: nothing goes through fractions.
 *
 * @throws RangeError for anything else; the schema of the FogRollout refuses it before
 */
export function amountOf(amount: Amount, total: number, rounding: 'up' | 'down'): number {
  const [, digits, percent] = /^(\d+)(%?)$/.exec(String(amount)) ?? [];
  if (digits === undefined) {
    throw new RangeError(`Amount ${JSON.stringify(amount)} is no number of sites: give a whole number or a percentage`);
  }
  if (!percent) return Number(digits);
  const hundredths = Number(digits) * total;
  const rest = hundredths % 100;
  return (hundredths - rest) / 100 + (rest > 0 && rounding === 'up' ? 1 : 0);
}
