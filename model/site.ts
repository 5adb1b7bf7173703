import type { Layer } from './layers.ts';
import { HUB_QUEUE } from './names.ts';

/** The name of the cluster that holds the FogRollout objects. */
export const HUB_CLUSTER = 'hub';

/** A place a layer runs: one namespace on one cluster. */
export interface Site {
  name: string;
  layer: Layer;
  /** Where the Deployment and Service go. */
  namespace: string;
  cluster: string;
}

/** The site a layer has when no FogSite of that layer exists: the namespace of its name on the hub. */
export function implicitSite(layer: Layer): Site {
  return { name: layer, layer, namespace: layer, cluster: HUB_CLUSTER };
}

/** The task queue whose workers can reach a site; a pure function of the site. */
export function queueOf(_site: Site): string {
  return HUB_QUEUE;
}
