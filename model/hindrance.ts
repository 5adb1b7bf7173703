/**
 * What keeps a rollout from going on although nothing of it has failed: said in its conditions by the watcher, and taken back by
 * the next report of its run, or by the watcher once it is over. Only conditions change: the rest of a status is its run's.
 */
import { conditionOf, conditionsFor, type Outcome } from './conditions.ts';
import { endingOf, REASONS } from './status.ts';
import { conditionReason, message } from './status-size.ts';
import type { Condition, FogRolloutStatus } from './types.ts';

/** Reasons of such conditions, each defined once. */
export const HINDRANCES = {
  /** Temporal cannot be reached, does not answer in time, or refuses us altogether. */
  temporalUnavailable: 'TemporalUnavailable',
  /** Temporal answers, and does not take what this object gives it. */
  signalRefused: 'SignalRefused',
  /** The run waits for a worker. */
  noWorker: 'NoWorker',
  /** The run's workflow task fails again and again. */
  taskFailed: 'WorkflowTaskFailed',
  /** Releases of an earlier object of this name stay, whatever is tried, or those at places that nobody reaches. */
  leftover: 'LeftoverRemains',
  /** A release is changed again as often as it is put right. */
  repairFails: 'RepairNotEffective',
} as const;

export interface Hindrance {
  /** One of {@link HINDRANCES}. */
  reason: string;
  message: string;
  /** How the rollout stands because of it; `failed` is Stalled: nobody but a person gets it going. */
  state: Outcome['state'];
}

const REASONS_OF_HINDRANCES: readonly string[] = Object.values(HINDRANCES);

/** The reason of a hindrance that the conditions tell of; undefined when they tell of none. */
export function hindranceIn({ conditions }: Pick<FogRolloutStatus, 'conditions'>): string | undefined {
  const reason = conditionOf(conditions, 'Ready')?.reason;
  return reason !== undefined && REASONS_OF_HINDRANCES.includes(reason) ? reason : undefined;
}

/**
 * @param generation - of the object, which may be newer than what its status tells of
 * @returns the conditions that say it; undefined when they do already
 */
export function hindered(
  status: FogRolloutStatus,
  { state, reason, message: words }: Hindrance,
  generation: number,
  now: string,
): Condition[] | undefined {
  const outcome = { state, reason: conditionReason(reason), message: message(words) };
  return changed(status, conditionsFor(outcome, generation, status.conditions, now));
}

/**
 * What the conditions are without the hindrance that they tell of, as well as the status knows: the run's next report says it
 * better.
 *
 * @returns undefined when they tell of none
 */
export function freed(status: FogRolloutStatus, generation: number, now: string): Condition[] | undefined {
  if (!hindranceIn(status)) return undefined;
  const { observedGeneration } = status;
  const isSettled = observedGeneration === generation;
  const observed = isSettled && status.phase === 'Succeeded' ? observedGeneration : generation;
  return changed(status, conditionsFor(outcomeOf(status, isSettled), observed, status.conditions, now));
}

function outcomeOf(status: FogRolloutStatus, isSettled: boolean): Outcome {
  const { phase, revision, version } = status;
  if (phase === 'Removing') {
    return { state: 'reconciling', reason: REASONS.removing, message: 'Removing the releases' };
  }
  if (isSettled && phase === 'Succeeded') {
    const outcome = endingOf(status, revision?.version ?? version ?? '');
    return { ...outcome, message: message(outcome.message) };
  }
  if (isSettled) return { state: 'reconciling', reason: REASONS.repairing, message: 'Putting changed releases right' };
  if (phase === 'Pending' || phase === 'Succeeded' || phase === 'Failed') {
    return { state: 'reconciling', reason: REASONS.progressing, message: 'The change is with Temporal' };
  }
  // A phase is one CamelCase word, e.g. Paused.
  return { state: 'reconciling', reason: phase, message: message(`Rolling out ${revision?.version ?? ''}`) };
}

function changed({ conditions = [] }: FogRolloutStatus, after: Condition[]): Condition[] | undefined {
  const isSame = after.length === conditions.length && after.every((one) => isThere(one, conditions));
  return isSame ? undefined : after;
}

function isThere(one: Condition, conditions: Condition[]): boolean {
  const before = conditionOf(conditions, one.type);
  return (
    before?.status === one.status &&
    before.reason === one.reason &&
    before.message === one.message &&
    before.observedGeneration === one.observedGeneration
  );
}
