/** What every kind of gate answers. Times are RFC 3339. */
import type { GateDecision } from '../types.ts';

/** What a person decides about a gate. */
export interface Decision extends GateDecision {
  approves: boolean;
  reason?: string;
}

/** What a gate knows. Plain JSON, bounded: it goes through continue-as-new, and may wait for months. */
export interface GateState {
  /** When it was come to, or began to wait anew. */
  since: string;
  decisions: Decision[];
}

export type GateAnswer =
  | { state: 'Open'; message: string }
  /** `until`: when it may answer something else by itself; left out, only when it is told something. */
  | { state: 'Closed'; message: string; until?: string }
  /** It opens no more. The run has failed, or, with `pauses`, is held until a person lets the gate wait anew. */
  | { state: 'Failed'; reason: string; message: string; pauses?: true };

/** One kind of gate. Pure, so that the simulations reach it. */
export interface GateKind<Spec> {
  answer(spec: Spec, state: GateState, now: string): GateAnswer;
  /** Why what a person decides means nothing here; undefined when it does. */
  refusal(spec: Spec, state: GateState, decision: Decision): string | undefined;
}
