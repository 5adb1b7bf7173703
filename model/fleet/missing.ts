/** What a site should have by its records, set against what is there. Pure. */
import { DEPLOYMENT_MISSING, OTHER_CONTENT } from '../drift.ts';
import { compareOrder } from '../order.ts';
import { presentRelease } from '../present-release.ts';
import { isSamePlace, type Site } from '../site.ts';
import type { FogShard, RolloutKey } from '../types.ts';
import { LEAVING, releaseAt } from './records.ts';
import { isOpen } from './report.ts';

/** What a site was ready with when its part last ended. */
export interface RecordedRelease {
  rollout: RolloutKey;
  uid: string;
  generation: number;
  hash: string;
  /** The Temporal run that planned it: what was recorded by another is another record. */
  run: string;
}

/**
 * What is recorded to be at a site, of each object what its newest shard says: nothing where a run is at it, where it is
 * being taken away, and where the site may not have become ready with it.
 *
 * @param shards - those that name the site, of whichever rollouts
 */
export function recordedAt(site: Site, shards: readonly FogShard[]): RecordedRelease[] {
  const newest = new Map<string, { shard: FogShard; at: number }>();
  for (const shard of shards) {
    const { uid, layer, sites } = shard.spec;
    const at = sites.findIndex(({ name }) => name === site.name);
    if (at < 0 || layer !== site.layer || !isSamePlace(sites[at]!, site)) continue;
    const known = newest.get(uid);
    if (!known || compareOrder(known.shard.spec, shard.spec) < 0) newest.set(uid, { shard, at });
  }
  return [...newest.values()].flatMap(({ shard, at }) => {
    const { spec, status, metadata } = shard;
    if (spec.generation === LEAVING || isOpen(status?.phases[at])) return [];
    const has = releaseAt(shard, at);
    if (has?.hash === undefined) return [];
    const rollout = { namespace: metadata.namespace, name: spec.rollout };
    return [{ rollout, uid: spec.uid, generation: has.generation, hash: has.hash, run: spec.run }];
  });
}

/**
 * How what is there differs from the record, for people; undefined where it does not. What was written by a later
 * generation is its own run's to record.
 *
 * @param present - which releases are there, each as `identityOf` has it
 */
export function differenceFrom(
  { rollout, uid, generation, hash }: RecordedRelease,
  { layer }: Pick<Site, 'layer'>,
  present: readonly string[],
): string | undefined {
  const line = present.find((identity) => identity.startsWith(`${rollout.namespace}/${rollout.name}/${layer}/`));
  const there = line === undefined ? undefined : presentRelease(line);
  if (!there) return DEPLOYMENT_MISSING;
  if (there.uid !== uid) return OTHER_CONTENT;
  // One that does not say what it has was changed, and that is seen otherwise.
  if (there.hash === '' || there.hash === hash) return undefined;
  return there.generation <= generation ? OTHER_CONTENT : undefined;
}

/** Names of the sites of which a record says something else than before. */
export function sitesChanged(old: FogShard, now: FogShard): string[] {
  const isOtherPlan = planOf(old) !== planOf(now);
  const changed = now.spec.sites.flatMap((site, at) => {
    const before = old.spec.sites[at];
    const isSame =
      !isOtherPlan &&
      before !== undefined &&
      before.name === site.name &&
      isSamePlace(before, site) &&
      before.had?.hash === site.had?.hash &&
      old.status?.phases[at] === now.status?.phases[at] &&
      old.status?.given?.[at] === now.status?.given?.[at];
    return isSame ? [] : [site.name];
  });
  const left = old.spec.sites.flatMap(({ name }, at) => (now.spec.sites[at]?.name === name ? [] : [name]));
  return [...new Set([...changed, ...left])];
}

function planOf({ spec }: FogShard): string {
  return `${spec.uid}/${spec.layer}/${spec.generation}/${spec.hash}/${spec.run}`;
}
