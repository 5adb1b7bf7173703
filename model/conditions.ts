import type { Condition } from './types.ts';

/** The types that a FogRollout has today; its schema takes others, so that one may come. */
type ConditionType = 'Ready' | 'Reconciling' | 'Stalled';

/** How a rollout stands, in the words of its conditions. */
export interface Outcome {
  /** `degraded`: the run had ended well, and since then something is no longer ready. */
  state: 'reconciling' | 'succeeded' | 'degraded' | 'failed';
  /** CamelCase. */
  reason: string;
  message: string;
}

/**
 * The conditions of an outcome by kstatus' rules: Ready always there; Reconciling and Stalled only while True.
 * A condition keeps its lastTransitionTime as long as its status stays the same.
 *
 * @param now RFC 3339
 */
export function conditionsFor(
  outcome: Outcome,
  generation: number,
  previous: readonly Condition[] | undefined,
  now: string,
): Condition[] {
  const condition = (type: ConditionType, status: Condition['status']): Condition => {
    const before = previous?.find((other) => other.type === type);
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
      reason: outcome.reason,
      message: outcome.message,
    };
  };
  switch (outcome.state) {
    case 'succeeded':
      return [condition('Ready', 'True')];
    case 'degraded':
      return [condition('Ready', 'False')];
    case 'reconciling':
      return [condition('Ready', 'False'), condition('Reconciling', 'True')];
    case 'failed':
      return [condition('Ready', 'False'), condition('Stalled', 'True')];
  }
}

export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: Condition['type'],
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}
