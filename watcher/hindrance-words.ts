import { conditionOf } from '../model/conditions.ts';
import { HINDRANCES, type Hindrance } from '../model/hindrance.ts';
import { ANNOTATIONS, LABELS, workflowId } from '../model/names.ts';
import { placeName, type Site } from '../model/site.ts';
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

/** How many places are named. */
const NAMED = 5;

/**
 * @param places - that keep what they are to lose, since nobody reaches them
 * @returns as {@link leftoverOf}
 */
export function placesGivenUp({ status }: FogRollout, places: readonly Site[]): Hindrance | undefined {
  if (conditionOf(status?.conditions, 'Ready')?.status !== 'True') return undefined;
  const names = places.slice(0, NAMED).map(placeName).join(', ');
  const more = places.length > NAMED ? ` and ${places.length - NAMED} more` : '';
  const [are, they] = places.length === 1 ? ['is', 'it has'] : ['are', 'they have'];
  return {
    reason: HINDRANCES.leftover,
    state: 'succeeded',
    message:
      `${names}${more} ${are} out of reach with a release that is to go, and ${they} no FogSite any more: that is tried ever more ` +
      'rarely, every 4 h at last, and when the cluster answers again; create the FogSite again to have it waited for',
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
