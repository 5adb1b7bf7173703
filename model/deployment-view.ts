/** A release's Deployment and its pods as a person looks at them. Pure. */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { isReady } from './pod-events.ts';
import { podReasons } from './podreasons.ts';
import { type ReadinessState, readiness } from './readiness.ts';
import { currentReplicaSet, podsOf } from './replica-sets.ts';

export interface PodView {
  name: string;
  isReady: boolean;
  /** Ready containers of all, e.g. `1/2`. */
  containers: string;
  restarts: number;
  /** When it was made, RFC 3339. */
  since: string;
  /** Why it is not ready, where its status says so. */
  reason?: string;
  message?: string;
}

export interface DeploymentView {
  namespace: string;
  name: string;
  state: ReadinessState;
  /** Available pods of those that are wanted, e.g. `2/3`. */
  ready: string;
  message: string;
  /** When it was made, RFC 3339. */
  since: string;
  /** Of its present ReplicaSet, those that are not ready first; none where they were not read. */
  pods: PodView[];
}

/** @param pods - of its namespace; those of others are left out */
export function deploymentViewOf(deployment: V1Deployment, pods: readonly V1Pod[]): DeploymentView {
  const { namespace = '', name = '', uid = '', generation = 0, creationTimestamp } = deployment.metadata ?? {};
  const { state, message, available, wanted } = readiness(deployment, { uid, generation, template: '' });
  const own = podsOf(name, pods, currentReplicaSet(deployment));
  return {
    namespace,
    name,
    state,
    ready: `${Math.min(available, wanted)}/${wanted}`,
    message,
    since: textOf(creationTimestamp),
    pods: own.map(podViewOf).sort((a, b) => Number(a.isReady) - Number(b.isReady) || (a.name < b.name ? -1 : 1)),
  };
}

function podViewOf(pod: V1Pod): PodView {
  const { name = '', creationTimestamp, deletionTimestamp } = pod.metadata ?? {};
  const containers = pod.status?.containerStatuses ?? [];
  const wanted = pod.spec?.containers.length ?? containers.length;
  const [worst] = podReasons({ pods: [pod], events: [] });
  const trouble = deletionTimestamp ? { reason: 'Terminating', message: 'is being deleted' } : worst;
  return {
    name,
    isReady: !deletionTimestamp && isReady(pod),
    containers: `${containers.filter(({ ready }) => ready).length}/${wanted}`,
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    since: textOf(creationTimestamp),
    ...(trouble && { reason: trouble.reason, message: withoutName(trouble.message, name) }),
  };
}

/** The pod is named before its words already. */
function withoutName(message: string, pod: string): string {
  return message.replace(`pod ${pod}: `, '').replace(` of ${pod}`, '');
}

/** Times are Dates in client-node's types and strings in plain JSON. */
function textOf(time: Date | string | undefined): string {
  return time instanceof Date ? time.toISOString() : (time ?? '');
}
