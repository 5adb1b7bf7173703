import type { KubeClient } from '../kube/client.ts';
import type { Informer } from '../kube/informer.ts';
import type { KubeObject } from '../kube/resources.ts';
import { selectorText, selects } from '../model/fleet/selector.ts';
import { judge } from '../model/fleet/topology.ts';
import { FOG_SITES } from '../model/names.ts';
import type { PlanStageInput } from '../model/shards.ts';
import type { FogSite, Owner } from '../model/types.ts';
import type { RolloutWindows } from '../model/windows/at-sites.ts';

/** Tells of windows of sites for a rollout, once FogWindows are known. */
export type WindowReader = (owner: Owner) => Promise<RolloutWindows>;

export type LiveSite = FogSite & KubeObject;

/** What it takes to read them. */
export interface SiteReader {
  client: KubeClient;
  /** Every FogSite, as of some time ago; left out, all are read. */
  cache: Informer<LiveSite> | undefined;
  /** What is known of FogWindows; left out, there are none. */
  windows?: WindowReader;
  options: Parameters<KubeClient['list']>[2];
}

/**
 * The FogSites that a stage is planned with, read from the API server: one that was written before the FogRollout is
 * among them, however far the cache is behind. Of thousands a selector takes a few, and only these are read; the cache
 * knows their parents, and who has their places, well enough as long as each of them can be used by what it knows.
 * A removal goes to those that the record names, and asks of their FogSites only whether they are held or away.
 */
export async function sitesFor(
  { release, layer, strategy: { siteSelector } }: PlanStageInput,
  { client, cache, options }: SiteReader,
): Promise<FogSite[]> {
  const all = async () => (await client.listAll<LiveSite>(FOG_SITES, {}, options)).items;
  if (!cache?.hasSynced) return await all();
  if (!release) return cache.list();
  const labelSelector = selectorText(siteSelector);
  if (labelSelector === undefined) return await all();
  const selected = (await client.listAll<LiveSite>(FOG_SITES, { labelSelector }, options)).items;
  const names = new Set(selected.map(({ metadata }) => metadata.name));
  const others = cache
    .list()
    .filter(({ metadata }) => !names.has(metadata.name) && !selects(siteSelector, metadata.labels));
  const sites = [...others, ...selected];
  const verdicts = judge(sites);
  const isUsable = ({ metadata, spec }: FogSite) => spec.layer !== layer || verdicts.get(metadata.name)?.ready;
  return selected.every(isUsable) ? sites : await all();
}
