/** A rollout down to its pods: layers, waves, sites, Deployments. Pure; feeds `kubectl fog status`. */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { type DeploymentView, deploymentViewOf } from './deployment-view.ts';
import { type SiteView, type SiteViewPhase, type Slice, slicesOf } from './fleet/site-view.ts';
import { deploymentName } from './names.ts';
import { HUB_CLUSTER } from './site.ts';
import type { FogRollout, FogShard, FogSite } from './types.ts';
import { type RolloutView, type StageView, viewOf } from './view.ts';

export interface RolloutTree extends Omit<RolloutView, 'stages'> {
  layers: LayerTree[];
  /** What could not be read, and so is not shown, in words. */
  unread: string[];
}

export interface LayerTree extends StageView {
  /** In the order they are started; none where the layer's record was not read. */
  waves: WaveTree[];
}

export interface WaveTree {
  /** Absent in a layer without FogSites. */
  name?: string;
  counts: SiteCounts;
  /** Worst first. */
  sites: SiteTree[];
}

/** How many sites are in each phase; those without any are left out. */
export type SiteCounts = Partial<Record<SiteViewPhase, number>>;

export interface SiteTree extends SiteView {
  /** Of what it has on the hub, as far as it was read; what other clusters have is told by their record. */
  deployment?: DeploymentView;
}

/** What was read of a rollout besides itself. */
export interface Surroundings {
  shards: FogShard[];
  /** Left out where they were not read: then sites are as they were recorded. */
  sites?: FogSite[];
  /** With the rollout's labels, on the hub. */
  deployments: V1Deployment[];
  pods: V1Pod[];
  unread: string[];
}

/** In the order in which a person has to look at them. */
const WORST_FIRST: readonly SiteViewPhase[] = [
  'Failed',
  'Drifted',
  'Unknown',
  'InFlight',
  'Deferred',
  'Held',
  'Blocked',
  'Waiting',
  'Skipped',
  'Removed',
  'Ready',
];

/** @param now RFC 3339 */
export function treeOf(rollout: FogRollout, around: Surroundings, now: string): RolloutTree {
  const { stages, ...view } = viewOf(rollout, now);
  const siteOf = around.sites ? finderOf(around.sites) : asRecorded;
  const slices = slicesOf(rollout, around.shards, { siteOf, now: Date.parse(now) });
  const releases = releasesIn(rollout, around);
  const layers = stages.map((stage) => {
    const own = slices.filter(({ layer }) => layer === stage.layer);
    return { ...stage, waves: wavesOf(own, releases, siteOf) };
  });
  return { ...view, layers, unread: around.unread };
}

/** Worst first; a phase that is not known stands at the end. */
export function rankOf(phase: SiteViewPhase): number {
  const at = WORST_FIRST.indexOf(phase);
  return at === -1 ? WORST_FIRST.length : at;
}

/** The phases of counts, worst first. */
export function phasesIn(counts: SiteCounts): [SiteViewPhase, number][] {
  return WORST_FIRST.flatMap((phase) => (counts[phase] ? [[phase, counts[phase]] as [SiteViewPhase, number]] : []));
}

type SiteFinder = (name: string) => FogSite | undefined;
type ReleaseFinder = (site: SiteView) => DeploymentView | undefined;

function finderOf(sites: FogSite[]): SiteFinder {
  const byName = new Map(sites.map((site) => [site.metadata.name, site]));
  return (name) => byName.get(name);
}

/** A FogSite that says nothing: what its shard has recorded is believed. */
const asRecorded: SiteFinder = (name) => ({
  apiVersion: '',
  kind: '',
  metadata: { name, uid: '', resourceVersion: '', generation: 0, creationTimestamp: '' },
  spec: { layer: 'edge' },
});

function releasesIn({ metadata }: FogRollout, { deployments, pods }: Surroundings): ReleaseFinder {
  const byPlace = new Map(deployments.map((one) => [`${one.metadata?.namespace}/${one.metadata?.name}`, one]));
  const byNamespace = grouped(pods, (pod) => pod.metadata?.namespace ?? '');
  return ({ namespace, layer }) => {
    const deployment = byPlace.get(`${namespace}/${deploymentName(metadata.name, layer)}`);
    return deployment && deploymentViewOf(deployment, byNamespace.get(namespace) ?? []);
  };
}

function wavesOf(slices: Slice[], releaseAt: ReleaseFinder, siteOf: SiteFinder): WaveTree[] {
  const byName = grouped(slices, ({ wave }) => wave);
  return [...byName].map(([name, parts]) => {
    const sites = parts.flatMap((part) => part.phases.map((_, place) => part.view(place)));
    const counts: SiteCounts = {};
    for (const { phase } of sites) counts[phase] = (counts[phase] ?? 0) + 1;
    const worstFirst = sites.toSorted((a, b) => rankOf(a.phase) - rankOf(b.phase));
    const trees = worstFirst.map((site) => {
      const deployment = isOnHub(site, siteOf) ? releaseAt(site) : undefined;
      return deployment ? { ...site, deployment } : site;
    });
    return { ...(name !== undefined && { name }), counts, sites: trees };
  });
}

/** What a cluster is called in the spec need not tell: a kubeconfig may lead back to the hub. */
function isOnHub({ site, cluster, queue }: SiteView, siteOf: SiteFinder): boolean {
  if (cluster === HUB_CLUSTER && queue === undefined) return true;
  return siteOf(site)?.status?.cluster === HUB_CLUSTER;
}

/** As Map.groupBy, which Node 20 has not. */
function grouped<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
