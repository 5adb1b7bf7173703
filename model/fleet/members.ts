/** Who is part of a stage. Pure. */
import { LAYERS, type Layer } from '../layers.ts';
import type { FogSite } from '../types.ts';
import { usableSites } from './topology.ts';
import type { Member } from './waves.ts';

/**
 * The members a stage chooses its waves from.
 *
 * @param above - the nearest layer above that the rollout has, where sites wait for their parents: a site hangs on its
 *   ancestor there
 */
export function membersOf(layer: Layer, sites: readonly FogSite[], above?: Layer): Member[] {
  const members = usableSites(sites).get(layer) ?? [];
  if (above === undefined || LAYERS.indexOf(above) === LAYERS.indexOf(layer) - 1) return members;
  const byName = new Map(sites.map((site) => [site.metadata.name, site]));
  return members.map((member) => hangingOn(above, member, (name) => byName.get(name)));
}

/** A member that hangs on its ancestor in a layer that is not directly above its own. */
export function hangingOn(
  above: Layer,
  { parent, ...member }: Member,
  siteOf: (name: string) => FogSite | undefined,
): Member {
  const ancestor = ancestorOf(parent, above, siteOf);
  return ancestor === undefined ? member : { ...member, parent: ancestor };
}

/**
 * The site of a layer that a site with this parent hangs on; undefined where the way up does not lead there. Followed no
 * further than there are layers: parents of the wrong layers may form a cycle.
 */
function ancestorOf(
  parent: string | undefined,
  layer: Layer,
  siteOf: (name: string) => FogSite | undefined,
): string | undefined {
  let at = parent;
  for (let step = 0; at !== undefined && step < LAYERS.length; step++) {
    const site = siteOf(at);
    if (site?.spec.layer === layer) return at;
    at = site?.spec.parent;
  }
  return undefined;
}
