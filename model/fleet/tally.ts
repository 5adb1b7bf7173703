/** How many sites of a layer stand how, kept up with each that changes. Pure. */
import type { FogShard, FogSite } from '../types.ts';
import { awayOf } from './reachable.ts';
import { expiryOf, type Standing, type StandingFacts, standingOf } from './standing.ts';

const STANDINGS: readonly Standing[] = [
  'blocked',
  'waiting',
  'inFlight',
  'ready',
  'failed',
  'deferred',
  'skipped',
  'held',
  'unknown',
  'drifted',
  'expired',
  'gone',
];

/** A place is counted as nothing before it was looked at. */
const NEW = 0xff;

export class Tally {
  readonly counts: Record<Standing, number> = Object.fromEntries(STANDINGS.map((one) => [one, 0])) as never;
  /** All sites that were planned. */
  readonly planned: number;
  private readonly shards: readonly FogShard[];
  /** By shard and place, the index of the standing that it is counted as. */
  private readonly counted: Uint8Array[];
  /** Deferred, and out of reach: by shard and place, when they are no longer waited for. */
  private readonly away = new Map<string, number>();

  constructor(shards: readonly FogShard[]) {
    this.shards = shards;
    this.planned = shards.reduce((sum, { spec }) => sum + spec.sites.length, 0);
    this.counted = shards.map(({ spec }) => new Uint8Array(spec.sites.length).fill(NEW));
  }

  /** Looks at one site again. @returns whether that changes anything */
  count(shard: number, at: number, site: FogSite | undefined, facts: StandingFacts): boolean {
    const standing = standingOf(this.shards[shard]!.status?.phases[at], site, facts);
    const counted = this.counted[shard]!;
    const before = counted[at]!;
    if (before !== NEW) this.counts[STANDINGS[before]!] -= 1;
    counted[at] = STANDINGS.indexOf(standing);
    this.counts[standing] += 1;
    return this.isWaitedFor(`${shard}/${at}`, standing, site, facts) || counted[at] !== before;
  }

  private isWaitedFor(place: string, standing: Standing, site: FogSite | undefined, facts: StandingFacts): boolean {
    const before = this.away.get(place);
    if (standing !== 'deferred' || !site || awayOf(site) === undefined) return this.away.delete(place);
    const expires = expiryOf(site, facts.expireAfterSeconds) ?? Number.POSITIVE_INFINITY;
    this.away.set(place, expires);
    return before !== expires;
  }

  /** Sites that are not there now, whatever they had. */
  get outOfReach(): number {
    return this.counts.unknown + this.counts.expired + this.away.size;
  }

  /** When the next deferred site will have been waited for in vain, in ms since the epoch. */
  get expires(): number | undefined {
    const next = Math.min(...this.away.values());
    return Number.isFinite(next) ? next : undefined;
  }

  /** Shard and place of those that are no longer waited for. */
  expired(now: number): [shard: number, at: number][] {
    return [...this.away].flatMap(([place, expires]) =>
      expires <= now ? [place.split('/').map(Number) as [number, number]] : [],
    );
  }
}
