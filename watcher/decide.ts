import { FINALIZER } from '../model/names.ts';
import { ownerOf, revisionOf } from '../model/revision.ts';
import type { ChangeSignal, RemoveSignal } from '../model/signals.ts';
import type { FogRollout, Owner } from '../model/types.ts';

/** What the watcher has to do about one FogRollout. */
export type Decision =
  | { kind: 'change'; rollout: FogRollout }
  | { kind: 'remove'; signal: RemoveSignal }
  /** The generation's run has ended: look whether its releases are still as they were written. */
  | { kind: 'inspect'; rollout: FogRollout }
  | { kind: 'nothing' };

/**
 * Decides from what is there, not from what happened: a watcher that starts late or again comes to the same answer.
 *
 * @param orphanOf - the owner that releases of this name carry, when there are any
 */
export function decide(rollout: FogRollout | undefined, orphanOf: Owner | undefined): Decision {
  if (!rollout) return orphanOf ? { kind: 'remove', signal: { owner: orphanOf } } : { kind: 'nothing' };
  if (rollout.metadata.deletionTimestamp) {
    const isHeldByUs = rollout.metadata.finalizers?.includes(FINALIZER) ?? false;
    return isHeldByUs ? { kind: 'remove', signal: { owner: ownerOf(rollout) } } : { kind: 'nothing' };
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

/** Freezes the object's content: only done for what is really sent. */
export function changeOf(rollout: FogRollout): ChangeSignal {
  return { owner: ownerOf(rollout), revision: revisionOf(rollout) };
}

/** Names a decision, so that the same one is not signalled again and again. */
export function fingerprint(decision: Decision): string {
  switch (decision.kind) {
    case 'change':
      return `change/${decision.rollout.metadata.uid}/${decision.rollout.metadata.generation}`;
    case 'remove':
      return `remove/${decision.signal.owner.uid}`;
    default:
      return decision.kind;
  }
}
