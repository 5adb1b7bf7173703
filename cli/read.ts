/** What the user's kubectl may see of a rollout: one list a kind, however many sites there are. */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { DEPLOYMENTS, PODS, pathOf, type ResourceType } from '../kube/resources.ts';
import { FOG_SHARDS, FOG_SITES, LABELS } from '../model/names.ts';
import type { Surroundings } from '../model/rollout-tree.ts';
import { implicitSite } from '../model/site.ts';
import type { FogRollout, FogShard, FogSite } from '../model/types.ts';
import { type Kubectl, KubectlError } from './kubectl.ts';

/** The most objects that are read of what a rollout has at its sites. Its FogShards are few: one for 200 sites. */
const MOST_DEPLOYMENTS = 500;
const MOST_PODS = 1000;

interface List<T> {
  metadata: { continue?: string };
  items: T[];
}

/** What was asked for, or in words why it may not be read. */
type Answer<T> = List<T> | { refusal: string };

interface Releases<T> {
  items: T[];
  unread: string[];
}

/**
 * Reads what stands around a rollout. What may not be read is left out, and said in words.
 *
 * @throws KubectlError where the cluster does not answer at all
 */
export async function readAround(kubectl: Kubectl, rollout: FogRollout): Promise<Surroundings> {
  const { name, namespace } = rollout.metadata;
  const layers = rollout.status?.layers ?? [];
  const hasSites = layers.some(({ shards }) => shards !== undefined);
  const ofRollout = `${LABELS.rollout}=${name}`;
  const ofRelease = `${ofRollout},${LABELS.ownerNamespace}=${namespace}`;
  const [shards, sites, deployments, pods] = await Promise.all([
    hasSites ? list<FogShard>(kubectl, pathOf(FOG_SHARDS, { namespace }), { labelSelector: ofRollout }) : undefined,
    hasSites ? list<FogSite>(kubectl, pathOf(FOG_SITES)) : undefined,
    releasesOf<V1Deployment>(kubectl, rollout, DEPLOYMENTS, { labelSelector: ofRelease, limit: MOST_DEPLOYMENTS }),
    releasesOf<V1Pod>(kubectl, rollout, PODS, { labelSelector: ofRollout, limit: MOST_PODS }),
  ]);
  return {
    shards: itemsIn(shards) ?? [],
    ...(itemsIn(sites) && { sites: itemsIn(sites)! }),
    deployments: deployments.items,
    pods: pods.items,
    unread: [
      ...refusalIn(shards, 'the sites one by one'),
      ...refusalIn(sites, 'how FogSites are now, only what was recorded of them'),
      ...deployments.unread,
      ...pods.unread,
    ],
  };
}

/** Of all namespaces; who may not ask for those is given the ones that layers without FogSites have. */
async function releasesOf<T>(
  kubectl: Kubectl,
  { status }: FogRollout,
  type: ResourceType,
  query: { labelSelector: string; limit: number },
): Promise<Releases<T>> {
  const layers = status?.layers ?? [];
  if (layers.length === 0) return { items: [], unread: [] };
  const all = await list<T>(kubectl, pathOf(type), query);
  if ('items' in all) {
    const unread = all.metadata.continue ? [`${type.plural} beyond the first ${query.limit}`] : [];
    return { items: all.items, unread };
  }
  const places = layers.filter(({ shards }) => shards === undefined).map((layer) => implicitSite(layer.name).namespace);
  const parts = await Promise.all(places.map((place) => list<T>(kubectl, pathOf(type, { namespace: place }), query)));
  const unread = [
    ...(places.length < layers.length ? [`${type.plural} at FogSites: ${all.refusal}`] : []),
    ...parts.flatMap((part, at) => refusalIn(part, `${type.plural} in ${places[at]}`)),
  ];
  return { items: parts.flatMap((part) => itemsIn(part) ?? []), unread };
}

async function list<T>(
  kubectl: Kubectl,
  path: string,
  query: Record<string, string | number> = {},
): Promise<Answer<T>> {
  const words = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  try {
    return await kubectl.raw<List<T>>([path, words.join('&')].filter((part) => part !== '').join('?'));
  } catch (error) {
    if (error instanceof KubectlError && error.isRefusal) return { refusal: error.words };
    throw error;
  }
}

function itemsIn<T>(answer: Answer<T> | undefined): T[] | undefined {
  return answer && 'items' in answer ? answer.items : undefined;
}

function refusalIn(answer: Answer<unknown> | undefined, what: string): string[] {
  return answer && 'refusal' in answer ? [`${what}: ${answer.refusal}`] : [];
}
