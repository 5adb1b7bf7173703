/** Generated from crds/fogshards.yaml by `npm run generate`: edit that file, not this one. */

/**
 * The layer they are sites of.
 */
export type ShardLayer = 'cloud' | 'fog' | 'edge';

export interface FogShard {
  spec: FogShardSpec;
  status?: FogShardStatus;
}
/**
 * Whose sites they are, and what they are given.
 */
export interface FogShardSpec {
  /**
   * Name of the FogRollout.
   */
  rollout: string;
  /**
   * The FogRollout's.
   */
  uid: string;
  layer: ShardLayer;
  /**
   * When the FogRollout was created.
   */
  created?: string;
  /**
   * The FogRollout's; 0 for sites that are to lose what they have.
   */
  generation: number;
  /**
   * Tells decisions within a generation apart.
   */
  attempt?: number;
  /**
   * The version that the sites are given.
   */
  version: string;
  /**
   * Of what the sites are given.
   */
  hash?: string;
  /**
   * Id of the Temporal run that made the plan this is a part of.
   */
  run: string;
  /**
   * Its place in the plan.
   */
  index: number;
  /**
   * The wave that they are in.
   */
  wave: string;
  /**
   * The sites, as they were when the plan was made.
   *
   * @maxItems 1000
   */
  sites: ShardSite[];
}
export interface ShardSite {
  /**
   * Name of the FogSite.
   */
  name: string;
  /**
   * Where the release goes.
   */
  namespace: string;
  /**
   * What the workers of its queue call it.
   */
  cluster: string;
  /**
   * The Temporal task queue of the region workers that reach it.
   */
  queue?: string;
  /**
   * The site of the layer above that it hangs on.
   */
  parent?: string;
  /**
   * Why nothing is changed there.
   */
  hold?: string;
  /**
   * It has a window, and is not begun without a look at it.
   */
  window?: boolean;
  had?: ShardRelease;
}
/**
 * What the site had, or may have had, when the plan was made.
 */
export interface ShardRelease {
  /**
   * The version of that.
   */
  version: string;
  /**
   * The metadata.generation it was made from.
   */
  generation: number;
  /**
   * Of what it was ready with; left out where it may not have become ready.
   */
  hash?: string;
}
export interface FogShardStatus {
  /**
   * A letter for each site, in the order of spec.sites: b(locked), w(aiting), i(n flight), r(eady), f(ailed), d(eferred), s(kipped), h(eld).
   */
  phases: string;
  /**
   * A letter for each site, in the same order: y where it may have been given what the plan says, n where not.
   */
  given?: string;
  /**
   * The number of the last report; each has a higher one than those before, and is never overwritten by them.
   */
  reports: number;
  /**
   * @maxItems 1000
   */
  notes?: ShardNote[];
}
export interface ShardNote {
  site: string;
  reason: string;
  message: string;
}
