/** Which sites are to lose what they have, and which of those now. Pure. */
import type { Layer } from '../layers.ts';
import { placeOf, siteOf } from '../site.ts';
import type { FogShard, FogSite, LayerStrategy, ShardNote, ShardRelease, ShardSite } from '../types.ts';
import { isGivenUp } from './given-up.ts';
import { awayOf } from './reachable.ts';
import { type Recorded, recordsIn, siteIn } from './records.ts';
import { PHASE_LETTERS } from './report.ts';
import { selects } from './selector.ts';

/** A place that has something it is not to keep. */
export interface Leaving {
  entry: ShardSite;
  /** Waiting where it is taken away now, held, deferred while it is out of reach, skipped where it stays for now. */
  letter: string;
  note?: ShardNote;
}

export interface LeavingFacts {
  sites: readonly FogSite[];
  /** The layer's, where it goes on having sites; left out, all of it goes. */
  strategy?: LayerStrategy;
  /** Whether a place has a part in the layer. */
  isWanted(place: string): boolean;
  /** The releases stay, and only our marks come off: a hold is about what runs. */
  orphan?: boolean;
  /** Whether the site of a name is ready where it is now; left out while that cannot be known yet. */
  isReady?(name: string): boolean;
}

/** Of all that is recorded, what has something and no part in the layer. */
export function leavingIn(records: ReadonlyMap<string, Recorded>, facts: LeavingFacts): Leaving[] {
  const byName = new Map(facts.sites.map((site) => [site.metadata.name, site]));
  return [...records].flatMap(([place, record]) => {
    const { site, entry, has, note } = record;
    if (!has || facts.isWanted(place)) return [];
    const fogSite = byName.get(entry.name);
    const stands = standing(place, site.layer, fogSite, entry.name, facts);
    // While it is tried again it is still one of those that are tried rarely.
    const isRetried = stands.letter === PHASE_LETTERS.waiting && isGivenUp(record, fogSite);
    return [{ entry: leavingEntry(entry, has), ...stands, ...(isRetried && note && { note }) }];
  });
}

/** What stands in a FogShard that one of a new plan takes the place of, and not in that one: it is to stay on record. */
export function carriedIn(layer: Layer, former: readonly FogShard[], shards: readonly FogShard[]): Leaving[] {
  const followers = new Map(shards.map((shard) => [shard.spec.index, shard]));
  return former.flatMap((shard) => {
    const follower = followers.get(shard.spec.index);
    if (!follower) return []; // deleted when all the others are written
    const places = new Set(follower.spec.sites.map((entry) => placeOf(siteIn(layer, entry))));
    return [...recordsIn(layer, [shard])].flatMap(([place, { entry, has }]): Leaving[] => {
      if (!has || places.has(place)) return [];
      return [{ entry: leavingEntry(entry, has), letter: PHASE_LETTERS.waiting }];
    });
  });
}

/** What it waits for and who holds it were words of a plan that gave it something. */
function leavingEntry({ parent: _, hold: __, ...where }: ShardSite, had: ShardRelease): ShardSite {
  return { ...where, had };
}

function standing(
  place: string,
  layer: string,
  fogSite: FogSite | undefined,
  name: string,
  { strategy, orphan, isReady }: LeavingFacts,
): Pick<Leaving, 'letter' | 'note'> {
  const note = (letter: string, reason: string, message: string) => ({
    letter,
    note: { site: name, reason, message: `${layer} ${name}: ${message}` },
  });
  const isThere = fogSite?.spec.layer === layer;
  const isSamePlace = isThere && placeOf(siteOf(fogSite)) === place;
  if (strategy) {
    if (strategy.prune === false)
      return note(PHASE_LETTERS.skipped, 'Kept', 'its release is kept, as the strategy says');
    // Selected, and yet not among the stage's: it cannot be used now, which is no word that it is to lose anything.
    if (isSamePlace && selects(strategy.siteSelector, fogSite.metadata.labels)) {
      return note(PHASE_LETTERS.skipped, 'Unusable', 'its FogSite cannot be used now, so its release is left as it is');
    }
    const isMoved = isThere && !isSamePlace && selects(strategy.siteSelector, fogSite.metadata.labels);
    if (isMoved && isReady && !isReady(name)) {
      return note(PHASE_LETTERS.skipped, 'Moved', 'it keeps its old release until it is ready at its new place');
    }
  }
  const hold = isThere && !orphan ? fogSite.spec.hold?.reason : undefined;
  if (hold !== undefined) return note(PHASE_LETTERS.held, 'Held', `held, so its release stays: ${hold}`);
  const away = isSamePlace ? awayOf(fogSite) : undefined;
  if (away !== undefined) return note(PHASE_LETTERS.deferred, 'Unreachable', away);
  return { letter: PHASE_LETTERS.waiting };
}
