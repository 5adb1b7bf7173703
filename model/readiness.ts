import type { V1Deployment } from '@kubernetes/client-node';
import type { AppliedDeployment } from './activities.ts';
import { FIELD_MANAGER } from './names.ts';
import { leavingText } from './terminating.ts';
import { counted } from './text.ts';

/** `lost`: the Deployment that was written is gone, or another object has its name. */
export type ReadinessState = 'ready' | 'progressing' | 'failed' | 'lost';

export interface Readiness {
  state: ReadinessState;
  /** CamelCase, as the Deployment's condition has it. */
  reason?: string;
  /** e.g. `2 of 3 replicas updated, 1 available`. */
  message: string;
  /** What somebody else holds it by, to follow its name: `is paused, by kubectl-rollout since …`. Not for us to undo. */
  held?: string;
  /** Why replicas cannot be created, in the API server's words: over quota, refused by a webhook, … */
  trouble?: string;
  updated: number;
  available: number;
  wanted: number;
}

/** The reasons of what is {@link Readiness.held}; the second is the Deployment controller's own word. */
export const TERMINATING = 'Terminating';
export const DEPLOYMENT_PAUSED = 'DeploymentPaused';

/** The Deployment controller has not looked at what was written yet. */
export const NOT_OBSERVED = 'NotObserved';
export const PROGRESS_DEADLINE_EXCEEDED = 'ProgressDeadlineExceeded';

/**
 * How far the Deployment is with what was written, by kstatus' rules for Deployments
 * (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md).
 *
 * A ProgressDeadlineExceeded from before it was given counts as progressing: the Deployment controller keeps that
 * condition while a change goes back to a ReplicaSet that exists, and while a retry waits for what others mend. It may
 * keep it for good, so a caller that waits passes `now`, and again `progressDeadlineSeconds` after it was given.
 *
 * What is being deleted is never ready, and never failed: it is gone some day, and then lost. What is paused is on its
 * way until somebody resumes it; the controller counts no deadline for it.
 */
export function readiness(deployment: V1Deployment | undefined, expected: AppliedDeployment, now?: string): Readiness {
  if (!deployment || deployment.metadata?.uid !== expected.uid) {
    const message = deployment ? 'the Deployment was replaced by another of its name' : 'the Deployment is gone';
    return { state: 'lost', reason: 'Lost', message, updated: 0, available: 0, wanted: 0 };
  }
  const counts = countsOf(deployment);
  const at = (state: ReadinessState, message: string, reason?: string): Readiness => ({
    state,
    ...(reason && { reason }),
    message,
    updated: counts.updated,
    available: counts.available,
    wanted: counts.wanted,
  });

  const heldAt = (held: string, reason: string): Readiness => ({
    ...at('progressing', `the Deployment ${held}; ${progressText(counts)}`, reason),
    held,
  });
  const leaving = leavingText(deployment);
  if (leaving) return heldAt(leaving, TERMINATING);
  const generation = deployment.metadata.generation ?? 0;
  const observed = deployment.status?.observedGeneration ?? 0;
  if (generation < expected.generation || observed < generation) {
    return at('progressing', 'waiting for the Deployment controller to see the change', NOT_OBSERVED);
  }
  const progress = progressText(counts);
  if (isComplete(counts)) return at('ready', progress);
  if (deployment.spec?.paused) return heldAt(pausedText(deployment), DEPLOYMENT_PAUSED);
  const failure = replicaFailure(deployment);
  const trouble = failure && { trouble: failure.message };
  const message = failure ? `${progress}; ${failure.message}` : progress;
  if (deadlinePassed(deployment, expected.at, now))
    return { ...at('failed', message, PROGRESS_DEADLINE_EXCEEDED), ...trouble };
  return { ...at('progressing', message, failure?.reason), ...trouble };
}

/**
 * How a release is, of which that is the Deployment: never ready while its Service is being deleted.
 *
 * @param service - the live one; left out where the release has none, or none is known
 */
