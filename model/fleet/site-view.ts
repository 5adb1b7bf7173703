/** The sites of a rollout one by one, as a person asks for them: which run what, and which do not and why. Pure. */
import { FAILURE } from '../activities.ts';
import { layerWords } from '../layer-skip.ts';
import { LAYERS, type Layer } from '../layers.ts';
import { implicitSite } from '../site.ts';
import { isSkipped, passedBy, REASONS } from '../status.ts';
import type {
  FogRollout,
  FogShard,
  FogSite,
  LayerPhase,
  LayerStatus,
  RolloutKey,
  ShardSite,
  SiteFailure,
} from '../types.ts';
import { GIVEN_UP_WORDS, givenUpIn } from './given-up.ts';
import { awayOf } from './reachable.ts';
import { phaseOf, type SitePhase, SKIPPED } from './report.ts';
import { driftOf, type Standing, standingOf } from './standing.ts';

/** Where a site is with the revision that the rollout is at. */
export const SITE_PHASES = [
  'Blocked',
  'Waiting',
  'InFlight',
  'Ready',
  'Unknown',
  'Drifted',
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
  /** When its workers last had an answer from its cluster, RFC 3339; of a site that is out of reach. */
  lastSeen?: string;
  reason?: string;
  message?: string;
}

/** What is known of sites beside what their shards have recorded. */
export interface SiteFacts {
  /** The FogSite of a name. */
  siteOf(name: string): FogSite | undefined;
  /** ms since the epoch. */
  now: number;
}

/** Sites that stand in the order one after another. */
export interface Slice {
  layer: Layer;
  shard: number;
  wave?: string;
  sites: Pick<ShardSite, 'name' | 'parent' | 'had'>[];
  phases: SiteViewPhase[];
  view(place: number): SiteView;
}

/** All sites of a rollout, in the order of promotion. */
export function slicesOf(rollout: FogRollout, shards: FogShard[], facts: SiteFacts): Slice[] {
  const { metadata, spec, status } = rollout;
  const own = shards.filter((shard) => shard.spec.uid === metadata.uid).sort((a, b) => a.spec.index - b.spec.index);
  return LAYERS.flatMap((name) => {
    const layer = status?.layers ? status.layers.find((known) => known.name === name) : unseen(name, spec);
    if (!layer) return []; // removed, or not wanted
    if (layer.shards === undefined) return [implicitSlice(layer, status?.failures ?? [])];
    return own.filter((shard) => shard.spec.layer === name).map((shard) => shardSlice(rollout, shard, facts));
  });
}

/** A layer as far as its status knows it. */
type KnownLayer = Pick<LayerStatus, 'name' | 'phase'> & Partial<LayerStatus>;

/** A layer of an object that no run has taken up yet. */
function unseen(name: Layer, { deployments }: FogRollout['spec']): KnownLayer | undefined {
  return deployments[name] && { name, phase: 'Pending' };
}

const PHASES: Record<SitePhase, SiteViewPhase> = {
  blocked: 'Blocked',
  waiting: 'Waiting',
  inFlight: 'InFlight',
  ready: 'Ready',
  failed: 'Failed',
  deferred: 'Deferred',
  skipped: 'Skipped',
  held: 'Held',
};

const STANDINGS: Record<Standing, SiteViewPhase> = {
  ...PHASES,
  unknown: 'Unknown',
  drifted: 'Drifted',
  expired: 'Failed',
  gone: 'Skipped',
};

/** How the sites of a shard show: their phases, and what is said of one. */
interface Shown {
  phases: SiteViewPhase[];
  told(place: number): Told;
}

type Told = Pick<SiteView, 'lastSeen' | 'reason' | 'message'>;

function shardSlice(rollout: FogRollout, shard: FogShard, facts: SiteFacts): Slice {
  const { layer, index, wave, sites } = shard.spec;
  const { phases, told } = shownIn(rollout, shard, facts);
  const view = (place: number) => ({ ...placeOf(shard, place, phases[place]!), ...told(place) });
  return { layer, shard: index, wave, sites, phases, view };
}

