/** What must never happen to a rollout over many sites, read off the versions its Deployments had. Pure. */
import { LAYERS, type Layer } from '../../model/layers.ts';
import { isReady } from './order.ts';
import type { Version } from './recorder.ts';

const PREFIX = 'fog-rollouts.paguos.io';

/**
 * Walks the versions in the API server's order. A site is its namespace; its layer is the end of its Deployment's name.
 *
 * @param parentOf - the Deployment of the layer above that one waits for, e.g. `fog-1/web-fog`, where it waits for no other
 * @returns one sentence a fault
 */
export function fleetFaultsIn(
  versions: readonly Version[],
  parentOf: (key: string) => string | undefined = () => undefined,
): string[] {
  const faults: string[] = [];
  /** The generation each Deployment was last given. */
  const given = new Map<string, number>();
  /** Deployments of each layer and generation, and whether they were ready with it once. */
  const ready = new Map<string, Map<string, boolean>>();
  const deployments = versions
    .filter(({ kind, isDeleted }) => kind === 'Deployment' && !isDeleted)
    .sort((a, b) => Number(a.object.metadata.resourceVersion) - Number(b.object.metadata.resourceVersion));
  for (const { key, object } of deployments) {
    const { annotations = {}, name } = object.metadata;
    const layer = LAYERS.find((one) => name.endsWith(`-${one}`));
    const uid = annotations[`${PREFIX}/uid`];
    const generation = Number(annotations[`${PREFIX}/generation`]);
    if (!layer || !uid || Number.isNaN(generation)) continue;
    const site = `${uid}/${key}`;
    const before = given.get(site) ?? -1;
    if (generation < before) faults.push(`${key} was given generation ${generation} after ${before}`);
    if (generation > before)
      faults.push(...notReadyAbove({ key, layer, uid, generation, parent: parentOf(key) }, ready));
    given.set(site, Math.max(before, generation));
    const sites = ready.get(`${layer}/${uid}/${generation}`) ?? new Map<string, boolean>();
    ready.set(`${layer}/${uid}/${generation}`, sites);
    sites.set(key, sites.get(key) || isReady(object));
  }
  return faults;
}

interface Given {
  key: string;
  layer: Layer;
  uid: string;
  generation: number;
  parent: string | undefined;
}

function notReadyAbove(
  { key, layer, uid, generation, parent }: Given,
  ready: Map<string, Map<string, boolean>>,
): string[] {
  if (parent !== undefined) {
    const above = LAYERS[LAYERS.indexOf(layer) - 1];
    const isReady = ready.get(`${above}/${uid}/${generation}`)?.get(parent);
    return isReady ? [] : [`${key} was given generation ${generation} before its parent ${parent} was ready with it`];
  }
  return LAYERS.slice(0, LAYERS.indexOf(layer)).flatMap((above) => {
    const sites = ready.get(`${above}/${uid}/${generation}`);
    if (!sites) return [`${key} was given generation ${generation} before ${above} was`];
    const unready = [...sites].filter(([, wasReady]) => !wasReady).map(([site]) => site);
    return unready.length > 0 ? [`${key} was given generation ${generation} before ${unready} were ready with it`] : [];
  });
}
