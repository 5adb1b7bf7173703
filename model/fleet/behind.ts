/** Which sites of a rollout whose run has ended are behind the revision that their layer was promoted to. Pure. */
import { LAYERS, type Layer } from '../layers.ts';
import type { LayerRepair } from '../signals.ts';
import { isSamePlace } from '../site.ts';
import type { FogRollout, FogShard, FogSite, LayerStatus, LayerStrategy, RolloutKey } from '../types.ts';
import { ancestorOf } from './members.ts';
import { PARENT_NOT_READY } from './parent-note.ts';
import { readyIn } from './records.ts';
import { PHASE_LETTERS } from './report.ts';
import { selects } from './selector.ts';
import { isDrifted } from './standing.ts';
import { usableSites } from './topology.ts';
import type { Member } from './waves.ts';

/** The FogSites as every settled rollout is compared with them: made once for all rollouts. */
export interface Fleet {
  /** Those that take part in rollouts. */
  members: ReadonlyMap<Layer, readonly Member[]>;
  /** The same, by name. */
  byName: ReadonlyMap<string, { member: Member; site: FogSite }>;
  /** Every FogSite, by name. */
  objects: ReadonlyMap<string, FogSite>;
}

/** Some 20 ms for 10,000 sites. */
export function fleetOf(sites: readonly FogSite[]): Fleet {
  const members = usableSites(sites);
  const objects = new Map(sites.map((site) => [site.metadata.name, site]));
  const usable = [...members.values()].flat();
  return {
    members,
    objects,
    byName: new Map(usable.map((member) => [member.site.name, { member, site: objects.get(member.site.name)! }])),
  };
}

/** Why a site is behind, in a word for the log. */
export type BehindReason =
  /** It was not there, or not usable or selected, when the layer had its turn. */
  | 'new'
  /** It was out of reach, or had left, and is back. */
  | 'returned'
  /** It was held. */
  | 'released'
  /** It waited for its parent, and that has become ready since. */
  | 'unblocked'
  /** Its part never came to an end: a shard was lost. */
  | 'unfinished'
  /** It is somewhere else now. */
  | 'moved'
  /** Its release is not what it was made. */
  | 'drifted';

export interface LayerBehind {
  layer: Layer;
  /** The generation that the layer was promoted to. */
  generation: number;
  count: number;
  reasons: Partial<Record<BehindReason, number>>;
  /** Names of those that drifted. */
  drifted: string[];
}

/** A layer with FogSites of a rollout whose run has ended, and what is known of its sites. */
export interface RecordedLayer {
  rollout: RolloutKey;
  status: LayerStatus & { generation: number };
  /** Its FogShards of that generation. */
  shards: FogShard[];
  /** Those of the nearest layer above that was given the same, where it has some. */
  above: FogShard[];
}

/** The layers with FogSites that were given a generation, each with its record. */
export function recordedLayers({ metadata, status }: FogRollout, shards: readonly FogShard[]): RecordedLayer[] {
  const own = shards.filter(({ spec }) => spec.uid === metadata.uid && spec.generation > 0);
  const ofGeneration = ({ name, generation }: Pick<LayerStatus, 'name' | 'generation'>) =>
    own.filter(({ spec }) => spec.layer === name && spec.generation === generation);
  return (status?.layers ?? []).flatMap((layer) => {
    const { generation } = layer;
    if (layer.shards === undefined || generation === undefined) return [];
    const above = LAYERS.slice(0, LAYERS.indexOf(layer.name)).findLast((name) =>
      status?.layers?.some((other) => other.name === name && other.generation === generation),
    );
    return {
      rollout: metadata,
      status: { ...layer, generation },
      shards: ofGeneration(layer),
      above: above ? ofGeneration({ name: above, generation }) : [],
    };
  });
}

/**
 * Whether sites of a layer that was promoted have not come to an end: some are being brought up to date, or their shard was
 * lost.
 */
export function isUnfinished({ status, shards }: RecordedLayer): boolean {
  if (status.phase !== 'Ready') return false;
  return shards.some((shard) => {
    const { phases = '' } = shard.status ?? {};
    return phases.length < shard.spec.sites.length || OPEN.test(phases);
  });
}

const OPEN: RegExp = /[bwi]/;

/** Letters of sites whose part has ended, and not with a failure. */
const WELL_ENDED: RegExp = /^[rdsh]+$/;

