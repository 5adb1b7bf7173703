/** The FogSites as all settled rollouts are compared with them: judged once for all, and kept up with their changes. Pure. */
import { placeOf } from '../site.ts';
import type { FogSite } from '../types.ts';
import { memberOf, readyCondition, usableSites } from './topology.ts';
import type { Member } from './waves.ts';

export interface FleetChanges {
  /** Names of the sites that are another way than before. */
  names: ReadonlySet<string>;
  /** All were judged anew: who is usable, and who has which place. */
  isJudged: boolean;
}

/** Each site as it was at the last {@link Fleet.take}: whoever counts them counts the same. */
export class Fleet {
  private readonly objects: Map<string, FogSite>;
  private readonly changed = new Map<string, FogSite | undefined>();
  private members = new Map<string, Member>();
  /** By its place, the name of the usable site that has it. */
  private holders: ReadonlyMap<string, string> = new Map();

  constructor(sites: Iterable<FogSite> = []) {
    this.objects = new Map(Array.from(sites, (site) => [site.metadata.name, site]));
    this.judge();
  }

  /** A site has changed; left out, it is gone. Seen from the next {@link take} on. */
  put(name: string, site: FogSite | undefined): void {
    this.changed.set(name, site);
  }

  /** Takes up what has changed. Only a change of who or where sites are costs more than the sites that changed. */
  take(): FleetChanges {
    const names = new Set(this.changed.keys());
    let isJudged = false;
    for (const [name, site] of this.changed) {
      isJudged ||= !isSameFor(this.objects.get(name), site);
      if (site) this.objects.set(name, site);
      else this.objects.delete(name);
    }
    this.changed.clear();
    if (isJudged) for (const name of this.judge()) names.add(name);
    else this.renew(names);
    return { names, isJudged };
  }

  siteOf(name: string): FogSite | undefined {
    return this.objects.get(name);
  }

  /** The site as it takes part in rollouts; undefined when it does not. */
  memberOf(name: string): Member | undefined {
    return this.members.get(name);
  }

  /** The usable site at a place. */
  holderOf(place: string): Member | undefined {
    const name = this.holders.get(place);
    return name === undefined ? undefined : this.members.get(name);
  }

  /** All that take part in rollouts. */
  usable(): Iterable<Member> {
    return this.members.values();
  }

  /** Some 30 ms for 10,000 sites. @returns who has become usable, or is not any more */
  private judge(): string[] {
    const before = this.members;
    const usable = [...usableSites([...this.objects.values()]).values()].flat();
    this.members = new Map(usable.map((member) => [member.site.name, member]));
    this.holders = new Map(usable.map(({ site }) => [placeOf(site), site.name]));
    return [
      ...[...this.members.keys()].filter((name) => !before.has(name)),
      ...[...before.keys()].filter((name) => !this.members.has(name)),
    ];
  }

  private renew(names: Iterable<string>): void {
    for (const name of names) {
      const site = this.objects.get(name);
      if (site && this.members.has(name)) this.members.set(name, memberOf(site));
    }
  }
}

/** Whether a change leaves every site as usable as it was, and where it was. */
function isSameFor(old: FogSite | undefined, now: FogSite | undefined): boolean {
  if (!old || !now) return old === now;
  const [before, after] = [readyCondition(old.status?.conditions), readyCondition(now.status?.conditions)];
  return (
    old.metadata.uid === now.metadata.uid &&
    old.metadata.generation === now.metadata.generation &&
    old.metadata.deletionTimestamp === now.metadata.deletionTimestamp &&
    JSON.stringify(old.metadata.labels) === JSON.stringify(now.metadata.labels) &&
    before?.status === after?.status &&
    before?.reason === after?.reason &&
    before?.observedGeneration === after?.observedGeneration
  );
}
