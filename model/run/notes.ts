/** What the history has of a run besides its status. Pure. */
import type { ChangeSignal, Work } from '../signals.ts';
import type { ActionRequest } from './steering.ts';

/** What a person asked of a run, and it took. */
export type TakenAction = Pick<ActionRequest, 'action' | 'layer' | 'wave' | 'gate' | 'plan' | 'by' | 'at' | 'reason'>;

/** `retry`: the same again, because a person asked for it. The last two are later attempts of a generation. */
export const RUN_KINDS = ['rollout', 'retry', 'rollback', 'restart'] as const;

export interface RunNotes {
  kind: (typeof RUN_KINDS)[number];
  /** Oldest first. */
  actions: TakenAction[];
}

/** A run that gave way to the next, and could not write its own end. */
export interface SupersededRun extends RunNotes {
  runId: string;
}

/** @param taken - by the run while it was under way @returns undefined of what is no rollout: the history has none of it */
export function notesOf(work: Work, taken: TakenAction[]): RunNotes | undefined {
  if (work.kind !== 'rollout') return undefined;
  const { asked } = work.change;
  return { kind: kindOf(work.change), actions: [...(asked ? [asked] : []), ...taken] };
}

function kindOf({ action, asked, rollback, restartedAt }: ChangeSignal): RunNotes['kind'] {
  if (restartedAt !== undefined) return 'restart';
  if (rollback) return 'rollback';
  return action === undefined || asked?.action === 'Resume' ? 'rollout' : 'retry';
}

export function takenOf({ action, layer, wave, gate, plan, by, at, reason }: ActionRequest): TakenAction {
  return {
    action,
    ...(layer && { layer }),
    ...(wave !== undefined && { wave }),
    ...(gate !== undefined && { gate }),
    ...(plan !== undefined && { plan }),
    by,
    at,
    ...(reason !== undefined && { reason }),
  };
}
