import { type Evidence, type PodReason, podReasons } from './podreasons.ts';
import { DEPLOYMENT_PAUSED, type Readiness } from './readiness.ts';
import type { Site } from './site.ts';
import { boundLine, counted } from './text.ts';

type Place = Pick<Site, 'namespace'>;

/**
 * One sentence that names object and cause of a release that did not become ready; whoever reports it puts the site in
 * front. Bounded: three causes of 300 bytes each, and the Deployment's own words.
 */
export function failureText(
  site: Place,
  deployment: { name: string; progressDeadlineSeconds: number },
  readiness: Pick<Readiness, 'available' | 'wanted' | 'message' | 'reason' | 'trouble' | 'held'>,
  evidence: Evidence,
): string {
  const { available, wanted, trouble } = readiness;
  const seconds = `${deployment.progressDeadlineSeconds} s`;
  const held = heldText(site, deployment.name, readiness);
  if (held) return `${held}; so it was for ${seconds}`;
  const counts = `${available} of ${counted(wanted, 'replica')} available`;
  // Pods of an earlier revision may be available while the new ones are not: then only the whole story is true.
  const standing = available < wanted ? [counts, ...(trouble ? [bounded(trouble)] : [])] : [bounded(readiness.message)];
  // The Deployment says the ReplicaSet's trouble itself, once its controller has heard of it.
  const news = podReasons(evidence).filter(({ reason }) => !(trouble && reason === 'FailedCreate'));
  const causes = news.slice(0, MAX_CAUSES).map(textOf);
  const subject = subjectOf(site, deployment.name);
  return `${subject} made no progress for ${seconds}: ${[...standing, ...causes].join('; ')}`;
}

/** What somebody else holds a release by, and the way out where there is one; undefined when nobody does. */
export function heldText(
  site: Place,
  name: string,
  { held, reason }: Pick<Readiness, 'held' | 'reason'>,
): string | undefined {
  if (!held) return undefined;
  const wayOut =
    reason === DEPLOYMENT_PAUSED ? `; to go on: kubectl rollout resume deployment/${name} -n ${site.namespace}` : '';
  return `${subjectOf(site, name)} ${bounded(held)}${wayOut}`;
}

function subjectOf({ namespace }: Place, name: string): string {
  return `Deployment ${namespace}/${name}`;
}

const MAX_CAUSES = 3;

/** Bytes of one cause: a container's last words can be long, and others need room too. */
const MAX_CAUSE = 300;

function textOf({ message, count }: PodReason): string {
  return `${bounded(message).replace(/\.$/, '')}${count > 1 ? ` (and ${count - 1} more)` : ''}`;
}

function bounded(text: string): string {
  return boundLine(text, MAX_CAUSE);
}
