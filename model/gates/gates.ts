/** All kinds of gates. A new one is a file here, its schema in crds/fogrollouts.yaml, and a line in {@link answerOf}. */
import { approval } from './approval.ts';
import { asked, askedKindOf } from './asked.ts';
import type { AnyGate, Decision, GateAnswer, GateState } from './kind.ts';
import { soak } from './soak.ts';
import { window } from './window.ts';

/** What it is called among those of its place: as it is named, or by its kind, e.g. `approval`, `approval-2`. */
export function gateName(gate: AnyGate, index: number): string {
  const kind = 'window' in gate ? 'window' : (askedKindOf(gate) ?? 'approval');
  return gate.name ?? (index === 0 ? kind : `${kind}-${index + 1}`);
}

/** @param now - RFC 3339 */
export function answerOf(gate: AnyGate, state: GateState, now: string): GateAnswer {
  if ('soak' in gate) return soak.answer(gate.soak, state, now);
  if (gate.window) return window.answer(gate.window, state, now);
  return gate.approval ? approval.answer(gate.approval, state, now) : asked.answer(gate, state, now);
}

/** True for what people decide about. */
export function isDecided(gate: AnyGate): boolean {
  return 'approval' in gate;
}

/** Why what a person decides means nothing to it; undefined when it does. */
export function refusalOf(gate: AnyGate, state: GateState, decision: Decision): string | undefined {
  if ('soak' in gate || !gate.approval) return 'nobody decides about it';
  return approval.refusal?.(gate.approval, state, decision);
}