function shownIn({ metadata, spec, status }: FogRollout, shard: FogShard, { siteOf, now }: SiteFacts): Shown {
  const { layer, generation, sites } = shard.spec;
  const letters = shard.status?.phases ?? '';
  const noted = (place: number) => noteOf(shard, place);
  const passed = passedIn(layer, status);
  if (generation === 0) {
    // A plan of removals.
    const phases = sites.map((_, place) => PHASES[phaseOf(letters[place])]);
    const givenUp = new Set(givenUpIn(shard, siteOf).map(({ name }) => name));
    const told = (place: number) => {
      if (phases[place] === 'Ready') return {}; // a note of its name is of another place that the site has left
      const { message, ...rest } = noted(place);
      if (!givenUp.has(sites[place]!.name)) return { ...rest, ...(message !== undefined && { message }) };
      return { ...rest, message: `${message}; ${GIVEN_UP_WORDS}` };
    };
    return { phases: phases.map((phase) => (phase === 'Ready' ? 'Removed' : phase)), told };
  }
  const isEarlier = passed !== undefined || generation < (status?.revision?.generation ?? generation);
  if (isEarlier && !hadItsTurn(shard, status)) {
    // The layer's turn has not come: what became of the revision before says nothing of the one that is on its way.
    const other = passed ? 'Skipped' : 'Waiting';
    const phases = sites.map(({ hold }): SiteViewPhase => (hold === undefined ? other : 'Held'));
    return { phases, told: (place) => (phases[place] === 'Held' ? heldFor(sites[place]!.hold!) : (passed ?? {})) };
  }
  const { expireAfterSeconds } = spec.strategy?.layers?.[layer]?.offline ?? {};
  const facts = { rollout: metadata, expireAfterSeconds, now };
  const standings = sites.map(({ name }, place) => standingOf(letters[place], siteOf(name), facts));
  const isPassed = (place: number) => passed && (standings[place] === 'waiting' || standings[place] === 'blocked');
  const toldOf = (place: number) => tellOf(standings[place]!, siteOf(sites[place]!.name), metadata) ?? noted(place);
  return {
    phases: standings.map((standing, place) => (isPassed(place) ? 'Skipped' : STANDINGS[standing])),
    told: (place) => (isPassed(place) ? passed! : toldOf(place)),
  };
}

/**
 * A change of nothing but the strategy makes what was planned before it one of its own. While a layer has its turn, it says
 * what its sites are given from the moment on that this is planned, in whichever run of the workflow that was.
 */
function hadItsTurn({ spec }: FogShard, status: FogRollout['status']): boolean {
  const { phase, hash } = status?.layers?.find(({ name }) => name === spec.layer) ?? {};
  if (phase === 'Progressing' || phase === 'Skipped') return hash !== undefined && hash === spec.hash;
  return phase === 'Ready' || phase === 'Failed';
}

/** What is said of the sites of a layer that was passed over before they had their turn. */
function passedIn(layer: Layer, status: FogRollout['status']): Told | undefined {
  const skipped = status?.layers?.filter(isSkipped).find(({ name }) => name === layer)?.skipped;
  return skipped && { reason: SKIPPED, message: `${layer}: ${passedBy(skipped)}` };
}

/** What is said of a site besides what its shard has noted; undefined where that says it all. */
function tellOf(standing: Standing, site: FogSite | undefined, rollout: RolloutKey): Told | undefined {
  if (standing === 'gone') return { reason: 'SiteGone', message: 'Its FogSite is not there any more' };
  if (standing === 'drifted') return { reason: 'Drifted', message: driftOf(site?.status, rollout)! };
  const away = site && awayOf(site);
  if (!away || (standing !== 'unknown' && standing !== 'deferred' && standing !== 'expired')) return undefined;
  const { lastSeen } = site.status ?? {};
  const isExpired = standing === 'expired';
  return {
    ...(lastSeen !== undefined && { lastSeen }),
    reason: isExpired ? 'Expired' : FAILURE.unreachable,
    message: isExpired ? `It is not waited for any longer: ${away}` : away,
  };
}

function noteOf({ spec, status }: FogShard, place: number): Told {
  const { name, hold } = spec.sites[place]!;
  if (hold !== undefined && phaseOf(status?.phases[place]) === 'held') return heldFor(hold);
  const note = status?.notes?.find(({ site }) => site === name);
  return note ? { reason: note.reason, message: note.message } : {};
}

function heldFor(hold: string): Told {
  return { reason: 'Held', message: hold };
}

/** Where a site is, and what it runs. */
function placeOf({ spec, status }: FogShard, place: number, phase: SiteViewPhase): SiteView {
  const { name, namespace, cluster, queue, parent, had } = spec.sites[place]!;
  const wasReady = phaseOf(status?.phases[place]) === 'ready';
  const runs = wasReady ? (phase === 'Removed' ? undefined : spec) : had;
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
  };
}

const LAYER_PHASES: Record<LayerPhase, SiteViewPhase> = {
  Pending: 'Waiting',
  Progressing: 'InFlight',
  Ready: 'Ready',
  Skipped: 'Skipped',
  Failed: 'Failed',
  Removing: 'InFlight',
};

/** The one site of a layer without FogSites, of which the object's status says all. */
function implicitSlice(layer: KnownLayer, failures: SiteFailure[]): Slice {
  const { name, version, generation, sites } = layer;
  const message = layerWords(layer);
  // Its stage ended well, but it is no longer ready.
  const isDegraded = layer.phase === 'Ready' && sites !== undefined && sites.ready < sites.total;
  const phase = isDegraded ? 'Failed' : LAYER_PHASES[layer.phase];
  const site = implicitSite(name);
  const failure = failures.find((one) => one.layer === name && one.site === site.name);
  const reasons: Partial<Record<SiteViewPhase, string | undefined>> = {
    Failed: isDegraded ? REASONS.notReady : failure?.reason,
    Skipped: SKIPPED,
  };
  const reason = reasons[phase];
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
  return { layer: name, shard: 0, sites: [{ name: site.name }], phases: [phase], view: () => view };
}
