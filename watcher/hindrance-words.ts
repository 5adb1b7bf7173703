import { conditionOf } from '../model/conditions.ts';
import { HINDRANCES, type Hindrance } from '../model/hindrance.ts';
import { ANNOTATIONS, LABELS, workflowId } from '../model/names.ts';
import type { FogRollout, Owner } from '../model/types.ts';
import type { RunTrouble } from './runs.ts';

/** What an open run that does not go on means for its rollout, and what a person can do. */
export function hindranceOfRun(trouble: RunTrouble, key: string): Hindrance {
  const [namespace, name] = key.split('/') as [string, string];
  const run = trouble.workflowId ?? workflowId(namespace, name);
  if (trouble.kind === 'waiting') {
    return {
      reason: HINDRANCES.noWorker,
      state: 'reconciling',
      message: `No worker takes up the run ${run}: see whether a fog-rollouts worker is running and ready`,
    };
  }
  return {
    reason: HINDRANCES.taskFailed,
    state: 'failed',
    message:
      `The workflow task of ${run} fails again and again: ${trouble.cause}; bring workers that can go on with it, ` +
      'or terminate the run in Temporal, and it is begun anew from what the sites have',
  };
}

/**
 * Releases of an earlier object of the same name do not go away; the rollout itself is ready all the same.
 *
 * @returns undefined when it is not: then why not is the more important word
 */
export function leftoverOf({ metadata: { name }, status }: FogRollout, before: Owner): Hindrance | undefined {
  if (conditionOf(status?.conditions, 'Ready')?.status !== 'True') return undefined;
  return {
    reason: HINDRANCES.leftover,
    state: 'succeeded',
    message:
      `Releases of an earlier FogRollout of this name (uid ${before.uid}) are left and cannot be removed: look for them with ` +
      `kubectl get deployments,services -A -l ${LABELS.rollout}=${name}, and delete those with that ${ANNOTATIONS.uid}; ` +
      `what it has at FogSites, kubectl get fogshards -l ${LABELS.rollout}=${name} names`,
  };
}

/** @param cause - what is found again and again */
export function repairFails(cause: string): Hindrance {
  return {
    reason: HINDRANCES.repairFails,
    state: 'degraded',
    message: `Changed again as often as it is put right: ${cause}; find out who else writes it`,
  };
}