export function withService(deployment: Readiness, service: { metadata?: object } | undefined): Readiness {
  const leaving = service && leavingText(service);
  if (!leaving || deployment.state !== 'ready') return deployment;
  return { ...deployment, state: 'progressing', reason: TERMINATING, message: `the Service ${leaving}` };
}

/** Whoever wrote spec.paused last, as far as the API server knows. */
function pausedText({ metadata }: V1Deployment): string {
  const entry = metadata?.managedFields?.find(({ subresource, fieldsV1 }) => {
    const { 'f:spec': spec } = (fieldsV1 ?? {}) as { 'f:spec'?: object };
    return !subresource && spec !== undefined && 'f:paused' in spec;
  });
  if (!entry) return 'is paused';
  const since = timeOf(entry.time);
  return `is paused, by ${entry.manager}${since === undefined ? '' : ` since ${new Date(since).toISOString().replace('.000Z', 'Z')}`}`;
}

interface Counts {
  wanted: number;
  updated: number;
  ready: number;
  available: number;
  /** Of earlier revisions, not gone yet. */
  old: number;
}

function countsOf({ spec, status }: V1Deployment): Counts {
  const updated = status?.updatedReplicas ?? 0;
  return {
    wanted: spec?.replicas ?? 1,
    updated,
    ready: status?.readyReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    old: Math.max(0, (status?.replicas ?? 0) - updated),
  };
}

function isComplete({ wanted, updated, ready, available, old }: Counts): boolean {
  return updated === wanted && old === 0 && ready >= wanted && available >= wanted;
}

function progressText({ wanted, updated, available, old }: Counts): string {
  const parts = [`${Math.min(updated, wanted)} of ${counted(wanted, 'replica')} updated`, `${available} available`];
  if (old > 0) parts.push(`${old} of an earlier revision still there`);
  if (updated > wanted) parts.push(`${updated - wanted} too many`);
  return parts.join(', ');
}

/** Its controller has given it up, by the deadline it had then. */
export function isCondemned(deployment: V1Deployment): boolean {
  return conditionOf(deployment, 'Progressing')?.reason === PROGRESS_DEADLINE_EXCEEDED;
}

function deadlinePassed(deployment: V1Deployment, at: string | undefined, now: string | undefined): boolean {
  const progressing = conditionOf(deployment, 'Progressing');
  if (!progressing || !isCondemned(deployment)) return false;
  const given = latest([lastWrite(deployment), timeOf(at)]);
  const condemned = timeOf(progressing.lastUpdateTime);
  if (given === undefined || condemned === undefined || condemned > given) return true;
  const deadline = given + (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;
  return now !== undefined && (timeOf(now) ?? 0) >= deadline;
}

/** When we last changed the Deployment, in ms, as the API server's clock has it. */
export function lastWrite({ metadata }: V1Deployment): number | undefined {
  const times = (metadata?.managedFields ?? [])
    .filter(({ manager, subresource }) => manager === FIELD_MANAGER && !subresource)
    .map(({ time }) => timeOf(time));
  return latest(times);
}

function latest(times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function replicaFailure(deployment: V1Deployment): { reason: string; message: string } | undefined {
  const refused = conditionOf(deployment, 'Progressing');
  if (refused?.reason === 'ReplicaSetCreateError')
    return { reason: refused.reason, message: refused.message ?? refused.reason };
  const condition = conditionOf(deployment, 'ReplicaFailure');
  if (condition?.status !== 'True') return undefined;
  return { reason: condition.reason ?? 'ReplicaFailure', message: condition.message ?? 'replicas cannot be created' };
}

function conditionOf({ status }: V1Deployment, type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** A time in ms; they are Dates in client-node's types and strings in plain JSON. */
export function timeOf(time: Date | string | undefined): number | undefined {
  const parsed = new Date(time ?? Number.NaN).getTime();
  return Number.isNaN(parsed) ? undefined : parsed;
}
