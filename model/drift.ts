import { type Managed, uncovered } from './coverage.ts';
import { generationOf, isOurs, type Labelled } from './fence.ts';
import { ANNOTATIONS, FIELD_MANAGER } from './names.ts';
import { leavingText } from './readiness.ts';
import type { Release } from './release.ts';
import { hasPorts } from './service-ports.ts';
import type { LayerContent, Owner } from './types.ts';

/** What is live at a site of a rollout. */
export interface LiveRelease {
  deployment: LiveObject | undefined;
  service: LiveObject | undefined;
}

export interface LiveObject {
  metadata?: Labelled['metadata'] & Managed['metadata'] & { generation?: number; uid?: string };
}

/** What is wrong with a release, for people; undefined when nothing is. */
export type Drift = string | undefined;

export const DEPLOYMENT_MISSING = 'the Deployment is missing';
export const SERVICE_MISSING = 'the Service is missing';

/**
 * Compares what a site was last given with what is there. A field counts as changed when the API server no longer
 * records it as ours (see coverage.ts), so neither defaults nor what others add is mistaken for drift.
 *
 * @param given - the generation the layer was last given
 * @param expected - that generation's release; undefined when its content is no longer kept
 */
export function driftOf(owner: Owner, given: number, live: LiveRelease, expected: Release | undefined): Drift {
  if (!live.deployment) return DEPLOYMENT_MISSING;
  const deployment = judge(owner, given, live.deployment, expected?.deployment, 'Deployment');
  if (deployment) return deployment;
  if (!expected?.service) return undefined;
  if (!live.service) return SERVICE_MISSING;
  return judge(owner, given, live.service, expected.service, 'Service');
}

function judge(owner: Owner, given: number, live: LiveObject, expected: object | undefined, kind: Kind): Drift {
  if (!isOurs(live, owner)) return notOurs(kind);
  // Another writer of ours was there after what we know of: its own run will say so.
  if (live.metadata?.annotations?.[ANNOTATIONS.uid] === owner.uid && generationOf(live) > given) return undefined;
  return expected && changeOf(live, expected, kind);
}

type Kind = 'Deployment' | 'Service';

export function notOurs(kind: Kind): string {
  return `the ${kind} is no longer ours`;
}

function changeOf(live: LiveObject, expected: object, kind: Kind): Drift {
  const paths = uncovered(live, FIELD_MANAGER, expected);
  return paths.length > 0 ? `the ${kind} was changed at ${paths.slice(0, 5).join(', ')}` : undefined;
}

/**
 * Compares an object with what it says itself that it was made ({@link ANNOTATIONS}.applied), where the revision's
 * content is not at hand. One that says nothing is believed; one that is being deleted is as good as gone.
 */
export function driftFromApplied(live: LiveObject, kind: Kind): Drift {
  const leaving = leavingText(live);
  if (leaving) return leavingDrift(kind, leaving);
  const text = live.metadata?.annotations?.[ANNOTATIONS.applied];
  if (text === undefined) return undefined;
  const applied = parsed(text);
  if (!applied) return `the ${kind} was changed at metadata.annotations.${ANNOTATIONS.applied}`;
  const annotations = { ...applied.metadata?.annotations, [ANNOTATIONS.applied]: text };
  return changeOf(live, { ...applied, metadata: { ...applied.metadata, annotations } }, kind);
}

/**
 * What is being deleted at a site, and held by a finalizer: it is not ready, whatever its pods are, and nothing can be
 * put right before it is gone.
 */
export function leavingDriftOf({ deployment, service }: LiveRelease): Drift {
  for (const [kind, live] of [
    ['Deployment', deployment],
    ['Service', service],
  ] as const) {
    const leaving = live && leavingText(live);
    if (leaving) return leavingDrift(kind, leaving);
  }
  return undefined;
}

function leavingDrift(kind: Kind, leaving: string): string {
  return `the ${kind} ${leaving}`;
}

/** Whether it is by {@link leavingDriftOf} that a site has drifted: then a repair is begun when the object is gone. */
export function isLeaving(drift: string): boolean {
  return /^the (Deployment|Service) is being deleted\b/.test(drift);
}

/** Whether a Deployment says itself that its release has a Service. */
export function saysService({ metadata }: LiveObject): boolean {
  const applied = parsed(metadata?.annotations?.[ANNOTATIONS.applied] ?? '') as AppliedDeployment | undefined;
  const content = applied?.spec?.template?.spec;
  return Array.isArray(content?.containers) && hasPorts(content);
}

interface AppliedDeployment {
  spec?: { template?: { spec?: LayerContent } };
}

function parsed(text: string): LiveObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether somebody wrote the object between the two, besides its status. */
export function wasRewritten({ metadata: old }: LiveObject, { metadata: now }: LiveObject): boolean {
  const marks = (metadata: LiveObject['metadata']) => JSON.stringify([metadata?.labels, metadata?.annotations]);
  return (
    old?.uid !== now?.uid ||
    old?.generation !== now?.generation ||
    now?.generation === undefined ||
    marks(old) !== marks(now)
  );
}
