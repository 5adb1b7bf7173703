import type { Layer } from '../model/layers.ts';
import { FINALIZER, ORPHAN_FINALIZER } from '../model/names.ts';
import type { Order } from '../model/order.ts';
import { authorOf, hasLayer, ownerOf, revisionOf } from '../model/revision.ts';
import type { ChangeSignal, RemoveSignal } from '../model/signals.ts';
import type { FogRollout, Owner } from '../model/types.ts';

/** What the watcher has to do about one FogRollout. */
export type Decision =
  | { kind: 'change'; rollout: FogRollout }
  /** Without `rollout`, the object is gone and its releases are not. */
  | { kind: 'remove'; signal: RemoveSignal; rollout?: FogRollout }
  /** The generation's run has ended: look whether its releases are still as they were written. */
  | { kind: 'inspect'; rollout: FogRollout }
  | { kind: 'nothing' };

/** A decision that a run has to be begun for. */
export type Begins = Extract<Decision, { kind: 'change' | 'remove' }>;

/**
 * Decides from what is there, not from what happened: a watcher that starts late or again comes to the same answer.
 *
 * @param orphanOf - the owner that releases or records of this name carry, when there are any
 */
export function decide(rollout: FogRollout | undefined, orphanOf: Owner | undefined): Decision {
  if (!rollout) return orphanOf ? { kind: 'remove', signal: { owner: orphanOf } } : { kind: 'nothing' };
  if (rollout.metadata.deletionTimestamp) {
    const { finalizers = [] } = rollout.metadata;
    if (!finalizers.includes(FINALIZER)) return { kind: 'nothing' };
    const orphan = finalizers.includes(ORPHAN_FINALIZER);
    return { kind: 'remove', signal: { owner: ownerOf(rollout), ...(orphan && { orphan }) }, rollout };
  }
  if (!isSettled(rollout)) {
    return { kind: 'change', rollout };
  }
  return { kind: 'inspect', rollout };
}

/** True when the run of the object's present generation has ended, well or for good; a repair may be going on. */
export function isSettled({ metadata, status }: FogRollout): boolean {
  return status?.observedGeneration === metadata.generation;
}

/** Whether a rollout is to have a release in a layer. */
export function wants(rollout: FogRollout | undefined, layer: Layer): boolean {
  return rollout !== undefined && hasLayer(rollout, layer) && !rollout.metadata.deletionTimestamp;
}

/** True when the status names a run that is at it: nobody need begin it, only see that it goes on. */
export function isTakenUp(decision: Decision): boolean {
  if (decision.kind === 'nothing' || !decision.rollout) return false;
  const { metadata, status } = decision.rollout;
  if (!status?.run) return false;
  switch (decision.kind) {
    case 'change':
      return status.revision?.generation === metadata.generation;
    case 'remove':
      return status.phase === 'Removing';
    case 'inspect': // a repair that says so
      return status.phase !== 'Succeeded' && status.phase !== 'Failed';
  }
}

/** True for what adds a run to those that are open: a change whose object has none that would take it up. */
export function beginsAnother(decision: Begins): boolean {
  if (decision.kind === 'remove') return false;
  const { run, phase } = decision.rollout.status ?? {};
  return !run || phase === 'Succeeded' || phase === 'Failed';
}

/** What an order stands for is what spec says now: nothing else was given under its generation. */
export function isOfSpec({ metadata, status }: FogRollout, order: Order): boolean {
  const isPresent = status?.revision?.generation === metadata.generation;
  const attempt = (isPresent && status.revision?.attempt) || 0;
  return order.generation === metadata.generation && !order.attempt && attempt === 0;
}

/** Freezes the object's content: only done for what is really sent. */
export function changeOf(rollout: FogRollout): ChangeSignal {
  const author = authorOf(rollout);
  return { owner: ownerOf(rollout), ...(author !== undefined && { author }), revision: revisionOf(rollout) };
}

/** Names a decision, so that the same one is not signalled again and again. */
export function fingerprint(decision: Decision): string {
  switch (decision.kind) {
    case 'change':
      return `change/${decision.rollout.metadata.uid}/${decision.rollout.metadata.generation}`;
    case 'remove':
      return `remove/${decision.signal.owner.uid}`;
    case 'inspect':
      return `inspect/${decision.rollout.metadata.uid}/${decision.rollout.metadata.generation}`;
    default:
      return decision.kind;
  }
}
