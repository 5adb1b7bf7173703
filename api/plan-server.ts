import type { KubeClient } from '../kube/client.ts';
import { isForbidden, isNamespaceMissing, isTransient, KubeConnectionError, KubeError } from '../kube/errors.ts';
import { DEPLOYMENTS, type KubeObject, type ResourceType, SERVICES } from '../kube/resources.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { isForLackOfRight, type Judged, type Pair, type PlanServer, type Verdict } from '../model/plan/dry-run.ts';

type Live = KubeObject & Pair['after'];

const TYPES: readonly ResourceType[] = [FOG_ROLLOUTS, DEPLOYMENTS, SERVICES];

/** @param client - in the name of whoever plans: what they may not ask, they are not told */
export function planServer(client: KubeClient): PlanServer {
  return {
    async judge(namespace, objects) {
      try {
        return { pairs: await Promise.all(objects.map((object) => pairOf(client, namespace, object))) };
      } catch (error) {
        return verdictOf(error);
      }
    },
  };
}

async function pairOf(client: KubeClient, namespace: string, object: Judged): Promise<Pair> {
  const type = TYPES.find(({ kind }) => kind === object.kind)!;
  const placed = { ...object, metadata: { ...object.metadata, namespace } };
  const [after, before] = await Promise.all([
    client.apply<Live>(type, placed, { force: true, dryRun: true }),
    client.find<Live>(type, { namespace, name: object.metadata.name }),
  ]);
  return { ...(before && { before }), after };
}

/** @throws what is no answer of Kubernetes, nor the lack of one */
function verdictOf(error: unknown): Verdict {
  if (error instanceof KubeConnectionError) return { unanswered: 'the API server does not answer' };
  if (!(error instanceof KubeError)) throw error;
  const words = error.status?.message ?? error.message;
  if (isNamespaceMissing(error)) return { noNamespace: true };
  const isUnanswered = error.code === 401 || isTransient(error) || (isForbidden(error) && isForLackOfRight(words));
  return isUnanswered ? { unanswered: words } : { refused: words };
}
