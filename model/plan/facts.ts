import type { FogRollout, FogShard, FogSite, FogWindow } from '../types.ts';
import type { RolloutWindows } from '../windows/at-sites.ts';

/** What a plan is made from, as it is now. */
export interface PlanFacts {
  /** The FogRollout of that name; undefined where there is none. */
  live: FogRollout | undefined;
  /** Every FogSite. */
  sites: FogSite[];
  /** The FogShards of the rollout. */
  shards: FogShard[];
  /** The FogWindows of its namespace, and those where Fog Rollouts is that are for all; left out, nothing is said of them. */
  windows?: FogWindow[];
  /** How the windows of sites are for it; left out, nothing is said of them. */
  siteWindows?: Pick<RolloutWindows, 'at'>;
}
