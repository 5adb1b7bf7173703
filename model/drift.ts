import { withAdoption } from './adoption.ts';
import { type Managed, uncovered } from './coverage.ts';
import { isOurs, type Labelled, orderOf } from './fence.ts';
import { ANNOTATIONS, FIELD_MANAGER } from './names.ts';
import { compareOrder, type Order } from './order.ts';
import type { Release } from './release.ts';
import { hasPorts } from './service-ports.ts';
import { leavingText } from './terminating.ts';
import type { LayerContent, Owner, RolloutKey } from './types.ts';

/** What is live at a site of a rollout. */
export interface LiveRelease {
  deployment: LiveObject | undefined;
  service: LiveObject | undefined;
}

export interface LiveObject {
  metadata?: Labelled['metadata'] & Managed['metadata'] & { generation?: number; uid?: string };
  /** In a cache, in place of what it says itself that it was made. */
  ownWord?: OwnWord;
}

interface OwnWord {
  hasService: boolean;
  changed: Drift;
}

/** What is wrong with a release, for people; undefined when nothing is. */
export type Drift = string | undefined;

export const DEPLOYMENT_MISSING = 'the Deployment is missing';
export const SERVICE_MISSING = 'the Service is missing';
/** Its record says that it was ready with something else. */
export const OTHER_CONTENT = 'the Deployment carries another content than it was given';

/** What is known of what a release was made. */
export interface Made {
  hasService: boolean;
  /** How one of its objects differs from what it was made. */
  changed(live: LiveObject, kind: Kind): Drift;
}

type Kind = 'Deployment' | 'Service';

/**
 * Compares what a release was made with what is there: the one judge, on the hub and beyond it. A field counts as changed
 * when the API server no longer records it as ours (see coverage.ts), so neither defaults nor what others add is mistaken
 * for drift. What is being deleted is as good as gone.
 */
export function driftOf(holder: RolloutKey, live: LiveRelease, made: Made): Drift {
  const judge = (object: LiveObject, kind: Kind): Drift => {
    const leaving = leavingText(object);
    if (leaving) return `the ${kind} ${leaving}`;
    if (!isOurs(object, holder)) return `the ${kind} is no longer ours`;
    return made.changed(object, kind);
  };
  if (!live.deployment) return DEPLOYMENT_MISSING;
  const deployment = judge(live.deployment, 'Deployment');
  if (deployment) return deployment;
  // A foreign Service beside a release that has none is nobody's drift.
  if (!live.service) return made.hasService ? SERVICE_MISSING : undefined;
  return made.hasService || isOurs(live.service, holder) ? judge(live.service, 'Service') : undefined;
}

/**
 * What the revision makes of it that the site was last given, where that is at hand.
 *
 * @param given - the order by which it was
 * @param expected - its release; undefined when its content is no longer kept
 */
export function madeByRevision(owner: Owner, given: Order, expected: Release | undefined): Made {
  return {
    hasService: expected?.service !== undefined,
    changed(live, kind) {
      // Another writer of ours was there after what we know of: its own run will say so.
      const isOwn = live.metadata?.annotations?.[ANNOTATIONS.uid] === owner.uid;
      if (isOwn && compareOrder(orderOf(live), given) > 0) return undefined;
      const object = kind === 'Deployment' ? expected?.deployment : expected?.service;
      return object && changeOf(live, object, kind);
    },
  };
}

/**
 * What it says itself that it was made ({@link ANNOTATIONS}.applied), where the revision's content is not at hand. One
 * that says nothing is believed. Nobody but those who watch it there sees that a person wants it to be taken over, so that they
 * tell that too.
 */
export function madeByOwnWord(deployment: LiveObject): Made {
  return {
    hasService: deployment.ownWord?.hasService ?? saysService(deployment),
    changed: (live, kind) =>
      withAdoption(live, kind, live.ownWord ? live.ownWord.changed : changeByOwnWord(live, kind)),
  };
}

/**
 * Replaces what an object says itself that it was made, which is as long as the object, by the verdict on it. Changes the
 * object given; one that says nothing stays as it is.
 */
export function judgedByOwnWord(live: LiveObject, kind: Kind): void {
  const { annotations } = live.metadata ?? {};
  if (annotations?.[ANNOTATIONS.applied] === undefined) return;
  live.ownWord = { hasService: saysService(live), changed: changeByOwnWord(live, kind) };
  delete annotations[ANNOTATIONS.applied];
}

/** The same, where the verdict on another version of the object still holds. */
export function withoutOwnWord(live: LiveObject, known: LiveObject): void {
  if (!known.ownWord) return;
  live.ownWord = known.ownWord;
  delete live.metadata?.annotations?.[ANNOTATIONS.applied];
}

function changeByOwnWord(live: LiveObject, kind: Kind): Drift {
  const text = live.metadata?.annotations?.[ANNOTATIONS.applied];
  if (text === undefined) return undefined;
  const applied = parsed(text);
  if (!applied) return `the ${kind} was changed at metadata.annotations.${ANNOTATIONS.applied}`;
  const annotations = { ...applied.metadata?.annotations, [ANNOTATIONS.applied]: text };
  return changeOf(live, { ...applied, metadata: { ...applied.metadata, annotations } }, kind);
}

function changeOf(live: LiveObject, expected: object, kind: Kind): Drift {
  const paths = uncovered(live, FIELD_MANAGER, expected);
  return paths.length > 0 ? `the ${kind} was changed at ${paths.slice(0, 5).join(', ')}` : undefined;
}

/** Whether a Deployment says itself that its release has a Service. */
function saysService({ metadata }: LiveObject): boolean {
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

/** Whether somebody wrote the object between the two, besides its status; being deleted, and who holds it then, is a write. */
export function wasRewritten(before: LiveObject, after: LiveObject): boolean {
  const [old, now] = [before.metadata, after.metadata];
  const marks = ({ metadata, ownWord }: LiveObject) =>
    JSON.stringify([metadata?.labels, metadata?.annotations, ownWord?.changed, leavingText({ metadata })]);
  return (
    old?.uid !== now?.uid ||
    old?.generation !== now?.generation ||
    now?.generation === undefined ||
    marks(before) !== marks(after)
  );
}
