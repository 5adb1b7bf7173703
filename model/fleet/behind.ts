/** What of a rollout whose run has ended is not as it should be: the words for it, and for its layers. Pure. */
import { LAYERS, type Layer, layerAbove } from '../layers.ts';
import { compareOrder, isSameOrder, orderIn } from '../order.ts';
import { hasLayer } from '../revision.ts';
import type { LayerRepair } from '../signals.ts';
import type { Site } from '../site.ts';
import type { FogRollout, FogShard, LayerStatus, LayerStrategy, Revision, RolloutKey } from '../types.ts';
import { hasOpenSites, LEAVING } from './records.ts';

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
  /** The generation that the layer was promoted to; left out where nothing is given to anyone. */
  generation?: number;
  /** Which attempt of that, or of what says who leaves. */
  attempt?: number;
  /** How many sites are behind it, why, and the names of those that drifted. */
  count: number;
  reasons: Partial<Record<BehindReason, number>>;
  drifted: string[];
  /** What has something that it is to lose, and can: whose, by which generation, and how many; 0 where that is not recorded by place. */
  leaves?: {
    who: 'leftovers' | 'all';
    count: number;
    by?: number;
    /** Those of them that were out of reach, and of which nobody tells when they are back. */
    givenUp: Site[];
  };
  /** FogShards hold the record of it. */
  isFleet: boolean;
}

/** Most names of drifted sites in one signal; the others have their turn with the next. */
const NAMED = 200;

/** What a run is asked to do about it. */
export function repairOf({ layer, generation, attempt, drifted, leaves, isFleet }: LayerBehind): LayerRepair {
  return {
    layer,
    ...(generation !== undefined && { generation, drifted: drifted.slice(0, NAMED) }),
    ...(isFleet && { fleet: true }),
    ...(leaves && { leaves: leaves.who }),
    ...(leaves?.by !== undefined && { leavesBy: leaves.by }),
    ...(attempt !== undefined && (generation ?? leaves?.by) !== undefined && { attempt }),
  };
}

/** What nobody is to have any more: the records of an object that is gone, of one layer. */
export function abandonedLayer(rollout: RolloutKey, layer: Layer, own: FogShard[]): RecordedLayer {
  const records = own.filter(({ spec }) => spec.layer === layer);
  return { rollout, layer, wanted: 'nobody', isRemoving: true, shards: [], records, own };
}

/** A layer of a rollout whose run has ended, and what the record has of it. */
export interface RecordedLayer {
  rollout: RolloutKey;
  layer: Layer;
  /** Who is to have something: its `sites`, its `implicit` site and nobody else, or `nobody`. */
  wanted: 'sites' | 'implicit' | 'nobody';
  /** Its object lists it as being removed. */
  isRemoving: boolean;
  /** Of a layer with FogSites: what its object says of it. */
  status?: LayerStatus & { generation: number };
  /** Its FogShards of that generation, or of the one that a change of nothing but the strategy made it of. */
  shards: FogShard[];
  /** All FogShards of it. */
  records: FogShard[];
  /** All FogShards of the rollout. */
  own: FogShard[];
}

/** The layers of a rollout that FogShards have something of, or should have. */
export function recordedLayers(rollout: FogRollout, shards: readonly FogShard[]): RecordedLayer[] {
  const { metadata, status } = rollout;
  const own = shards.filter(({ spec }) => spec.uid === metadata.uid);
  return LAYERS.flatMap((layer): RecordedLayer[] => {
    const records = own.filter(({ spec }) => spec.layer === layer);
    const known = status?.layers?.find(({ name }) => name === layer);
    const isRemoving = known?.phase === 'Removing';
    const common = { rollout: metadata, layer, records, own, isRemoving };
    const isLeftOut = !hasLayer(rollout, layer) && records.every(({ spec }) => spec.generation === LEAVING);
    const isLeaving = isRemoving || (isLeftOut && records.length > 0);
    if (known && !isLeaving && known.shards !== undefined && known.generation !== undefined) {
      const { generation } = known;
      return [{ ...common, wanted: 'sites', status: { ...known, generation }, shards: planOf(known, records) }];
    }
    if (records.length === 0 && !isRemoving) return [];
    return [{ ...common, wanted: isLeaving ? 'nobody' : 'implicit', shards: [] }];
  });
}

/**
 * A change of nothing but the strategy raises a layer's generation without a new plan: what was planned for the one before
 * gives the same.
 */
function planOf({ generation = 0, attempt, hash }: LayerStatus, records: readonly FogShard[]): FogShard[] {
  const order = orderIn({ generation, attempt });
  const same = records.filter(({ spec }) => {
    const gives = spec.generation !== LEAVING && hash !== undefined && spec.hash === hash;
    return isSameOrder(spec, order) || (gives && compareOrder(spec, order) < 0);
  });
  const [newest] = same.toSorted((a, b) => compareOrder(b.spec, a.spec));
  return same.filter(({ spec }) => isSameOrder(spec, newest!.spec));
}

/** What a layer was given, as far as it matters to who takes part. */
export interface GivenTerms {
  strategy: LayerStrategy;
  /** Sites wait for their ancestor in this layer; left out, for nothing. */
  above?: Layer;
}

export interface LedgerTerms {
  /** What the layer was given; left out, that is no longer kept, and nobody can give it to a site. */
  given?: GivenTerms | undefined;
  /** What is asked of the layer now. */
  present: LayerStrategy;
}

/** As the workflow has it when it gives a layer its generation again. */
export function termsOf(layer: Layer, { layers, strategy }: Pick<Revision, 'layers' | 'strategy'>): GivenTerms {
  const above = layerAbove(layer, layers);
  return { strategy: strategy.layers?.[layer] ?? {}, ...(strategy.promotion === 'Branch' && above && { above }) };
}

/**
 * Whether sites of a layer that was promoted have not come to an end: some are being brought up to date, or their shard was
 * lost.
 */
export function isUnfinished({ status, shards }: RecordedLayer): boolean {
  if (status?.phase !== 'Ready') return false;
  return shards.some(hasOpenSites);
}

/** Letters of sites whose part has ended, and not with a failure. */
const WELL_ENDED: RegExp = /^[rdsh]+$/;

/**
 * Whether the sites of a layer are to have the generation it was given. A layer whose stage failed was not promoted, nor one
 * that was passed over in its middle. Where a newer revision ended above the layer, or passed it over, the record tells
 * whether the one before had come through.
 *
 * @param isLost - its sites were being given their release again, and nobody goes on with it
 */
export function wasPromoted({ status, shards }: RecordedLayer, { isLost = false } = {}): boolean {
  if (status?.phase === 'Ready') return true;
  if (status?.phase === 'Progressing') return isLost;
  const isBefore = status?.phase === 'Pending' || (status?.phase === 'Skipped' && status.hash === undefined);
  return isBefore && shards.length > 0 && shards.every((shard) => WELL_ENDED.test(shard.status?.phases ?? ''));
}
