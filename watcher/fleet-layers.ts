import type { KubeClient } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { Informer } from '../kube/informer.ts';
import type { KubeObject } from '../kube/resources.ts';
import { LAYERS, type Layer } from '../model/layers.ts';
import { FOG_SITES } from '../model/names.ts';
import type { FogSite } from '../model/types.ts';
import type { Ledgers } from './after-run/ledgers.ts';
import type { Begins } from './decide.ts';

type Site = FogSite & KubeObject;

export const LAYER_INDEX = 'layer';

/** Index of FogSites by their layer. */
export function siteLayer({ spec }: FogSite): string[] {
  return [spec.layer];
}

interface FleetDeps {
  client: Pick<KubeClient, 'list' | 'listAll'>;
  /** Every FogSite, with {@link siteLayer} as {@link LAYER_INDEX}. */
  sites: Informer<Site>;
  ledgers: Pick<Ledgers, 'layersOf'>;
}

/** Of what is removed: the layers that have FogSites, and those that records are kept of. */
export function fleetOfRemoval(
  { sites, ledgers }: Pick<FleetDeps, 'sites' | 'ledgers'>,
  { signal, rollout }: Extract<Begins, { kind: 'remove' }>,
): Layer[] {
  const cached = LAYERS.filter((layer) => sites.byIndex(LAYER_INDEX, layer).length > 0);
  const recorded = ledgers.layersOf(signal.owner);
  return rollout ? LAYERS.filter((layer) => [...cached, ...recorded].includes(layer)) : recorded;
}

/** The layers that have FogSites. @param wanted - those that are given something */
export async function fleetOfChange(
  { client, sites }: Pick<FleetDeps, 'client' | 'sites'>,
  wanted: readonly Layer[],
): Promise<Layer[]> {
  const cached = LAYERS.filter((layer) => sites.byIndex(LAYER_INDEX, layer).length > 0);
  const found = await fleetLayers(
    client,
    wanted.filter((layer) => !cached.includes(layer)),
    { isEmpty: sites.size === 0 },
  );
  return LAYERS.filter((layer) => cached.includes(layer) || found.includes(layer));
}

/**
 * Which of these layers have FogSites now, asked of the API server: one that was made before the FogRollout counts, however far
 * a cache is behind. Where there is no FogSite at all, that takes one request.
 *
 * @param layers - those that a cache has no FogSites of
 * @param isEmpty - the cache has none of any layer
 */
export async function fleetLayers(
  client: Pick<KubeClient, 'list' | 'listAll'>,
  layers: readonly Layer[],
  { isEmpty }: { isEmpty: boolean },
): Promise<Layer[]> {
  if (layers.length === 0) return [];
  if (isEmpty && !(await hasAny(client))) return [];
  try {
    const found = await Promise.all(layers.map((layer) => hasAny(client, `spec.layer=${layer}`)));
    return layers.filter((_, at) => found[at]);
  } catch (error) {
    if (!isRefusedSelector(error)) throw error;
    const { items } = await client.listAll<Site>(FOG_SITES);
    return layers.filter((layer) => items.some(({ spec }) => spec.layer === layer));
  }
}

async function hasAny(client: Pick<KubeClient, 'list'>, fieldSelector?: string): Promise<boolean> {
  try {
    const { items } = await client.list<Site>(FOG_SITES, { limit: 1, ...(fieldSelector && { fieldSelector }) });
    return items.length > 0;
  } catch (error) {
    if (error instanceof KubeError && error.code === 404) return false; // there is no such CRD
    throw error;
  }
}

/** Kubernetes before 1.31 knows no fields of ours to select by. */
function isRefusedSelector(error: unknown): boolean {
  return error instanceof KubeError && error.code === 400;
}
