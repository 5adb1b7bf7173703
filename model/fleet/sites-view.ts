/** The sites of a rollout one by one, as a person asks for them: which run what, and which do not and why. Pure. */
import { LAYERS, type Layer } from '../layers.ts';
import { implicitSite } from '../site.ts';
import { REASONS } from '../status.ts';
import type { FogRollout, FogShard, LayerPhase, LayerStatus, SiteFailure } from '../types.ts';
import { PHASE_LETTERS } from './report.ts';

/** Where a site is with the revision that the rollout is at. */
export const SITE_PHASES = [
  'Waiting',
  'InFlight',
  'Ready',
  'Failed',
  'Deferred',
  'Skipped',
  'Held',
  'Removed',
] as const;

export type SiteViewPhase = (typeof SITE_PHASES)[number];

export interface SiteView {
  site: string;
  layer: Layer;
  phase: SiteViewPhase;
  /** Absent for the site of a layer without FogSites. */
  wave?: string;
  /** What the site runs, as far as known; absent while it was given nothing. */
  version?: string;
  /** The FogRollout's generation of that version. */
  generation?: number;
  namespace: string;
  /** What the workers of its queue call it. */
  cluster: string;
  queue?: string;
  parent?: string;
  reason?: string;
  message?: string;
}

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
  limit: number;
  /** Only sites behind this one. */
  after?: SitePosition;
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
 * together; the others are counted by their letters.
 *
 * @param shards - those of other objects of the same name are left out
 */
export function sitesOf(rollout: FogRollout, shards: FogShard[], query: SitesQuery): SitesPage {
  const { phases, layer, limit, after } = query;
  const counts = Object.fromEntries(SITE_PHASES.map((phase) => [phase, 0])) as SitesPage['counts'];
  const page: SitesPage = { sites: [], total: 0, counts };
  let last: SitePosition | undefined;
  for (const slice of slicesOf(rollout, shards)) {
    const isAskedFor = layer === undefined || slice.layer === layer;
    const from = firstPlaceOf(slice, after);
    for (let place = 0; place < slice.phases.length; place += 1) {
      const phase = slice.phases[place]!;
      counts[phase] += 1;
      if (!isAskedFor || (phases && !phases.has(phase))) continue;
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

/** Sites that stand in the order one after another. */
interface Slice {
  layer: Layer;
  shard: number;
  phases: SiteViewPhase[];
  view(place: number): SiteView;
}

function slicesOf(rollout: FogRollout, shards: FogShard[]): Slice[] {
  const { metadata, spec, status } = rollout;
  const own = shards.filter((shard) => shard.spec.uid === metadata.uid).sort((a, b) => a.spec.index - b.spec.index);
  return LAYERS.flatMap((name) => {
    const layer = status?.layers ? status.layers.find((known) => known.name === name) : unseen(name, spec);
    if (!layer) return []; // removed, or not wanted
    if (layer.shards === undefined) return [implicitSlice(layer, status?.failures ?? [])];
    return own.filter((shard) => shard.spec.layer === name).map((shard) => shardSlice(shard, status?.revision));
  });
}

/** A layer as far as its status knows it. */
type KnownLayer = Pick<LayerStatus, 'name' | 'phase'> & Partial<LayerStatus>;

/** A layer of an object that no run has taken up yet. */
function unseen(name: Layer, { deployments }: FogRollout['spec']): KnownLayer | undefined {
  return deployments[name] && { name, phase: 'Pending' };
}

function firstPlaceOf({ layer, shard }: Slice, after: SitePosition | undefined): number {
  if (!after) return 0;
  const distance = LAYERS.indexOf(layer) - LAYERS.indexOf(after.layer) || shard - after.shard;
  if (distance === 0) return after.place + 1;
  return distance > 0 ? 0 : Number.POSITIVE_INFINITY;
}

const PHASES = new Map<string | undefined, SiteViewPhase>([
  [PHASE_LETTERS.waiting, 'Waiting'],
  [PHASE_LETTERS.inFlight, 'InFlight'],
  [PHASE_LETTERS.ready, 'Ready'],
  [PHASE_LETTERS.failed, 'Failed'],
  [PHASE_LETTERS.deferred, 'Deferred'],
  [PHASE_LETTERS.skipped, 'Skipped'],
  [PHASE_LETTERS.held, 'Held'],
]);

function shardSlice(shard: FogShard, revision: { generation: number } | undefined): Slice {
  const { layer, index, generation, sites } = shard.spec;
  const isRemoval = generation === 0;
  // The layer's turn has not come: what became of the revision before says nothing of the one that is on its way.
  const isOfBefore = !isRemoval && generation < (revision?.generation ?? generation);
  const letters = shard.status?.phases ?? '';
  const phases = sites.map(({ hold }, place): SiteViewPhase => {
    if (isOfBefore) return hold === undefined ? 'Waiting' : 'Held';
    const phase = PHASES.get(letters[place]) ?? 'Waiting';
    return isRemoval && phase === 'Ready' ? 'Removed' : phase;
  });
  let notes: Map<string, Note> | undefined;
  const noteOf = (site: string): Note | undefined => {
    notes ??= new Map(isOfBefore ? [] : shard.status?.notes?.map((note) => [note.site, note]));
    return notes.get(site);
  };
  return { layer, shard: index, phases, view: (place) => viewOf(shard, place, phases[place]!, noteOf) };
}

type Note = Pick<SiteFailure, 'reason' | 'message'>;

function viewOf(
  { spec, status }: FogShard,
  place: number,
  phase: SiteViewPhase,
  noteOf: (site: string) => Note | undefined,
): SiteView {
  const { name, namespace, cluster, queue, parent, hold, had } = spec.sites[place]!;
  const wasReady = status?.phases[place] === PHASE_LETTERS.ready;
  const runs = wasReady ? (phase === 'Removed' ? undefined : spec) : had;
  const note = phase === 'Held' && hold !== undefined ? { reason: 'Held', message: hold } : noteOf(name);
  return {
    site: name,
    layer: spec.layer,
    phase,
    wave: spec.wave,
    ...(runs && { version: runs.version, generation: runs.generation }),
    namespace,
    cluster,
    ...(queue !== undefined && { queue }),
    ...(parent !== undefined && { parent }),
    ...(note && { reason: note.reason, message: note.message }),
  };
}

const LAYER_PHASES: Record<LayerPhase, SiteViewPhase> = {
  Pending: 'Waiting',
  Progressing: 'InFlight',
  Ready: 'Ready',
  Failed: 'Failed',
  Removing: 'InFlight',
};

/** The one site of a layer without FogSites, of which the object's status says all. */
function implicitSlice(layer: KnownLayer, failures: SiteFailure[]): Slice {
  const { name, version, generation, sites, message } = layer;
  // Its stage ended well, but it is no longer ready.
  const isDegraded = layer.phase === 'Ready' && sites !== undefined && sites.ready < sites.total;
  const phase = isDegraded ? 'Failed' : LAYER_PHASES[layer.phase];
  const site = implicitSite(name);
  const failure = failures.find((one) => one.layer === name && one.site === site.name);
  const reason = isDegraded ? REASONS.notReady : phase === 'Failed' ? failure?.reason : undefined;
  const view: SiteView = {
    site: site.name,
    layer: name,
    phase,
    ...(version !== undefined && { version }),
    ...(generation !== undefined && { generation }),
    namespace: site.namespace,
    cluster: site.cluster,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  };
  return { layer: name, shard: 0, phases: [phase], view: () => view };
}
