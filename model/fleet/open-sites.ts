/** Which sites of a run that goes on it should look at again: its plan says that they have their turn, and they are another way. Pure. */
import { LAYERS } from '../layers.ts';
import type { SitesSignal } from '../signals.ts';
import { isSamePlace, siteOf } from '../site.ts';
import type { FogShard, FogSite } from '../types.ts';
import { awayOf } from './reachable.ts';
import { LEAVING } from './records.ts';
import { isOpen, PHASE_LETTERS } from './report.ts';

/** Finds a FogSite by its name. */
type FogSiteOf = (name: string) => FogSite | undefined;

/**
 * Sites whose FogSite is gone, somewhere else or held by now.
 *
 * @param shards - of one object
 * @param isRemoved - it is being removed, and waits for who kept it from that: for these too, when they do not any more
 */
export function sitesToLookAt(
  shards: readonly FogShard[],
  fogSiteOf: FogSiteOf,
  { isRemoved = false } = {},
): SitesSignal[] {
  return LAYERS.flatMap((layer) => {
    const own = shards.filter(({ spec }) => spec.layer === layer);
    const names = [
      ...own.flatMap((shard) => namesIn(shard, fogSiteOf)),
      ...(isRemoved ? own.flatMap((shard) => freedIn(shard, fogSiteOf)) : []),
    ];
    return names.length > 0 ? [{ layer, sites: [...new Set(names)] }] : [];
  });
}

/** Those that could lose now what they have, and could not in the last round: they were held, or out of reach. */
function freedIn({ spec, status }: FogShard, fogSiteOf: FogSiteOf): string[] {
  if (spec.generation !== LEAVING) return [];
  return spec.sites.flatMap((entry, at) => {
    const letter = status?.phases[at];
    const site = fogSiteOf(entry.name);
    const isThere = site?.spec.layer === spec.layer;
    const isFreed =
      (letter === PHASE_LETTERS.held && !(isThere && site.spec.hold !== undefined)) ||
      (letter === PHASE_LETTERS.deferred &&
        !(isThere && isSamePlace(entry, siteOf(site)) && awayOf(site) !== undefined));
    return isFreed ? [entry.name] : [];
  });
}

function namesIn({ spec, status }: FogShard, fogSiteOf: FogSiteOf): string[] {
  return spec.sites.flatMap((entry, at) => {
    if (!isOpen(status?.phases[at])) return [];
    const site = fogSiteOf(entry.name);
    const isThere = site?.spec.layer === spec.layer && isSamePlace(entry, siteOf(site));
    const isHeld = isThere && site.spec.hold !== undefined && entry.hold === undefined;
    // What it has is taken away wherever its FogSite is, unless it is held.
    return isHeld || (!isThere && spec.generation !== LEAVING) ? [entry.name] : [];
  });
}
