/** Which sites of a run that goes on it should look at again: its plan says that they have their turn, and they are another way. Pure. */
import { LAYERS } from '../layers.ts';
import type { SitesSignal } from '../signals.ts';
import { isSamePlace, siteOf } from '../site.ts';
import type { FogShard, FogSite } from '../types.ts';
import { awayOf } from './reachable.ts';
import { LEAVING } from './records.ts';
import { isOpen, PHASE_LETTERS, WINDOW_CLOSED } from './report.ts';

/** Finds a FogSite by its name. */
type FogSiteOf = (name: string) => FogSite | undefined;

interface Look {
  isRemoved?: boolean;
  closing?(site: FogSite): string | undefined;
}

/** With what makes each of them worth a look: it is told of again when that is another. */
export interface SitesToLookAt extends SitesSignal {
  marks: string[];
}

/**
 * Sites whose FogSite is gone, somewhere else or held by now, and those that wait for a window that is another way.
 *
 * @param shards - of one object
 * @param closing - why a site is not to be begun now; left out, nothing is said of windows
 * @param isRemoved - it is being removed, and waits for who kept it from that: for these too, when they do not any more
 */
export function sitesToLookAt(
  shards: readonly FogShard[],
  fogSiteOf: FogSiteOf,
  { isRemoved = false, closing }: Look = {},
): SitesToLookAt[] {
  return LAYERS.flatMap((layer) => {
    const own = shards.filter(({ spec }) => spec.layer === layer);
    const names = [
      ...own.flatMap((shard) => namesIn(shard, fogSiteOf)),
      ...(isRemoved ? own.flatMap((shard) => freedIn(shard, fogSiteOf)) : []),
    ];
    const marks = new Map([
      ...(closing ? own.flatMap((shard) => windowedIn(shard, fogSiteOf, closing)) : []),
      ...names.map((name) => [name, ''] as const),
    ]);
    return marks.size > 0 ? [{ layer, sites: [...marks.keys()], marks: [...marks.values()] }] : [];
  });
}

/** Those whose record says that they wait for their window, in other words than those that are true now. */
function windowedIn(
  { spec, status }: FogShard,
  fogSiteOf: FogSiteOf,
  closing: NonNullable<Look['closing']>,
): [string, string][] {
  const noted = new Map(status?.notes?.flatMap((note) => (note.reason === WINDOW_CLOSED ? [[note.site, note]] : [])));
  if (noted.size === 0) return [];
  return spec.sites.flatMap(({ name }, at): [string, string][] => {
    const site = fogSiteOf(name);
    const note = noted.get(name);
    if (!site || !note || !isOpen(status?.phases[at])) return [];
    const now = closing(site);
    return now === note.message ? [] : [[name, now ?? 'open']];
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
