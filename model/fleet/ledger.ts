/**
 * The books of one layer of a settled rollout: what its record says, against the FogSites as they are. Opened once, at the cost
 * of all its sites, and then kept up with those that change. Pure.
 */
import { compareOrder, orderText } from '../order.ts';
import { implicitSite, isSamePlace, placeOf, type Site, siteOf } from '../site.ts';
import type { LayerHealth } from '../status.ts';
import type { FogShard } from '../types.ts';
import { beginning } from './beginning.ts';
import type { BehindReason, LayerBehind, LedgerTerms, RecordedLayer } from './behind.ts';
import { wasPromoted } from './behind.ts';
import type { Fleet } from './fleet.ts';
import { fleetHealthOf } from './fleet-health.ts';
import { isGivenUp } from './given-up.ts';
import { leavingIn } from './leaving.ts';
import { hangingOn } from './members.ts';
import { PARENT_NOT_READY } from './parent-note.ts';
import { noteAt, type Recorded, readyIn, recordedAt } from './records.ts';
import { PHASE_LETTERS } from './report.ts';
import { selects } from './selector.ts';
import { isToPutRight } from './standing.ts';
import { Tally } from './tally.ts';
import type { Member } from './waves.ts';

export interface Watched {
  /** A site whose changes matter to the ledger; told of each once. */
  onName(name: string): void;
  /** One site was looked at. */
  onLook?(): void;
}

/** A place of the record: the shard's index, and the place in it. */
type At = readonly [shard: number, place: number];

export class Ledger {
  private readonly layer: RecordedLayer;
  private readonly terms: LedgerTerms;
  private readonly fleet: Fleet;
  private readonly watched: Watched;
  private readonly shards: readonly FogShard[];
  private readonly tally: Tally;
  /** By the name of a site, where the record has it. */
  private readonly recorded = new Map<string, At[]>();
  /** Selected, and not on record. */
  private readonly others = new Set<string>();
  private readonly reasons = new Map<string, BehindReason>();
  /** Of those that have moved, who is to lose what its old place has, once it is ready at the new one. */
  private readonly vacating = new Set<string>();
  /** Of which a place has something where they are not: whether it is to go depends on who else is there. */
  private readonly displaced = new Set<string>();
  /** Of which it depends on their parent whether they are behind: that may come to hang on another ancestor. */
  private readonly hanging = new Set<string>();
  /** By place, what could be taken away now. */
  private readonly leaving = new Map<string, { site: Site; isPlanned: boolean; isGivenUp: boolean }>();
  /** Of a layer that is being removed: how many places have something. */
  private holding = 0;
  /** What the plan of the layer's generation gives. */
  private readonly hash: string | undefined;
  private hasNews = false;
  private readonly ready: Set<string> | undefined;
  private readonly blocked: ReadonlySet<string>;

  constructor(layer: RecordedLayer, terms: LedgerTerms, fleet: Fleet, now: number, watched: Watched = SILENT) {
    this.layer = layer;
    this.terms = terms;
    this.fleet = fleet;
    this.watched = watched;
    const { shards, records, own, status } = layer;
    // The tally has the places of the layer's own shards, which come first.
    this.shards = [...shards, ...records.filter((shard) => !shards.includes(shard))];
    this.tally = new Tally(shards);
    this.hash = shards[0]?.spec.hash ?? status?.hash;
    const above = terms.given?.above;
    this.ready = above && readyIn(own.filter(({ spec }) => spec.layer === above));
    const notes = shards.flatMap((shard) => shard.status?.notes ?? []);
    this.blocked = new Set(notes.flatMap(({ site, reason }) => (reason === PARENT_NOT_READY ? [site] : [])));
    this.enter();
    for (const name of this.recorded.keys()) this.look(name, now);
    for (const { site } of this.isOfSites ? fleet.usable() : []) {
      if (!this.recorded.has(site.name)) this.look(site.name, now);
    }
  }

  /**
   * Looks at sites that have changed; others than those it has told of matter only once all were judged anew.
   *
   * @param isJudged - @see FleetChanges.isJudged
   * @returns whether the books say anything else now
   */
  update(names: Iterable<string>, now: number, { isJudged = false } = {}): boolean {
    this.hasNews = false;
    const all = new Set(names);
    if (isJudged) {
      // Somebody else may have come to have the place, or have left it, and some may hang on others by now.
      for (const name of [...this.displaced, ...this.hanging]) all.add(name);
    }
    for (const name of all) this.look(name, now);
    return this.hasNews;
  }

