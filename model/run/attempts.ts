/** Later attempts of a generation: a rollback, and a restart. Pure. */
import type { ChangeSignal, Rollback } from '../signals.ts';
import type { FogRolloutStatus, LayerStrategy, Revision, SucceededRevision } from '../types.ts';
import { type TakenAction, takenOf } from './notes.ts';
import type { ActionRequest } from './steering.ts';

/** What is given next under the present generation, and why. */
export interface Attempt {
  /** Its content; whose order it has does not matter. */
  to: Revision;
  rollback?: Rollback | undefined;
  restartedAt?: string;
  /** uid of the FogAction that asks for it. */
  action?: string;
  /** What that asks, for the history. */
  asked?: TakenAction;
}

/** The attempt after that of `present`, by the strategy of now. */
export function laterAttempt(
  { owner, author, fleet, revision, windows }: ChangeSignal,
  { to, ...why }: Attempt,
): ChangeSignal {
  const { generation, attempt = 0, strategy } = revision;
  const { version, hash, layers, hashes } = to;
  return {
    owner,
    revision: { generation, attempt: attempt + 1, version, hash, layers, hashes, strategy },
    ...(author !== undefined && { author }),
    ...(fleet && { fleet }),
    ...(windows && { windows }),
    ...Object.fromEntries(Object.entries(why).filter(([, value]) => value !== undefined)),
  };
}

/**
 * What a run that fails goes back to; undefined when its strategy does not say so, or there is nothing else that is known to
 * have succeeded. A rollback that fails goes nowhere.
 */
export function rollbackTarget(
  { revision, rollback }: ChangeSignal,
  { succeeded = [] }: FogRolloutStatus,
): SucceededRevision | undefined {
  if (revision.strategy.onFailure !== 'Rollback' || rollback) return undefined;
  return lastOther(succeeded, revision.hash);
}

/** The revision that last succeeded and gives sites something else. */
export function lastOther(
  succeeded: readonly SucceededRevision[],
  hash: string | undefined,
): SucceededRevision | undefined {
  return succeeded.find((one) => one.hash !== hash);
}

/**
 * A rollback. It waits for nobody who paused what it goes back from; where what it goes back to was live only just now, not for
 * waves either.
 *
 * @param target - what is known of it, where it succeeded
 */
export function rollbackTo(
  present: ChangeSignal,
  attempt: Attempt & { rollback: Rollback },
  target: SucceededRevision | undefined,
): ChangeSignal {
  const { revision, ...change } = laterAttempt(present, attempt);
  const strategy = { ...revision.strategy, paused: false };
  if (target && isLiveAt(target, attempt.rollback.at, strategy.rollbackWindowSeconds)) {
    const layers = Object.entries(strategy.layers).map(([layer, one]) => [layer, allAtOnce(one)]);
    strategy.layers = Object.fromEntries(layers);
  }
  return { ...change, revision: { ...revision, strategy } };
}

function isLiveAt({ until }: SucceededRevision, at: string, windowSeconds = 0): boolean {
  if (windowSeconds === 0) return false;
  return until === undefined || Date.parse(at) - Date.parse(until) <= windowSeconds * 1000;
}

function allAtOnce({ waves: _, rampUp: __, maxSitesPerMinute: ___, ...strategy }: LayerStrategy): LayerStrategy {
  return strategy;
}

/** What a person asks for beside the run under way; undefined for what that takes itself. */
export function laterByAction(
  present: ChangeSignal,
  { to, ...request }: ActionRequest,
  { succeeded = [] }: Pick<FogRolloutStatus, 'succeeded'>,
): ChangeSignal | undefined {
  if (!to) return undefined;
  const { action, uid, by, at, reason, revision } = request;
  const asked = takenOf(request);
  if (action === 'Restart') {
    return laterAttempt(present, { to, rollback: present.rollback, restartedAt: at, action: uid, asked });
  }
  if (action !== 'Rollback') return undefined;
  const target = succeeded.find(({ hash }) => hash === to.hash);
  const rollback = { generation: revision ?? to.generation, by, at, ...(reason !== undefined && { reason }) };
  return rollbackTo(present, { to, rollback, action: uid, asked }, target);
}
