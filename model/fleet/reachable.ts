import type { FogSite, SiteCondition } from '../types.ts';

/**
 * Why a site is known to be out of reach, as a person should read it; undefined where it answers or nothing is known, and
 * then it is tried.
 */
export function awayOf({ metadata, status }: FogSite): string | undefined {
  const reachable = current(reachableCondition(status?.conditions), metadata);
  if (reachable?.status !== 'False') return undefined;
  const seen = status?.lastSeen;
  return seen === undefined ? reachable.message : `${reachable.message}; last seen ${seen}`;
}

/** A condition, where it is about the spec that there is: what is said of a former one says nothing of it. */
export function current(
  condition: SiteCondition | undefined,
  { generation }: Pick<FogSite['metadata'], 'generation'>,
): SiteCondition | undefined {
  return condition?.observedGeneration === generation ? condition : undefined;
}

export function reachableCondition(conditions: readonly SiteCondition[] | undefined): SiteCondition | undefined {
  return conditions?.find(({ type }) => type === 'Reachable');
}
