/** All kinds of gates. A new one is a file here, its schema in crds/fogrollouts.yaml, and a line in {@link answerOf}. */
import { approval } from './approval.ts';
import type { AnyGate, Decision, GateAnswer, GateState } from './kind.ts';
import { soak } from './soak.ts';

/** What it is called among those of its place: as it is named, or by its kind, e.g. `approval`, `approval-2`. */
export function gateName({ name }: AnyGate, index: number): string {
  return name ?? (index === 0 ? 'approval' : `approval-${index + 1}`);
}

/** @param now - RFC 3339 */
export function answerOf(gate: AnyGate, state: GateState, now: string): GateAnswer {
  return 'soak' in gate ? soak.answer(gate.soak, state, now) : approval.answer(gate.approval, state, now);
}

/** True for what people decide about. */
export function isDecided(gate: AnyGate): boolean {
  return 'approval' in gate;
}

/** Why what a person decides means nothing to it; undefined when it does. */
export function refusalOf(gate: AnyGate, state: GateState, decision: Decision): string | undefined {
  return 'approval' in gate ? approval.refusal?.(gate.approval, state, decision) : 'nobody decides about it';
}
