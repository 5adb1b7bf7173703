import type { Layer } from './layers.ts';
import { HUB_QUEUE, HUB_SITES_QUEUE } from './names.ts';
import type { FogSite } from './types.ts';

/** The name of the cluster that holds the FogRollout objects. */
export const HUB_CLUSTER = 'hub';

/** The name a region worker has for the cluster it is at home on. */
export const OWN_CLUSTER = 'own';

/** A place a layer runs: one namespace on one cluster. */
export interface Site {
  name: string;
  layer: Layer;
  /** Where the Deployment and Service go. */
  namespace: string;
  /** What the workers of the site's queue call the cluster. */
  cluster: string;
  /** Left out, the hub's. */
  queue?: string;
}

/** The site a layer has when no FogSite of that layer exists: the namespace of its name on the hub. */
export function implicitSite(layer: Layer): Site {
  return { name: layer, layer, namespace: layer, cluster: HUB_CLUSTER };
}

/** Whether no FogSite stands behind it. A FogSite of that very name and place is as good. */
export function isImplicit({ name, layer, namespace, cluster }: Site): boolean {
  return name === layer && namespace === layer && cluster === HUB_CLUSTER;
}

/** The site that a FogSite describes. */
export function siteOf({ metadata, spec }: FogSite): Site {
  const { layer, namespace = layer, taskQueue } = spec;
  const site = { name: metadata.name, layer, namespace, cluster: clusterOf(spec) };
  return taskQueue === undefined ? site : { ...site, queue: taskQueue };
}

function clusterOf({ cluster, taskQueue }: FogSite['spec']): string {
  if (taskQueue !== undefined) return cluster?.name ?? OWN_CLUSTER;
  const secret = cluster?.kubeconfigSecretRef;
  return secret ? `secret/${secret.name}/${secret.key ?? 'kubeconfig'}` : HUB_CLUSTER;
}

/** The task queue whose workers can reach a site; a pure function of the site. */
export function queueOf({ queue, cluster }: Pick<Site, 'queue' | 'cluster'>): string {
  if (queue !== undefined) return queue;
  // On the hub nothing can be done without it anyway; what other clusters keep waiting keeps nobody else waiting.
  return cluster === HUB_CLUSTER ? HUB_QUEUE : HUB_SITES_QUEUE;
}

/** The task queue of waits for readiness at a site: thousands of them are not to keep a write from its turn. */
export function waitQueueOf({ queue }: Pick<Site, 'queue'>): string {
  return waitsOf(queue ?? HUB_QUEUE);
}

/** The queue of waits beside a queue of writes. */
export function waitsOf(queue: string): string {
  return `${queue}/waits`;
}

/** What people call the place, e.g. `edge` or `edge field-7`. */
export function placeName({ name, layer }: Site): string {
  return name === layer ? layer : `${layer} ${name}`;
}

/** Two sites of the same place would write over each other's releases. */
export function placeOf(site: Site): string {
  return JSON.stringify([queueOf(site), site.cluster, site.namespace]);
}

/** Names the cluster of a place, by whom it is reached: whoever reaches one place there reaches the others. */
export function clusterKeyOf(place: Pick<Site, 'queue' | 'cluster'>): string {
  return JSON.stringify([queueOf(place), place.cluster]);
}

/** Whether two are one place, as {@link placeOf} has it: what is recorded of the one holds of the other. */
export function isSamePlace(one: Place, other: Place): boolean {
  return one.namespace === other.namespace && one.cluster === other.cluster && queueOf(one) === queueOf(other);
}

type Place = Pick<Site, 'namespace' | 'cluster' | 'queue'>;
