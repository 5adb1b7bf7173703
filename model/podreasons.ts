import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import type { Readiness } from './readiness.ts';
import type { Site } from './site.ts';
import { boundText, oneLineOf } from './text.ts';

export interface PodReason {
  /** CamelCase, as Kubernetes has it: ImagePullBackOff, Unschedulable, OOMKilled, … */
  reason: string;
  /** e.g. `container nginx of web-edge-abc: Back-off pulling image "…"`. */
  message: string;
  /** How many containers or pods have it; the message is one of theirs. */
  count: number;
}

/**
 * The failures worth reading out of a Deployment's pods, worst first: what will not cure itself (a bad image, a bad
 * reference) before what might (a crash, no room). Pods that are merely on their way give none.
 */
export function podReasons(pods: readonly V1Pod[]): PodReason[] {
  const groups = new Map<string, PodReason>();
  for (const { reason, message } of pods.flatMap(reasonsOfPod)) {
    const group = groups.get(reason);
    if (group) group.count += 1;
    else groups.set(reason, { reason, message, count: 1 });
  }
  return [...groups.values()].sort((a, b) => rank(a.reason) - rank(b.reason) || b.count - a.count);
}

/** One sentence that names object and cause; whoever reports it puts the site in front. */
export function failureText(
  site: Pick<Site, 'namespace'>,
  deployment: { name: string; progressDeadlineSeconds: number },
  readiness: Pick<Readiness, 'available' | 'wanted' | 'message' | 'trouble'>,
  pods: readonly V1Pod[],
): string {
  const { available, wanted, trouble } = readiness;
  const counts = `${available} of ${wanted} ${wanted === 1 ? 'replica' : 'replicas'} available`;
  // Pods of an earlier revision may be available while the new ones are not: then only the whole story is true.
  const standing = available < wanted ? [counts, ...(trouble ? [trouble] : [])] : [readiness.message];
  const causes = podReasons(pods).slice(0, MAX_CAUSES).map(textOf);
  const subject = `Deployment ${site.namespace}/${deployment.name}`;
  return `${subject} made no progress for ${deployment.progressDeadlineSeconds} s: ${[...standing, ...causes].join('; ')}`;
}

const MAX_CAUSES = 3;

/** Bytes of one cause: a container's last words can be long, and others need room too. */
const MAX_CAUSE = 300;

function textOf({ message, count }: PodReason): string {
  const others = count > 1 ? ` (and ${count - 1} more)` : '';
  return `${boundText(oneLineOf(message), MAX_CAUSE).replace(/\.$/, '')}${others}`;
}

/** In the order of how sure it is that waiting will not help. */
const WORST_FIRST = [
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'ImagePullBackOff',
  'ErrImagePull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'OOMKilled',
  'CrashLoopBackOff',
  'Evicted',
  'Unschedulable',
];

function rank(reason: string): number {
  const at = WORST_FIRST.indexOf(reason);
  return at === -1 ? WORST_FIRST.length : at;
}

/** Waiting reasons of a pod that is merely starting. */
const ON_ITS_WAY = new Set(['ContainerCreating', 'PodInitializing']);

type Found = Omit<PodReason, 'count'>;

function reasonsOfPod(pod: V1Pod): Found[] {
  // A pod that is being deleted belongs to an earlier revision or will be replaced.
  if (pod.metadata?.deletionTimestamp) return [];
  const name = pod.metadata?.name ?? 'a pod';
  const found: Found[] = [];
  const { status } = pod;
  if (status?.phase === 'Failed' && status.reason) {
    found.push({ reason: status.reason, message: `pod ${name}: ${status.reason}${tail(status.message)}` });
  }
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    found.push({ reason: 'Unschedulable', message: `pod ${name}: Unschedulable${tail(scheduled.message)}` });
  }
  for (const container of status?.initContainerStatuses ?? [])
    found.push(...reasonOf(container, 'init container', name));
  for (const container of status?.containerStatuses ?? []) found.push(...reasonOf(container, 'container', name));
  return found;
}

function reasonOf({ name, state, lastState }: V1ContainerStatus, what: string, pod: string): Found[] {
  const where = `${what} ${name} of ${pod}`;
  const ended = state?.terminated ?? lastState?.terminated;
  const waiting = state?.waiting;
  if (waiting?.reason === 'CrashLoopBackOff' || (!waiting && state?.terminated && state.terminated.exitCode !== 0)) {
    const reason = ended?.reason === 'OOMKilled' ? 'OOMKilled' : (waiting?.reason ?? 'CrashLoopBackOff');
    const exit = ended ? `, last exit code ${ended.exitCode}` : '';
    return [{ reason, message: `${where}: ${reason}${exit}${tail(ended?.message ?? waiting?.message)}` }];
  }
  if (!waiting?.reason || ON_ITS_WAY.has(waiting.reason)) return [];
  return [{ reason: waiting.reason, message: `${where}: ${waiting.reason}${tail(waiting.message)}` }];
}

function tail(message: string | undefined): string {
  return message ? `: ${message}` : '';
}
