/** All kinds of gates. A new one is a file here, its schema in crds/fogrollouts.yaml, and a member of `KINDS`. */
import type { Gate } from '../types.ts';
import { approval } from './approval.ts';
import type { Decision, GateAnswer, GateState } from './kind.ts';

const KINDS = { approval };

/** What it is called among those of its place: as it is named, or by its kind, e.g. `approval`, `approval-2`. */
export function gateName({ name }: Gate, index: number): string {
  return name ?? (index === 0 ? 'approval' : `approval-${index + 1}`);
}

/** @param now - RFC 3339 */
export function answerOf(gate: Gate, state: GateState, now: string): GateAnswer {
  return KINDS.approval.answer(gate.approval, state, now);
}

/** Why what a person decides means nothing to it; undefined when it does. */
export function refusalOf(gate: Gate, state: GateState, decision: Decision): string | undefined {
  return KINDS.approval.refusal(gate.approval, state, decision);
}
