import { setTimeout as delay } from 'node:timers/promises';
import { type KubeObject, NAMESPACES } from '../kube/resources.ts';
import { LAYERS, type Layer } from '../model/layers.ts';
import { FOG_ROLLOUTS, FOG_SITES } from '../model/names.ts';
import type { FogRollout, FogSite, LayerStrategy } from '../model/types.ts';
import { inLanes } from './lanes.ts';
import { deadline, NAMESPACE, rolloutManifest, type World } from './world.ts';

/** A FogSite to make: a namespace of its name on the hub. */
export interface Place {
  name: string;
  layer: Layer;
  parent?: string;
  labels?: Record<string, string>;
  taskQueue?: string;
}

export const LANES = 20;
const TOLD_EVERY = 1_000;

/** Sites `<layer>-<number>`, those of a layer shared out evenly among the sites above. */
export function placesOf(counts: Record<Layer, number>, labels?: Record<string, string>): Place[] {
  return LAYERS.flatMap((layer, depth) => {
    const above = LAYERS[depth - 1];
    const parents = above ? counts[above] : 0;
    return Array.from({ length: counts[layer] }, (_, at) => ({
      name: `${layer}-${at}`,
      layer,
      ...(parents > 0 && { parent: `${above}-${at % parents}` }),
      ...(labels && { labels }),
    }));
  });
}

/** Makes the FogSites and their namespaces. */
export async function makeSites({ client, progress }: World, places: readonly Place[]): Promise<void> {
  let made = 0;
  await inLanes(LANES, places, async ({ name, labels, ...spec }) => {
    await client.create<KubeObject>(NAMESPACES, { metadata: { name } });
    const site = { metadata: { name, ...(labels && { labels }) }, spec: { ...spec, namespace: name } };
    await client.create<KubeObject>(FOG_SITES, site as KubeObject);
    made += 1;
    if (made % TOLD_EVERY === 0) progress(`${made} of ${places.length} sites are made`);
  });
}

/** Waits until the product has said of every FogSite what `check` asks for: what it writes then is no part of a rollout. */
export async function untilSites(
  { client }: World,
  what: string,
  check: (site: FogSite) => boolean,
  ms = 600_000,
): Promise<void> {
  for (const until = Date.now() + ms; ; await delay(1_000)) {
    const { items } = await client.listAll<FogSite & KubeObject>(FOG_SITES);
    const left = items.filter((site) => !check(site));
    if (left.length === 0) return;
    if (Date.now() > until)
      throw new Error(`${left.length} of ${items.length} FogSites, ${left[0]!.metadata.name} first, are not ${what}`);
  }
}

export const isUsable = (site: FogSite): boolean => conditionOf(site, 'Ready') === 'True';

export function conditionOf({ status }: FogSite, type: 'Ready' | 'Reachable'): string | undefined {
  return status?.conditions?.find((condition) => condition.type === type)?.status;
}

/** A FogRollout with one strategy for all layers, or one for each. */
export function fleetManifest(
  name: string,
  strategy: LayerStrategy | Partial<Record<Layer, LayerStrategy>>,
): KubeObject {
  const manifest = rolloutManifest(name) as unknown as FogRollout;
  const isOfEach = LAYERS.some((layer) => layer in strategy);
  const layers = isOfEach ? strategy : Object.fromEntries(LAYERS.map((layer) => [layer, strategy]));
  return { ...manifest, spec: { ...manifest.spec, strategy: { layers } } } as unknown as KubeObject;
}

/** Applies a FogRollout and waits until it says that it has succeeded; ms. @throws Error with its words when it failed */
export async function rollOut({ client, rollouts }: World, manifest: KubeObject, ms?: number): Promise<number> {
  const started = performance.now();
  await client.create(FOG_ROLLOUTS, manifest);
  await rollouts.waitFor(NAMESPACE, manifest.metadata.name!, hasSucceeded, deadline(ms));
  return performance.now() - started;
}

export function hasSucceeded(live: FogRollout | undefined): true | undefined {
  const { phase, conditions } = live?.status ?? {};
  if (phase !== 'Failed') return phase === 'Succeeded' || undefined;
  const message = conditions?.find(({ type }) => type === 'Stalled')?.message;
  throw new Error(`FogRollout ${live?.metadata.name} has failed: ${message}`);
}
