/** How a shard goes through its sites, besides how many at a time. Pure. */
import type { Offline } from '../shards.ts';

/** Plain JSON: it goes through continue-as-new. */
export interface ShardTerms {
  /** ms between two starts, where the sites of a minute are limited. */
  paceMs?: number;
  /** Of a shard whose sites are given something. */
  site?: SiteTerms;
}

/** What a site is given its release by; it keeps those it was started with. */
export interface SiteTerms {
  progressDeadlineSeconds: number;
  offline: Offline;
}

export function isSameTerms(one: ShardTerms, other: ShardTerms): boolean {
  return JSON.stringify([one.paceMs, one.site]) === JSON.stringify([other.paceMs, other.site]);
}

/**
 * How long, in ms, the next start is to wait yet. Asked again with other terms, as if those had held all the while.
 *
 * @param waitedMs - since the start could have been, but for the pace
 */
export function pauseLeft({ paceMs = 0 }: ShardTerms, waitedMs: number): number {
  return Math.max(0, paceMs - waitedMs);
}
