import { canonical } from './canonical.ts';
import { ANNOTATIONS, FOG_ROLLOUT_KIND, LABELS, MANAGED_BY, selectorOf } from './names.ts';
import { compareOrder, type Order, orderText } from './order.ts';
import type { Owner, RolloutKey } from './types.ts';

/** What the fence reads of a live object; every Kubernetes object fits. */
export interface Labelled {
  metadata?: {
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string; controller?: boolean }[];
  };
  /** Of a Deployment or a Service. */
  spec?: { selector?: unknown } | undefined;
}

/** `stale`: the site carries something newer than us. `notOurs`: it belongs to someone else. */
export type Fence = 'apply' | 'stale' | 'notOurs';

/** True when the object is a release of the FogRollout of that name, of whichever incarnation. */
export function isOurs(object: Labelled, owner: RolloutKey): boolean {
  const holder = holderOf(object);
  return holder !== undefined && holder.namespace === owner.namespace && holder.name === owner.name;
}

/** A decision about a rollout, to be held against what a site carries. */
export interface Ours extends Order {
  owner: Owner;
  /** A person said of another object of the release that it is to be taken over ({@link isToAdopt}). */
  adopt?: boolean;
}

/**
 * Whether a write by a decision may go over what is live. Decisions are ordered within one incarnation of
 * the FogRollout, incarnations by when they were created; when that is the same second neither is refused. A person
 * may say that what is later is to be taken over, as after the hub was restored from a backup; and what nobody manages, where it
 * has the very selector of ours: its pods are then ours, as they run.
 */
export function fence(live: Labelled | undefined, ours: Ours): Fence {
  if (!live) return 'apply';
  const isGiven = ours.adopt || isToAdopt(live);
  if (!belongsTo(live, ours.owner)) return isGiven && isAdoptable(live, ours.owner) ? 'apply' : 'notOurs';
  if (isGiven) return 'apply';
  const annotations = live.metadata?.annotations ?? {};
  const theirs = annotations[ANNOTATIONS.uid];
  if (theirs === undefined || theirs === ours.owner.uid) {
    return compareOrder(orderOf(live), ours) > 0 ? 'stale' : 'apply';
  }
  return timeOf(annotations[ANNOTATIONS.created]) > timeOf(ours.owner.created) ? 'stale' : 'apply';
}

/**
 * Whether a removal may take away what is live. As {@link fence}, but an object of the very same second is left alone:
 * to write over it is put right by its own run, to delete it would be harm.
 */
export function mayRemove(live: Labelled, ours: Ours): boolean {
  // What somebody else has made is theirs until it was taken over.
  if (!belongsTo(live, ours.owner) || fence(live, ours) !== 'apply') return false;
  const { [ANNOTATIONS.uid]: theirs, [ANNOTATIONS.created]: created } = live.metadata?.annotations ?? {};
  return theirs === undefined || theirs === ours.owner.uid || timeOf(created) < timeOf(ours.owner.created);
}

/** Someone who took a label off has not made it theirs: the uid says whose it is as long as no label says otherwise. */
function belongsTo(live: Labelled, owner: Owner): boolean {
  const isMarked = live.metadata?.annotations?.[ANNOTATIONS.uid] === owner.uid && !holderOf(live);
  return isMarked || isOurs(live, owner);
}

interface Named {
  metadata: { namespace?: string; name: string };
}

/** How a person says that an object is to be taken over. */
export function adoptCommand(kind: string, { namespace, name }: Named['metadata']): string {
  return `kubectl annotate ${kind.toLowerCase()} ${name} -n ${namespace} ${ANNOTATIONS.adopt}=true`;
}

/** Whether it could be taken over if a person said so: nobody manages it, and it selects the pods that ours would. */
export function isAdoptable(live: Labelled, owner: RolloutKey): boolean {
  return !holderOf(live) && !controllerOf(live) && hasSelector(live, selectorOf(owner.name));
}

/** Whoever made it and will take it away; what was made for a FogRollout, by whichever tool, is one's to take over. */
function controllerOf({ metadata }: Labelled) {
  return metadata?.ownerReferences?.find(({ controller, kind }) => controller && kind !== FOG_ROLLOUT_KIND);
}

/** Of a Deployment it cannot be changed, and of a Service it is what it is there for. */
function hasSelector({ spec }: Labelled, wanted: Record<string, string>): boolean {
  const selector = canonical(spec?.selector);
  return selector === canonical(wanted) || selector === canonical({ matchLabels: wanted });
}

/** Whether a person said that the object is to be taken over, whatever order it carries. */
export function isToAdopt(live: Labelled | undefined): boolean {
  return live?.metadata?.annotations?.[ANNOTATIONS.adopt] === 'true';
}

/** Why what is live counts as later than ours, and what to do if it is not; to follow the object's name. */
export function describeStale(live: Labelled, ours: Ours, wayOut: string): string {
  const { owner } = ours;
  const carried = orderText(orderOf(live));
  const theirs = live.metadata?.annotations?.[ANNOTATIONS.uid];
  const isSameObject = theirs === undefined || theirs === owner.uid;
  const at = ours.attempt === undefined ? String(ours.generation) : orderText(ours);
  const what = isSameObject
    ? `carries ${carried} of this FogRollout, which is at ${at}`
    : `is of another FogRollout ${owner.namespace}/${owner.name}, made later than this one (${carried}, uid ${theirs})`;
  return `${what}: was it restored from a backup, or made anew elsewhere? To take it over: ${wayOut}`;
}

/** The generation the live object was last given; -1 when it does not say. */
export function generationOf(live: Labelled): number {
  return orderOf(live).generation;
}

/** The order of the decision by which the live object was last written; its generation is -1 when it does not say. */
export function orderOf({ metadata }: Labelled): Order {
  const { [ANNOTATIONS.generation]: generation, [ANNOTATIONS.attempt]: attempt } = metadata?.annotations ?? {};
  return { generation: numberOf(generation) ?? -1, attempt: numberOf(attempt) ?? 0 };
}

function numberOf(text: string | undefined): number | undefined {
  const value = Number(text ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The FogRollout a live object belongs to; undefined when it is none of ours. */
export function holderOf({ metadata }: Labelled): RolloutKey | undefined {
  const labels = metadata?.labels ?? {};
  const namespace = labels[LABELS.ownerNamespace];
  const name = labels[LABELS.rollout];
  if (labels[LABELS.managedBy] !== MANAGED_BY || !namespace || !name) return undefined;
  return { namespace, name };
}

/** What a person can do about an object that is not ours; to follow why it is not to be touched. */
export function wayOutOf(live: Labelled & Named, kind: string, owner: Owner): string {
  const others = `rename the FogRollout, or remove the ${kind}`;
  if (isAdoptable(live, owner)) {
    return `${others}, or have it taken over as it runs (${adoptCommand(kind, live.metadata)}) and retry`;
  }
  const controller = controllerOf(live);
  return controller ? `${others}: ${controller.kind} ${controller.name} has made it` : others;
}

/** Ends a sentence that starts with the object's name: why it is not to be touched. */
export function describeOwner(live: Labelled): string {
  const holder = holderOf(live);
  return holder
    ? `belongs to ${FOG_ROLLOUT_KIND} ${holder.namespace}/${holder.name}`
    : `is not managed by ${MANAGED_BY}`;
}

function timeOf(created: string | undefined): number {
  const time = Date.parse(created ?? '');
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}
