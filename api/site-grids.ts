import { hash } from 'node:crypto';
import { siteColumnsOf } from '../model/fleet/site-columns.ts';
import type { SiteFacts } from '../model/fleet/site-view.ts';
import { SITE_PHASES } from '../model/fleet/site-view.ts';
import type { FogRollout, FogShard } from '../model/types.ts';
import { type Representation, representationOf } from './representations.ts';

/** All sites of a FogRollout at a moment, for whoever asks then. */
export interface SiteGrid {
  /** Names the layout: the same as long as its content is. */
  layout: string;
  /** All of it. */
  whole(): Representation;
  /** For those who have the layout. */
  phases(): Representation;
}

interface Made {
  grid: SiteGrid;
  shards: FogShard[];
  at: number;
}

/** Milliseconds for which one holds though FogSites may have changed, and times have passed. */
const HOLDS_MS = 1_000;

/**
 * Makes grids, one for all who ask at a time. It holds until the FogRollout or a FogShard changes, of which the event stream
 * tells; what FogSites say is seen a second later at most.
 */
export function createSiteGrids(): (rollout: FogRollout, shards: FogShard[], facts: SiteFacts) => SiteGrid {
  const made = new WeakMap<FogRollout, Made>();
  return (rollout, shards, facts) => {
    const known = made.get(rollout);
    if (known && facts.now - known.at < HOLDS_MS && facts.now >= known.at && isSame(known.shards, shards)) {
      return known.grid;
    }
    const grid = gridOf(rollout, shards, facts);
    made.set(rollout, { grid, shards, at: facts.now });
    return grid;
  };
}

function isSame(known: FogShard[], now: FogShard[]): boolean {
  return known.length === now.length && known.every((shard, at) => shard === now[at]);
}

function gridOf(rollout: FogRollout, shards: FogShard[], facts: SiteFacts): SiteGrid {
  const { layout: content, phases } = siteColumnsOf(rollout, shards, facts);
  const text = JSON.stringify(content);
  const layout = hash('sha1', text, 'base64url');
  const common = { layout, legend: SITE_PHASES, phases };
  return {
    layout,
    whole: once(() => representationOf(JSON.stringify({ ...common, sites: content }), { gzip: true })),
    phases: once(() => representationOf(JSON.stringify(common), { gzip: true })),
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