/**
 * Whether the sites of a layer are to have the generation it was given. A layer whose stage failed was not promoted. Where
 * a newer revision ended above the layer, the record tells whether the one before had come through.
 *
 * @param isLost - its sites were being given their release again, and nobody goes on with it
 */
export function wasPromoted({ status, shards }: RecordedLayer, { isLost = false } = {}): boolean {
  if (status.phase === 'Ready') return true;
  if (status.phase === 'Progressing') return isLost;
  return (
    status.phase === 'Pending' &&
    shards.length > 0 &&
    shards.every((shard) => WELL_ENDED.test(shard.status?.phases ?? ''))
  );
}

/**
 * The sites of a layer that a repair would bring further; undefined when there are none. Never among them: sites that are
 * held, out of reach, unusable or not selected, and sites where the revision failed.
 *
 * @param strategy - the layer's, of the generation it was given
 */
export function behindIn(layer: RecordedLayer, strategy: LayerStrategy, fleet: Fleet): LayerBehind | undefined {
  const { name, generation } = layer.status;
  const behind: LayerBehind = { layer: name, generation, count: 0, reasons: {}, drifted: [] };
  const found = (site: string, reason: BehindReason) => {
    behind.count += 1;
    behind.reasons[reason] = (behind.reasons[reason] ?? 0) + 1;
    if (reason === 'drifted') behind.drifted.push(site);
  };
  const isAwaited = ({ labels, hold, away }: Member) =>
    hold === undefined && away === undefined && selects(strategy.siteSelector, labels);
  const [above] = layer.above;
  const facts: Facts = {
    rollout: layer.rollout,
    readyAbove: lazily(() => readyIn(layer.above)),
    parentOf: ({ parent }) => (above ? ancestorOf(parent, above.spec.layer, fleet.objects) : parent),
  };
  let recorded = 0;
  for (const shard of layer.shards) {
    const reasonAt = reasonsIn(shard, facts);
    shard.spec.sites.forEach((site, at) => {
      const known = fleet.byName.get(site.name);
      if (known?.member.site.layer !== name) return;
      recorded += 1;
      const reason = reasonAt(at, known);
      if (reason && isAwaited(known.member)) found(site.name, reason);
    });
  }
  const members = fleet.members.get(name) ?? [];
  // Mostly all of them are: then nobody need be looked for.
  if (recorded < members.length) {
    const names = new Set(layer.shards.flatMap(({ spec }) => spec.sites.map((site) => site.name)));
    for (const member of members) {
      if (!names.has(member.site.name) && isAwaited(member)) found(member.site.name, 'new');
    }
  }
  return behind.count > 0 ? behind : undefined;
}

interface Facts {
  rollout: RolloutKey;
  /** Names of the sites of the layer above that are ready with the generation. */
  readyAbove: () => ReadonlySet<string>;
  /** The site of the layer above that a site hangs on. */
  parentOf: (member: Member) => string | undefined;
}

type ReasonAt = (at: number, known: { member: Member; site: FogSite }) => BehindReason | undefined;

function reasonsIn({ spec, status }: FogShard, { rollout, readyAbove, parentOf }: Facts): ReasonAt {
  const blocked = lazily(
    () => new Set(status?.notes?.filter(({ reason }) => reason === PARENT_NOT_READY).map(({ site }) => site)),
  );
  return (at, { member, site }) => {
    const recorded = spec.sites[at]!;
    if (!isSamePlace(recorded, member.site)) return 'moved';
    switch (status?.phases[at]) {
      case PHASE_LETTERS.ready:
        return isDrifted(site, rollout) ? 'drifted' : undefined;
      case PHASE_LETTERS.failed:
        return undefined;
      case PHASE_LETTERS.deferred:
        // As planning has it: a site without a parent waits for none.
        return blocked().has(recorded.name) ? unblockedBy(parentOf(member), readyAbove) : 'returned';
      case PHASE_LETTERS.skipped:
        return 'returned';
      case PHASE_LETTERS.held:
        return 'released';
      default:
        return 'unfinished';
    }
  };
}

function unblockedBy(parent: string | undefined, readyAbove: Facts['readyAbove']): BehindReason | undefined {
  return parent === undefined || readyAbove().has(parent) ? 'unblocked' : undefined;
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Most names of drifted sites in one signal; the others have their turn with the next. */
const NAMED = 200;

/** What a run is asked to do about it. */
export function repairOf({ layer, generation, drifted }: LayerBehind): LayerRepair {
  return { layer, generation, fleet: true, drifted: drifted.slice(0, NAMED) };
}
