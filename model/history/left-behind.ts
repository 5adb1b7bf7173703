/** What becomes of the record of a run whose place another takes. Pure. */
import type { OpenRunInput } from '../activities.ts';
import { conditionOf } from '../conditions.ts';
import { REASONS } from '../status.ts';
import type { FogRolloutStatus } from '../types.ts';
import { type Outcome, type RunRecord, recordOf } from './record.ts';

/** A record, and the generation that it is of. */
export interface GenerationRecord {
  generation: number;
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
export function leftBehind(input: OpenRunInput, before: FogRolloutStatus, now: string): GenerationRecord | undefined {
  const { revision, superseded, carried } = input;
  const { run, revision: of } = before;
  if (!revision || !run || !of || !isUnderWay(before)) return undefined;
  const outcome = outcomeOf(input, run.runId, of.generation);
  if (!outcome) return undefined;
  const own = superseded?.runId === run.runId ? superseded : undefined;
  const newer = new Map(own ? carried.map((layer) => [layer.name, layer]) : []);
  const { kind, actions } = own ?? input.notes ?? { kind: 'rollout' as const, actions: [] };
  const layers = before.layers?.map((layer) => newer.get(layer.name) ?? layer);
  const record = recordOf(
    { ...before, ...(layers && { layers }) },
    { notes: { kind, actions }, outcome, finishedAt: now, message: WORDS[outcome](revision) },
  );
  return record && { generation: of.generation, record };
}

type Left = Extract<Outcome, 'Superseded' | 'Adjusted' | 'Interrupted'>;

const WORDS: Record<Left, (next: { generation: number; version: string }) => string> = {
  Superseded: ({ generation, version }) => `superseded by generation ${generation}, ${version}`,
  Adjusted: ({ generation }) => `went on as generation ${generation}, which changed nothing but the strategy`,
  Interrupted: () => 'ended without a word, and was begun anew',
};

function outcomeOf({ revision, run, status, superseded }: OpenRunInput, runId: string, of: number): Left | undefined {
  const isLater = revision!.generation > of;
  if (runId === run.runId) return isLater ? 'Adjusted' : undefined;
  // One that is opened with a status of its own has not looked at the object: it is of a first generation, or goes on in a
  // fresh history, adjusted as the one before came to its end.
  if (status) return isLater ? 'Adjusted' : 'Interrupted';
  return isLater || superseded?.runId === runId ? 'Superseded' : 'Interrupted';
}

/** Of a rollout: repairs have no record, and what is removed takes its records along. */
export function isUnderWay({ phase, conditions }: FogRolloutStatus): boolean {
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Removing') return false;
  return conditionOf(conditions, 'Ready')?.reason !== REASONS.repairing;
}
