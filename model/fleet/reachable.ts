import type { FogSite, SiteCondition } from '../types.ts';

/**
 * Why a site is known to be out of reach, as a person should read it; undefined where it answers or nothing is known, and
 * then it is tried.
 */
export function awayOf({ metadata, status }: FogSite): string | undefined {
  const reachable = reachableCondition(status?.conditions);
  if (reachable?.status !== 'False' || reachable.observedGeneration !== metadata.generation) return undefined;
  const seen = status?.lastSeen;
  return seen === undefined ? reachable.message : `${reachable.message}; last seen ${seen}`;
}

export function reachableCondition(conditions: readonly SiteCondition[] | undefined): SiteCondition | undefined {
  return conditions?.find(({ type }) => type === 'Reachable');
}
