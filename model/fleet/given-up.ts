/**
 * Places whose FogSite is gone, or somewhere else, and that could not be reached when their release was to be taken away: nobody
 * tells of them when they are back. Pure.
 */
import { FAILURE } from '../activities.ts';
import { HUB_CLUSTER, isSamePlace, OWN_CLUSTER, type Site, siteOf } from '../site.ts';
import type { FogShard, FogSite } from '../types.ts';
import { LEAVING, noteAt, type Recorded, recordedAt } from './records.ts';
import { PHASE_LETTERS } from './report.ts';

/** Reasons of a place that was out of reach; the second: no worker took the work. */
const AWAY: readonly string[] = [FAILURE.unreachable, 'Unserved'];

/** Its last try has ended, or the next is under way. */
const LETTERS: readonly (string | undefined)[] = [PHASE_LETTERS.skipped, PHASE_LETTERS.waiting, PHASE_LETTERS.inFlight];

/** Whether the last try at a place that is to lose something has shown that. @param fogSite - of its name */
export function isGivenUp({ site, isLeaving, letter, note, has }: Recorded, fogSite: FogSite | undefined): boolean {
  if (!isLeaving || !has || !LETTERS.includes(letter) || !AWAY.includes(note?.reason ?? '')) return false;
  return !(fogSite?.spec.layer === site.layer && isSamePlace(site, siteOf(fogSite)));
}

/** What people are told of such a place besides. */
export const GIVEN_UP_WORDS =
  'it has no FogSite any more, so it is tried ever more rarely, and when its cluster answers again';

/** The places of a FogShard that are given up. */
export function givenUpIn(shard: FogShard, fogSiteOf: (name: string) => FogSite | undefined): Site[] {
  if (shard.spec.generation !== LEAVING) return [];
  return shard.spec.sites.flatMap(({ name }, at) => {
    const record = recordedAt(shard.spec.layer, shard, at, noteAt(shard, at));
    return isGivenUp(record, fogSiteOf(name)) ? [record.site] : [];
  });
}

/** A FogSite that would lead to that place, by a name that none can have. */
export function standInFor({ layer, namespace, cluster, queue }: Site, name: string): FogSite {
  const metadata = { name, uid: name, resourceVersion: '', generation: 1, creationTimestamp: '' };
  return {
    apiVersion: 'paguos.io/v1alpha1',
    kind: 'FogSite',
    metadata,
    spec: { layer, namespace, ...reachedBy(cluster, queue) },
  };
}

/** The opposite of what siteOf makes of a spec. */
function reachedBy(cluster: string, queue: string | undefined): Pick<FogSite['spec'], 'cluster' | 'taskQueue'> {
  if (queue !== undefined) return { taskQueue: queue, ...(cluster !== OWN_CLUSTER && { cluster: { name: cluster } }) };
  if (cluster === HUB_CLUSTER) return {};
  const [, name = '', key = ''] = cluster.split('/');
  return { cluster: { kubeconfigSecretRef: { name, key } } };
}
