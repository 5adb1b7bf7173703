import { readyCondition, type Verdict } from '../../model/fleet/topology.ts';
import type { FogSite, SiteCondition } from '../../model/types.ts';

/** What was found out about one incarnation and generation of a site. */
export interface Judgement {
  uid: string;
  generation: number;
  verdict: Verdict;
}

export type JsonPatch = { op: 'test' | 'add' | 'replace'; path: string; value: unknown }[];

/**
 * The site's Ready condition as it should be: moved to `now` only when its status changes.
 *
 * @param now RFC 3339
 * @returns undefined when it is that already, or when the site has changed since it was judged
 */
export function dueCondition(
  site: FogSite,
  { uid, generation, verdict }: Judgement,
  now: string,
): SiteCondition | undefined {
  if (site.metadata.uid !== uid || site.metadata.generation !== generation) return undefined;
  const before = readyCondition(site.status?.conditions);
  const status = verdict.ready ? 'True' : 'False';
  const { reason, message } = verdict;
  if (
    before?.status === status &&
    before.observedGeneration === generation &&
    before.reason === reason &&
    before.message === message
  ) {
    return undefined;
  }
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
  return { type: 'Ready', status, observedGeneration: generation, lastTransitionTime, reason, message };
}

/**
 * Writes the Ready condition and the count of releases, and nothing that others write beside them. The API server refuses
 * it (422) when the site is no longer what `site` says: then its next event comes.
 */
export function statusPatch(
  site: FogSite,
  due: { condition?: SiteCondition | undefined; releases?: number | undefined },
): JsonPatch {
  const { metadata, status } = site;
  const body: JsonPatch = [{ op: 'test', path: '/metadata/uid', value: metadata.uid }];
  const conditions = status?.conditions;
  if (!status || (due.condition && !conditions)) {
    // There is nothing to test that a parallel first write would have changed, besides the version.
    body.push({ op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion });
  }
  if (!status) body.push({ op: 'add', path: '/status', value: {} });
  if (due.condition) body.push(...conditionPatch(conditions, due.condition));
  if (due.releases !== undefined) body.push({ op: 'add', path: '/status/releases', value: due.releases });
  return body;
}

function conditionPatch(present: readonly SiteCondition[] | undefined, condition: SiteCondition): JsonPatch {
  const path = '/status/conditions';
  if (!present) return [{ op: 'add', path, value: [condition] }];
  const at = present.findIndex(({ type }) => type === condition.type);
  if (at < 0) return [{ op: 'add', path: `${path}/-`, value: condition }]; // a second of its type would be refused
  return [
    { op: 'test', path: `${path}/${at}`, value: present[at] },
    { op: 'replace', path: `${path}/${at}`, value: condition },
  ];
}
