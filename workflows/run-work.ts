/** What a run is about, by what it was asked for. */
import { revisionIdIn } from '../model/order.ts';
import { planHashOf } from '../model/plan-hash.ts';
import type { UnderWay } from '../model/run/situation.ts';
import { type Step, stepsOfChange, stepsOfRemoval, stepsOfRepair } from '../model/run/steps.ts';
import { ownerOf } from '../model/run/work.ts';
import type { ChangeSignal, Work } from '../model/signals.ts';
import type { Owner, RevisionId } from '../model/types.ts';

export function stepsOf(work: Work): Step[] {
  if (work.kind === 'rollout') return stepsOfChange(work.change);
  return work.kind === 'repair' ? stepsOfRepair(work.repair) : stepsOfRemoval(work.remove);
}

export function underWayBy({ revision, rollback }: ChangeSignal): UnderWay {
  return { ...revisionIdIn(revision), isRollback: rollback !== undefined, plan: () => planHashOf(revision) };
}

export function waitingIn(work: Work): { owner: Owner; revision: RevisionId } {
  if (work.kind !== 'rollout') throw new TypeError(`A ${work.kind} waits at no gate`);
  return { owner: ownerOf(work), revision: revisionIdIn(work.change.revision) };
}

export function isPaused(work: Work): boolean {
  return work.kind === 'rollout' && work.change.revision.strategy.paused === true;
}
