/** What measurements of a metric have come to, and what that means for the gate. Pure. */
import type { MetricGate } from '../types.ts';
import { GATE_REASONS } from './asking.ts';
import type { GateReply } from './kind.ts';

export type Judgement = 'success' | 'failure' | 'inconclusive';

/** Plain JSON: whoever goes on measuring after a crash is handed it. */
export interface Measurements {
  success: number;
  failure: number;
  inconclusive: number;
  /** When the last one was made, ms since the epoch. */
  at?: number;
  /** What the last failure was, or the last that said nothing. */
  last?: string;
}

export const NO_MEASUREMENTS: Measurements = { success: 0, failure: 0, inconclusive: 0 };

/** Defaults as in the schema. */
export function limitsOf({ count = 5, failureLimit = 0, inconclusiveLimit = 3, intervalSeconds = 60 }: MetricGate) {
  return { count, failureLimit, inconclusiveLimit, intervalSeconds };
}

/** @param words - what was measured, for people */
export function withMeasurement(
  before: Measurements,
  { judgement, words, at }: { judgement: Judgement; words: string; at: number },
): Measurements {
  const last = judgement === 'success' ? before.last : words;
  return { ...before, [judgement]: before[judgement] + 1, at, ...(last !== undefined && { last }) };
}

/** undefined while more is to be measured. */
export function replyTo(
  gate: MetricGate,
  { success, failure, inconclusive, last = '' }: Measurements,
): GateReply | undefined {
  const { count, failureLimit, inconclusiveLimit } = limitsOf(gate);
  if (failure > failureLimit) {
    const message = `${failure} of ${success + failure + inconclusive} measurements failed, ${failureLimit} may: ${last}`;
    return { state: 'Failed', reason: GATE_REASONS.failed, message };
  }
  if (inconclusive > inconclusiveLimit) {
    const message = `had ${inconclusive} measurements that said nothing, ${inconclusiveLimit} may: ${last}`;
    return { state: 'Failed', reason: GATE_REASONS.inconclusive, message, pauses: true };
  }
  if (success < count) return undefined;
  return { state: 'Open', message: `${success} of ${success + failure + inconclusive} measurements were good` };
}

/** How long that can take at most where each measurement takes as long as it may, in seconds. */
export function longestSeconds(gate: MetricGate): number {
  const { count, failureLimit, inconclusiveLimit, intervalSeconds } = limitsOf(gate);
  return (count + failureLimit + inconclusiveLimit + 1) * (intervalSeconds + MEASURED_WITHIN_SECONDS) + SLACK_SECONDS;
}

/** How long one measurement may take, in seconds. */
export const MEASURED_WITHIN_SECONDS = 30;

/** For workers that come and go meanwhile, in seconds. */
const SLACK_SECONDS = 600;
