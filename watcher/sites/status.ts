import { isDeepStrictEqual } from 'node:util';
import { reachableCondition } from '../../model/fleet/reachable.ts';
import { readyCondition, recordedCluster, type Verdict } from '../../model/fleet/topology.ts';
import type { DriftedRelease, FogSite, FogSiteStatus, SiteCondition } from '../../model/types.ts';
import type { Reach, SiteObservation } from './source.ts';

/** What was found out about one incarnation and generation of a site. */
export interface Judgement {
  uid: string;
  generation: number;
  verdict: Verdict;
}

export type JsonPatch = { op: 'test' | 'add' | 'replace'; path: string; value: unknown }[];

/**
 * The site's status as it should be. What nobody knows at the moment stays as it was; a condition that says the same stays
 * as it is, and moves to `now` only when its status changes.
 *
 * @param now RFC 3339
 * @returns undefined when the site has changed since it was judged
 */
export function statusOf(
  site: FogSite,
  { uid, generation, verdict }: Judgement,
  observed: SiteObservation,
  now: string,
): FogSiteStatus | undefined {
  if (site.metadata.uid !== uid || site.metadata.generation !== generation) return undefined;
  const before = site.status ?? {};
  const ready = condition(
    readyCondition(before.conditions),
    { type: 'Ready', status: verdict.ready ? 'True' : 'False', reason: verdict.reason, message: verdict.message },
    generation,
    now,
  );
  const reachable = reachableOf(reachableCondition(before.conditions), observed.reach, generation, now);
  const { releases = before.releases, drifted = before.drifted ?? [], cluster = recordedCluster(site) } = observed;
  return {
    ...(observed.reach !== null && seenOf(before, observed.reach, now)),
    ...(cluster !== undefined && { cluster }),
    ...(releases !== undefined && { releases }),
    ...(drifted.length > 0 && { drifted: drifted.toSorted(byName) }),
    conditions: reachable ? [ready, reachable] : [ready],
  };
}

function reachableOf(
  before: SiteCondition | undefined,
  reach: Reach | null | undefined,
  generation: number,
  now: string,
): SiteCondition | undefined {
  if (reach === null) return undefined;
  if (reach === undefined) return before;
  const { status, reason, message } = reach;
  // Since when, and why exactly, may be told in other words every time: the first ones are kept.
  const isSame = before?.status === status && before.reason === reason && before.observedGeneration === generation;
  return condition(
    before,
    { type: 'Reachable', status, reason, message: isSame ? before.message : message },
    generation,
    now,
  );
}

function condition(
  before: SiteCondition | undefined,
  wanted: Pick<SiteCondition, 'type' | 'status' | 'reason' | 'message'>,
  observedGeneration: number,
  now: string,
): SiteCondition {
  const lastTransitionTime = before?.status === wanted.status ? before.lastTransitionTime : now;
  const { type, status, reason, message } = wanted;
  return { type, status, observedGeneration, lastTransitionTime, reason, message };
}

/** A worker that is away is still the one that last saw it, and the time is the latest that anyone knows. */
function seenOf(
  before: FogSiteStatus,
  reach: Reach | undefined,
  now: string,
): Pick<FogSiteStatus, 'lastSeen' | 'worker'> {
  const seen = reach?.status === 'True' ? now : latest(before.lastSeen, reach?.lastSeen);
  const worker = reach?.worker ?? before.worker;
  return { ...(seen !== undefined && { lastSeen: seen }), ...(worker !== undefined && { worker }) };
}

function latest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(a) >= Date.parse(b) ? a : b;
}

function byName(a: DriftedRelease, b: DriftedRelease): number {
  const [first, second] = [`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** `count`: it may wait some seconds. `refresh`: only its lastSeen and worker are behind, which may wait long. */
export type Urgency = 'now' | 'count' | 'refresh';

/** How old lastSeen may be of a site that is within reach, in ms. */
const REFRESH_MS = 5 * 60_000;

/** How soon `due` has to be written; undefined when that is not worth a request. */
export function urgencyOf(before: FogSiteStatus = {}, due: FogSiteStatus): Urgency | undefined {
  if (
    before.cluster !== due.cluster ||
    !isDeepStrictEqual(before.conditions ?? [], due.conditions) ||
    !isDeepStrictEqual(before.drifted ?? [], due.drifted ?? [])
  )
    return 'now';
  if (before.releases !== due.releases) return 'count';
  return isStale(before, due) ? 'refresh' : undefined;
}

function isStale(before: FogSiteStatus, due: FogSiteStatus): boolean {
  if (due.lastSeen === undefined) return before.lastSeen !== undefined || before.worker !== undefined;
  if (reachableCondition(due.conditions)?.status !== 'True') return false;
  return before.worker !== due.worker || Date.parse(due.lastSeen) - Date.parse(before.lastSeen ?? '') >= REFRESH_MS;
}

/**
 * Writes the status. The API server refuses it (422) when the site is no longer what `site` says: then its next event comes.
 */
export function statusPatch({ metadata, status }: FogSite, due: FogSiteStatus): JsonPatch {
  return [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    // Where there is no status yet, nothing but the version tells of a parallel first write.
    status
      ? { op: 'test', path: '/status', value: status }
      : { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
    { op: 'add', path: '/status', value: due },
  ];
}
