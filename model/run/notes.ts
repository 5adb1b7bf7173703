/** What the history has of a run besides its status. Pure. */
import type { Work } from '../signals.ts';
import type { ActionRequest } from './steering.ts';

/** What a person asked of a run, and it took. */
export type TakenAction = Pick<ActionRequest, 'action' | 'layer' | 'gate' | 'by' | 'at' | 'reason'>;

/** `retry`: the same generation again, because a person asked for it. */
export const RUN_KINDS = ['rollout', 'retry'] as const;

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
  const { action, asked } = work.change;
  return { kind: action === undefined ? 'rollout' : 'retry', actions: [...(asked ? [asked] : []), ...taken] };
}

export function takenOf({ action, layer, gate, by, at, reason }: ActionRequest): TakenAction {
  return {
    action,
    ...(layer && { layer }),
    ...(gate !== undefined && { gate }),
    by,
    at,
    ...(reason !== undefined && { reason }),
  };
}
