/** Which sites of a run that goes on it should look at again: its plan says that they have their turn, and they are another way. Pure. */
import { LAYERS } from '../layers.ts';
import type { SitesSignal } from '../signals.ts';
import { isSamePlace, siteOf } from '../site.ts';
import type { FogShard, FogSite } from '../types.ts';
import { LEAVING } from './records.ts';
import { isOpen } from './report.ts';

/**
 * Sites whose FogSite is gone, somewhere else or held by now.
 *
 * @param shards - of one object
 */
export function sitesToLookAt(
  shards: readonly FogShard[],
  fogSiteOf: (name: string) => FogSite | undefined,
): SitesSignal[] {
  return LAYERS.flatMap((layer) => {
    const names = shards.flatMap((shard) => (shard.spec.layer === layer ? namesIn(shard, fogSiteOf) : []));
    return names.length > 0 ? [{ layer, sites: [...new Set(names)] }] : [];
  });
}

function namesIn({ spec, status }: FogShard, fogSiteOf: (name: string) => FogSite | undefined): string[] {
  return spec.sites.flatMap((entry, at) => {
    if (!isOpen(status?.phases[at])) return [];
    const site = fogSiteOf(entry.name);
    const isThere = site?.spec.layer === spec.layer && isSamePlace(entry, siteOf(site));
    const isHeld = isThere && site.spec.hold !== undefined && entry.hold === undefined;
    // What it has is taken away wherever its FogSite is, unless it is held.
    return isHeld || (!isThere && spec.generation !== LEAVING) ? [entry.name] : [];
  });
}
