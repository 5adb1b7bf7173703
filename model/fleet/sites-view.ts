/** The sites of a rollout page by page, as a person asks for them: counts, the few that matter, a filter. Pure. */
import { LAYERS, type Layer } from '../layers.ts';
import type { FogRollout, FogShard, ShardRelease } from '../types.ts';
import { SITE_PHASES, type SiteFacts, type SiteView, type SiteViewPhase, type Slice, slicesOf } from './site-view.ts';

/** Where a site stands in the order of all; a later one stays later, whatever happens to the sites meanwhile. */
export interface SitePosition {
  layer: Layer;
  /** Index of its shard, and its place there. */
  shard: number;
  place: number;
}

export interface SitesQuery {
  /** Left out: any. */
  phases?: ReadonlySet<SiteViewPhase>;
  layer?: Layer;
  /** What its name begins with. */
  site?: string;
  wave?: string;
  parent?: string;
  limit: number;
  /** Only sites behind this one. */
  after?: SitePosition;
}

export interface SiteInFull extends SiteView {
  /** What it had when the present plan was made. */
  had?: Pick<ShardRelease, 'version' | 'generation'>;
}

export interface SitesPage {
  /** In the order of promotion. */
  sites: SiteView[];
  /** Of the last site of the page, when more match. */
  end?: SitePosition;
  /** How many sites match on all pages. */
  total: number;
  /** Of all sites of the rollout, whatever was asked for. */
  counts: Record<SiteViewPhase, number>;
}

/**
 * A page of a rollout's sites: cloud, fog, edge, then as their FogShards hold them. Only those of the page are put
 * together; the others are counted by their letters and by what their FogSites say.
 *
 * @param shards - those of other objects of the same name are left out
 */
export function sitesOf(rollout: FogRollout, shards: FogShard[], facts: SiteFacts, query: SitesQuery): SitesPage {
  const { phases, limit, after } = query;
  const counts = Object.fromEntries(SITE_PHASES.map((phase) => [phase, 0])) as SitesPage['counts'];
  const page: SitesPage = { sites: [], total: 0, counts };
  let last: SitePosition | undefined;
  for (const slice of slicesOf(rollout, shards, facts)) {
    const isAskedFor = filterOf(slice, query);
    const from = firstPlaceOf(slice, after);
    for (let place = 0; place < slice.phases.length; place += 1) {
      const phase = slice.phases[place]!;
      counts[phase] += 1;
      if ((phases && !phases.has(phase)) || !isAskedFor(place)) continue;
      page.total += 1;
      if (place < from) continue;
      if (page.sites.length === limit) {
        page.end ??= last!;
        continue;
      }
      page.sites.push(slice.view(place));
      last = { layer: slice.layer, shard: slice.shard, place };
    }
  }
  return page;
}

/** One site by its whole name; several where it has something at more than one place. */
export function siteNamed(rollout: FogRollout, shards: FogShard[], facts: SiteFacts, name: string): SiteInFull[] {
  return slicesOf(rollout, shards, facts).flatMap((slice) =>
    slice.sites.flatMap((site, place) => {
      if (site.name !== name) return [];
      const { had } = site;
      return [{ ...slice.view(place), ...(had && { had: { version: had.version, generation: had.generation } }) }];
    }),
  );
}

function firstPlaceOf({ layer, shard }: Slice, after: SitePosition | undefined): number {
  if (!after) return 0;
  const distance = LAYERS.indexOf(layer) - LAYERS.indexOf(after.layer) || shard - after.shard;
  if (distance === 0) return after.place + 1;
  return distance > 0 ? 0 : Number.POSITIVE_INFINITY;
}

function filterOf(slice: Slice, { layer, wave, site: prefix, parent }: SitesQuery): (place: number) => boolean {
  const isOther = (layer !== undefined && layer !== slice.layer) || (wave !== undefined && wave !== slice.wave);
  if (isOther) return () => false;
  return (place) => {
    const site = slice.sites[place]!;
    return (prefix === undefined || site.name.startsWith(prefix)) && (parent === undefined || site.parent === parent);
  };
}