  /**
   * How the layer is now; undefined while that is not known.
   *
   * @param now - ms since the epoch
   * @returns `expires`: when that changes by itself, in ms since the epoch
   */
  health(now: number): { health: LayerHealth; expires?: number } | undefined {
    for (const [shard, at] of this.tally.expired(now)) this.count([shard, at], now);
    const health = fleetHealthOf(this.layer, this.terms.present, this.tally);
    const { expires } = this.tally;
    return health && { health, ...(expires !== undefined && { expires }) };
  }

  /**
   * What a repair would bring further, or take away; undefined when there is nothing. Never: sites that are held, out of reach,
   * unusable or not selected, sites where the revision failed, and what cannot be taken away now.
   */
  behind(): LayerBehind | undefined {
    const { layer, wanted, status, records } = this.layer;
    // A repair cannot tell it from what is left over.
    if (wanted === 'implicit' && this.recordsImplicit()) return undefined;
    const isPromoted = wanted === 'sites' && this.terms.given !== undefined && wasPromoted(this.layer);
    const leaving = [...this.leaving.values()].filter(
      ({ isPlanned }) => isPlanned || isPromoted || wanted === 'nobody',
    );
    const reasons = isPromoted ? [...this.reasons] : [];
    const isMoved = reasons.some(([name]) => this.vacating.has(name));
    const isToEnd = this.layer.isRemoving && this.holding === 0;
    if (reasons.length === 0 && leaving.length === 0 && !isToEnd) return undefined;
    // What has a part in the last plan is planned anew before it can lose anything.
    const isPlannedAnew = reasons.length > 0 || (isPromoted && leaving.some(({ isPlanned }) => !isPlanned));
    const counts: LayerBehind['reasons'] = {};
    for (const [, reason] of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
    const who = wanted === 'nobody' ? 'all' : 'leftovers';
    return {
      layer,
      ...(isPlannedAnew && status && { generation: status.generation }),
      ...(status?.attempt !== undefined && { attempt: status.attempt }),
      count: reasons.length,
      reasons: counts,
      drifted: reasons.flatMap(([name, reason]) => (reason === 'drifted' ? [name] : [])),
      ...((leaving.length > 0 || isMoved || isToEnd) && {
        leaves: {
          ...{
            who,
            count: leaving.length,
            givenUp: leaving.flatMap(({ isGivenUp, site }) => (isGivenUp ? [site] : [])),
          },
          ...(wanted === 'sites' && status && { by: status.generation }),
        },
      }),
      isFleet: records.length > 0 || wanted === 'sites',
    };
  }

  /** A record of the time when the layer had FogSites is of the very place that it has now. */
  private recordsImplicit(): boolean {
    const site = implicitSite(this.layer.layer);
    return this.shards.some(({ spec }) => spec.sites.some((entry) => isSamePlace(entry, site)));
  }

  private get isOfSites(): boolean {
    return this.layer.wanted === 'sites' && this.terms.given !== undefined;
  }

  /** Where each site stands in the record; of a place that stands in several shards, in the newest. */
  private enter(): void {
    const orders = new Set(this.shards.map(({ spec }) => orderText(spec)));
    const newest = orders.size > 1 ? this.newestAt() : undefined;
    this.shards.forEach(({ spec }, shard) => {
      spec.sites.forEach((entry, place) => {
        const { name } = entry;
        if (newest && newest.get(placeOf({ ...entry, layer: spec.layer })) !== shard) return;
        if (this.layer.isRemoving && this.recordAt(shard, place).has) this.holding += 1;
        const known = this.recorded.get(name);
        if (known) known.push([shard, place]);
        else {
          this.recorded.set(name, [[shard, place]]);
          this.watched.onName(name);
        }
      });
    });
  }

  private newestAt(): Map<string, number> {
    const newest = new Map<string, number>();
    const byAge = [...this.shards.entries()].sort(([, a], [, b]) => compareOrder(a.spec, b.spec));
    for (const [shard, { spec }] of byAge) {
      for (const entry of spec.sites) newest.set(placeOf({ ...entry, layer: spec.layer }), shard);
    }
    return newest;
  }

  private look(name: string, now: number): void {
    this.watched.onLook?.();
    this.displaced.delete(name);
    this.hanging.delete(name);
    const at = this.recorded.get(name) ?? [];
    for (const one of at) if (one[0] < this.layer.shards.length) this.count(one, now);
    const records = at.map(([shard, place]) => this.recordAt(shard, place));
    const member = this.isOfSites ? this.wantedMember(this.fleet.memberOf(name)) : undefined;
    if (this.isOfSites) this.lookForReason(name, member, records);
    for (const record of records) this.lookForLeaving(member, record, records);
  }

  private count([shard, place]: At, now: number): void {
    const { rollout, layer } = this.layer;
    const entry = this.shards[shard]!.spec.sites[place]!;
    const site = this.fleet.siteOf(entry.name);
    const isThere = site?.spec.layer === layer && isSamePlace(entry, siteOf(site));
    const { expireAfterSeconds } = this.terms.present.offline ?? {};
    const facts = { rollout, expireAfterSeconds, now };
    if (this.tally.count(shard, place, isThere ? site : undefined, facts)) this.hasNews = true;
  }

  private lookForReason(name: string, member: Member | undefined, records: Recorded[]): void {
    if (member && records.length === 0 && !this.others.has(name)) {
      this.others.add(name);
      this.watched.onName(name);
    }
    const reason = member && this.reasonOf(member, records);
    if (reason !== this.reasons.get(name)) this.hasNews = true;
    if (reason) this.reasons.set(name, reason);
    else this.reasons.delete(name);
    const isVacating = reason === 'moved' && this.terms.given!.strategy.prune !== false;
    if (isVacating && records.some(({ has }) => has)) this.vacating.add(name);
    else this.vacating.delete(name);
  }

  private reasonOf(member: Member, records: Recorded[]): BehindReason | undefined {
    if (member.away !== undefined) return undefined;
    const { strategy, above } = this.terms.given!;
    const { name } = member.site;
    const known = records.find(({ site }) => isSamePlace(site, member.site));
    const hasDrifted = isToPutRight(this.fleet.siteOf(name)!, this.layer.rollout);
    const release = {
      hash: this.hash as string, // as the record has it, which may have none
      mode: 'repair' as const,
      ...(hasDrifted && { drifted: [name] }),
      ...(above && { above }),
    };
    const hanging = above ? hangingOn(above, member, (site) => this.fleet.siteOf(site)) : member;
    const { letter, note } = beginning(hanging, release, strategy, known, this.ready);
    if (above && (letter === PHASE_LETTERS.waiting || note?.reason === PARENT_NOT_READY)) this.hanging.add(name);
    if (letter !== PHASE_LETTERS.waiting) return undefined;
    if (!known) return records.some(({ isLeaving }) => !isLeaving) ? 'moved' : 'new';
    switch (known.isLeaving ? PHASE_LETTERS.skipped : known.letter) {
      case PHASE_LETTERS.ready:
        return hasDrifted ? 'drifted' : 'unfinished';
      case PHASE_LETTERS.deferred:
        return this.blocked.has(name) ? 'unblocked' : 'returned';
      case PHASE_LETTERS.skipped:
        return 'returned';
      case PHASE_LETTERS.held:
        return 'released';
      default:
        return 'unfinished';
    }
  }

  private lookForLeaving(member: Member | undefined, record: Recorded, records: Recorded[]): void {
    const isOfMember = member !== undefined && isSamePlace(record.site, member.site); // as mostly all are
    if (!isOfMember && record.has) this.displaced.add(record.entry.name);
    if (isOfMember && this.leaving.size === 0) return;
    const place = placeOf(record.site);
    const isToLeave = this.isToLeave(place, record, records);
    if (isToLeave !== this.leaving.has(place)) this.hasNews = true;
    if (isToLeave) {
      const { site, isLeaving: isPlanned } = record;
      this.leaving.set(place, { site, isPlanned, isGivenUp: isGivenUp(record, this.fleet.siteOf(site.name)) });
    } else this.leaving.delete(place);
  }

  private isToLeave(place: string, record: Recorded, records: Recorded[]): boolean {
    const { wanted } = this.layer;
    const { given } = this.terms;
    if (!record.has || (wanted !== 'nobody' && !given)) return false;
    const site = this.fleet.siteOf(record.entry.name);
    const isReady = () =>
      site !== undefined &&
      records.some(
        (other) => isSamePlace(other.site, siteOf(site)) && other.letter === PHASE_LETTERS.ready && !other.isLeaving,
      );
    const [leaving] = leavingIn(new Map([[place, record]]), {
      sites: site ? [site] : [],
      ...(wanted !== 'nobody' && { strategy: given!.strategy }),
      isWanted: (at) => this.isWanted(at),
      isReady,
    });
    return leaving?.letter === PHASE_LETTERS.waiting;
  }

  private isWanted(place: string): boolean {
    const { wanted, layer } = this.layer;
    if (wanted === 'nobody') return false;
    if (wanted === 'implicit') return place === placeOf(implicitSite(layer));
    return this.wantedMember(this.fleet.holderOf(place)) !== undefined;
  }

  /** Whoever has a part in the layer. */
  private wantedMember(member: Member | undefined): Member | undefined {
    const isWanted =
      member?.site.layer === this.layer.layer && selects(this.terms.given!.strategy.siteSelector, member.labels);
    return isWanted ? member : undefined;
  }

  private recordAt(shard: number, place: number): Recorded {
    const one = this.shards[shard]!;
    return recordedAt(this.layer.layer, one, place, noteAt(one, place));
  }
}

const SILENT: Watched = { onName() {} };
