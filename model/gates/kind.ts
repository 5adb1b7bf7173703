/** What every kind of gate answers. Times are RFC 3339. */
import type { Gate, GateDecision } from '../types.ts';
import type { ToldWindow } from '../windows/told.ts';

/** A layer has to stay ready. Made of `soakSeconds`. */
export interface Soak {
  seconds: number;
  /** How long it may be unready, in seconds, before it has failed. */
  deadlineSeconds: number;
}

/** What a step waits for: a gate of the strategy, or that the layer stays ready. */
export type AnyGate = Gate | { name: string; soak: Soak };

/** What a person decides about a gate. */
export interface Decision extends GateDecision {
  approves: boolean;
  /** It counts for what has that plan alone. */
  plan?: string;
  reason?: string;
}

/** What a gate knows. Plain JSON, bounded: it goes through continue-as-new, and may wait for months. */
export interface GateState {
  /** When it was come to, or began to wait anew. */
  since: string;
  decisions: Decision[];
  /** Of a soak: since when the layer is not ready, and why. */
  unready?: { since: string; message: string };
  /** Of a gate that names a FogWindow: what was told of that; left out, there is none. */
  window?: ToldWindow;
  /** Likewise: when the run went on by it. It may close again. */
  passed?: string;
  /** Of an approval with `notAuthor`: who last changed spec; left out, nobody is recorded. */
  author?: string;
  /** Of a gate that asks others: they are asked by now, and go on being asked when the run is held. */
  asks?: true;
  /** What was heard of them that is neither yes nor no. */
  heard?: Heard;
  /** What they said, which is the end of it. */
  reply?: GateReply;
}

/** What came of asking others. */
export type GateReply = Exclude<GateAnswer, { state: 'Closed' }>;

/** What was heard instead: they are asked again. */
export type Unsettled = Pick<Extract<GateAnswer, { state: 'Closed' }>, 'state' | 'message'>;

/** What people are shown while others go on being asked. */
export interface Heard {
  message: string;
  /** When it was heard for the first time. */
  at: string;
  /** How often something else was told. */
  times: number;
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
  /** Why what a person decides means nothing here; undefined when it does. Left out, nobody decides about it. */
  refusal?(spec: Spec, state: GateState, decision: Decision): string | undefined;
}
