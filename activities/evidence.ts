import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';
import type { CallOptions } from '../kube/connection.ts';
import { EVENTS, type KubeObject, PODS, type ResourceType } from '../kube/resources.ts';
import { deploymentName, LABELS } from '../model/names.ts';
import { isReady } from '../model/pod-events.ts';
import type { Evidence } from '../model/podreasons.ts';
import { currentReplicaSet, podsOf } from '../model/replica-sets.ts';
import type { Site } from '../model/site.ts';
import type { Cluster, LiveDeployment } from './clusters.ts';

/** So many pods are asked about for events: what stops one mostly stops the others. */
const MOST_SPOKESMEN = 3;

/** Of pods, and of one object's events, at most so many. */
const PAGE = { pods: 200, events: 50 };

/** Each is only for a better text, which is not to be waited for. */
const ANSWER_MS = 5_000;

type Live<T> = T & KubeObject;

/**
 * What a release's pods and their events say when it does not become ready: asked for once, when it has failed. What
 * the cluster refuses or does not answer is left out.
 *
 * @param live - the Deployment as it was last seen
 */
export async function evidenceOf(
  { client }: Cluster,
  { owner, site }: { owner: { name: string }; site: Site },
  live: LiveDeployment | undefined,
  signal: AbortSignal,
): Promise<Evidence> {
  const options: CallOptions = { signal, timeoutMs: ANSWER_MS };
  const { namespace } = site;
  const list = async <T>(type: ResourceType, limit: number, by: object): Promise<Live<T>[]> => {
    try {
      return (await client.list<Live<T>>(type, { namespace, limit, ...by }, options)).items;
    } catch {
      return [];
    }
  };
  const eventsAbout = (fieldSelector: string) => list<CoreV1Event>(EVENTS, PAGE.events, { fieldSelector });

  const replicaSet = currentReplicaSet(live);
  // Of hundreds of pods, those of an earlier revision would fill the page.
  const hash = replicaSet && `,pod-template-hash=${replicaSet.slice(replicaSet.lastIndexOf('-') + 1)}`;
  const labelSelector = `${LABELS.rollout}=${owner.name}${hash ?? ''}`;
  const all = await list<V1Pod>(PODS, PAGE.pods, { labelSelector });
  const pods = podsOf(deploymentName(owner.name, site.layer), all, replicaSet);
  const spokesmen = pods.filter((pod) => !isReady(pod)).slice(0, MOST_SPOKESMEN);
  const selectors = spokesmen.map(({ metadata }) => `involvedObject.uid=${metadata.uid}`);
  if (replicaSet && pods.length < (live?.spec?.replicas ?? 1)) {
    selectors.push(`involvedObject.kind=ReplicaSet,involvedObject.name=${replicaSet}`);
  }
  const events = await Promise.all(selectors.map(eventsAbout));
  return { pods, events: events.flat() };
}
