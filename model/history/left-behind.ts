/** What becomes of the record of a run whose place another takes. Pure. */
import type { OpenRunInput } from '../activities.ts';
import { conditionOf } from '../conditions.ts';
import { compareOrder, type Order, orderIn, orderText } from '../order.ts';
import { REASONS } from '../status.ts';
import type { FogRolloutStatus, RevisionId } from '../types.ts';
import { type Outcome, type RunRecord, recordOf } from './record.ts';

/** A record, and the order that it is of. */
export interface OrderRecord {
  order: Order;
  record: RunRecord;
}

/**
 * The run that an object speaks of and that will not say its own end: another is being opened, or it goes on as one of a
 * newer generation itself.
 *
 * @param before - what the object says before the other is opened
 * @param now - RFC 3339
 * @returns undefined when it has ended, or is none that the history has
 */
export function leftBehind(input: OpenRunInput, before: FogRolloutStatus, now: string): OrderRecord | undefined {
  const { revision, superseded, carried } = input;
  const { run, revision: of } = before;
  if (!revision || !run || !of || !isUnderWay(before)) return undefined;
  const outcome = outcomeOf(input, run.runId, before);
  if (!outcome) return undefined;
  const ready = conditionOf(before.conditions, 'Ready');
  const own = superseded?.runId === run.runId ? superseded : undefined;
  const newer = new Map(own ? carried.map((layer) => [layer.name, layer]) : []);
  const { kind, actions } = own ?? input.notes ?? { kind: 'rollout' as const, actions: [] };
  const layers = before.layers?.map((layer) => newer.get(layer.name) ?? layer);
  const record = recordOf(
    { ...before, ...(layers && { layers }) },
    {
      notes: { kind, actions },
      outcome,
      finishedAt: now,
      message: outcome === 'Failed' ? ready!.message : WORDS[outcome](revision),
    },
  );
  return record && { order: orderIn(of), record };
}

type Left = Extract<Outcome, 'Superseded' | 'Adjusted' | 'Interrupted' | 'Failed'>;

const WORDS: Record<Exclude<Left, 'Failed'>, (next: RevisionId) => string> = {
  Superseded: (next) => `superseded by ${orderText(next)}, ${next.version}`,
  Adjusted: ({ generation }) => `went on as generation ${generation}, which changed nothing but the strategy`,
  Interrupted: () => 'ended without a word, and was begun anew',
};

function outcomeOf(
  { revision, run, status, superseded }: OpenRunInput,
  runId: string,
  before: FogRolloutStatus,
): Left | undefined {
  const isLater = compareOrder(revision!, before.revision!) > 0;
  if (runId === run.runId) return isLater ? 'Adjusted' : undefined;
  // One that is opened with a status of its own has not looked at the object: it is of a first generation, or goes on in a
  // fresh history, adjusted as the one before came to its end.
  if (status) return isLater ? 'Adjusted' : 'Interrupted';
  // It has failed, and the next one goes back from it.
  if (isLater && before.phase === 'RollingBack' && !before.rollback) return 'Failed';
  return isLater || superseded?.runId === runId ? 'Superseded' : 'Interrupted';
}

/** Of a rollout: repairs have no record, and what is removed takes its records along. */
export function isUnderWay({ phase, conditions }: FogRolloutStatus): boolean {
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Removing') return false;
  return conditionOf(conditions, 'Ready')?.reason !== REASONS.repairing;
}
