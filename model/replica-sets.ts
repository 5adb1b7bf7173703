import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { lastWrite, timeOf } from './readiness.ts';

/**
 * The name of the ReplicaSet that a Deployment is on its way to, out of the words of its condition Progressing: that takes
 * no right to read ReplicaSets. Undefined where the condition is older than our last write, and so of an earlier one.
 */
export function currentReplicaSet(deployment: V1Deployment | undefined): string | undefined {
  const progressing = deployment?.status?.conditions?.find(({ type }) => type === 'Progressing');
  if (!deployment || !progressing || (timeOf(progressing.lastUpdateTime) ?? 0) < (lastWrite(deployment) ?? 0))
    return undefined;
  // `ReplicaSet "web-edge-5d4f" has timed out progressing.`, `Created new replica set "web-edge-5d4f"`
  return /replica ?set "([^"]+)"/i.exec(progressing.message ?? '')?.[1];
}

/**
 * The pods of a Deployment's present ReplicaSet, and of no earlier one: pods say whose they are. Where it is not known
 * which that is, of the one that made a pod last.
 */
export function podsOf<T extends V1Pod>(deployment: string, pods: readonly T[], replicaSet: string | undefined): T[] {
  if (replicaSet !== undefined) return pods.filter((pod) => setOf(pod) === replicaSet);
  const own = pods.filter((pod) => setOf(pod)?.replace(/-[^-]+$/, '') === deployment);
  const last = own.reduce<T | undefined>((a, b) => (a && createdAt(a) >= createdAt(b) ? a : b), undefined);
  return last ? own.filter((pod) => setOf(pod) === setOf(last)) : [];
}

function setOf({ metadata }: V1Pod): string | undefined {
  return metadata?.ownerReferences?.find(({ kind }) => kind === 'ReplicaSet')?.name;
}

function createdAt({ metadata }: V1Pod): number {
  return timeOf(metadata?.creationTimestamp) ?? 0;
}
