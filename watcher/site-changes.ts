import { isDeepStrictEqual } from 'node:util';
import type { Informer } from '../kube/informer.ts';
import { type KubeObject, keyOf } from '../kube/resources.ts';
import { awayOf } from '../model/fleet/reachable.ts';
import { readyCondition } from '../model/fleet/topology.ts';
import type { Layer } from '../model/layers.ts';
import type { FogSite } from '../model/types.ts';

/** What changed at FogSites since it was last taken. */
export interface SiteChanges {
  take(): Concerned;
  stop(): void;
}

/** Whom changes concern: rollouts that have sites of a layer, and those with a release that drifted, or no longer does. */
export interface Concerned {
  layers: ReadonlySet<Layer>;
  /** `<namespace>/<name>`. */
  rollouts: ReadonlySet<string>;
}

/**
 * Follows FogSites, and keeps of each change what of it matters to rollouts that have ended: not that a site was seen
 * again, or that its releases were counted.
 *
 * @param onChange - called at each change that matters; not for the sites that are there already
 */
export function gatherChanges(sites: Informer<FogSite & KubeObject>, onChange: () => void): SiteChanges {
  let layers = new Set<Layer>();
  let rollouts = new Set<string>();
  let isFirst = true;
  const changed = (...versions: FogSite[]) => {
    if (isFirst) return;
    for (const { spec } of versions) layers.add(spec.layer);
    onChange();
  };
  const drifted = (...versions: FogSite[]) => {
    const releases = versions.flatMap(({ status }) => status?.drifted ?? []);
    for (const { namespace, name } of releases) rollouts.add(keyOf(namespace, name));
    onChange();
  };
  const stop = sites.subscribe({
    onAdd: (site) => changed(site),
    onUpdate: (old, site) => {
      if (isMoved(old, site)) changed(old, site);
      if (!isDeepStrictEqual(old.status?.drifted, site.status?.drifted)) drifted(old, site);
    },
    onDelete: (site) => changed(site),
  });
  isFirst = false;
  return {
    take() {
      const taken = { layers, rollouts };
      layers = new Set();
      rollouts = new Set();
      return taken;
    },
    stop,
  };
}

/** Whether it may have come to take part in rollouts, or left them, or gone out of reach or come back. */
function isMoved(old: FogSite, now: FogSite): boolean {
  return (
    old.metadata.generation !== now.metadata.generation ||
    old.metadata.deletionTimestamp !== now.metadata.deletionTimestamp ||
    !isDeepStrictEqual(old.metadata.labels, now.metadata.labels) ||
    readyCondition(old.status?.conditions)?.status !== readyCondition(now.status?.conditions)?.status ||
    (awayOf(old) === undefined) !== (awayOf(now) === undefined)
  );
}
