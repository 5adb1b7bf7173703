/** Where a run is, as plain JSON, and what is to be done next. Pure. */
import type { GateState } from '../gates/kind.ts';
import type { SiteFailure } from '../types.ts';
import type { ToldWindow } from '../windows/told.ts';
import type { SteeringState } from './steering.ts';
import type { Step } from './steps.ts';

/** `failing`: it goes on, and will fail whatever comes. */
export type StepPhase = 'pending' | 'active' | 'failing' | 'done' | 'failed' | 'stopped';

/** One step, and how far it is. */
export interface StepState {
  step: Step;
  phase: StepPhase;
  /** It was told to stop, and goes on until it has. */
  stopping?: true;
  /** It has not had its turn, nor will: its layer is passed over. */
  passed?: true;
  failure?: SiteFailure;
  /** Of a step that waits for gates, in their order. */
  gates?: GateState[];
  /** Of a stage: what was waited for after its waves, by their place in the strategy. */
  waves?: Record<number, { name: string; gates: GateState[] }>;
}

/** Plain JSON: it goes through continue-as-new. */
export interface RunState {
  steps: StepState[];
  /** Nothing further is begun. */
  stopped?: boolean;
  /** What people asked of it. */
  steering?: SteeringState;
  /** The FogWindows that it has to do with, as it was last told of them. */
  windows?: ToldWindow[];
  /** Who last changed spec; left out, nobody is recorded. */
  author?: string;
}

/**
 * What was decided otherwise once. `asks-for-each-wave`: a wave that has the place of another in a changed strategy waits for its
 * own gates. `begins-alone-after-gates`: what was to begin beside a stage that is over does not, though a gate came in between.
 */
export type Mend = 'asks-for-each-wave' | 'begins-alone-after-gates';

/** Whether a run decides so: one that was begun before, and is replayed, decides as it did. */
export type IsMended = (mend: Mend) => boolean;

/** What to do next with a step, by its index. `pass`: the turn of a stage is over without it. */
export type RunCommand = { kind: 'begin' | 'stop' | 'pass'; index: number; step: Step };

export function isGoingOn(phase: StepPhase): boolean {
  return phase === 'active' || phase === 'failing';
}

/** It has given something to a site, or is about to. */
export function hasGiven({ step: { kind }, phase, passed }: StepState): boolean {
  return kind !== 'gate' && kind !== 'check' && phase !== 'pending' && !passed;
}

/** It has not brought about what it should, or will not. */
export function isLost(phase: StepPhase): boolean {
  return phase === 'failing' || phase === 'failed' || phase === 'stopped';
}

export function structuredCloneOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
