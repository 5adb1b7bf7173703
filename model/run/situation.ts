/** What of a run the actions of people are judged by. Pure. */
import type { Layer } from '../layers.ts';
import type { RevisionId } from '../types.ts';
import { turnsIn } from './gate-steps.ts';
import type { GateTurn } from './gate-turn.ts';
import { isGoingOn, type StepPhase, type StepState } from './run-state.ts';

/** The revision that is under way. */
export interface UnderWay extends RevisionId {
  /** It is an earlier one's content. */
  isRollback: boolean;
  /** Names what is given, and how. */
  plan(): string;
}

/** What of a run an action is judged by. */
export interface Situation {
  /** What is under way. */
  under: UnderWay;
  /** Where it waits. */
  turns: GateTurn[];
  /** Layers with FogSites that have their turn. */
  stages: Layer[];
  /** All layers that are to be given something, in their order, and how far each is. */
  layers: ReadonlyMap<Layer, LayerProgress>;
  /** RFC 3339. */
  now: string;
}

export type LayerProgress = 'to come' | 'under way' | 'failing' | 'over';

/** @param now - RFC 3339 */
export function situationOf(steps: StepState[], under: UnderWay, now: string): Situation {
  const stages = steps.flatMap(({ step, phase }) => (step.kind === 'stage' ? [{ ...step, phase }] : []));
  return {
    under,
    turns: turnsIn(steps.filter(({ phase }) => phase === 'active')),
    stages: stages.flatMap(({ layer, isFleet, phase }) => (isFleet && isGoingOn(phase) ? [layer] : [])),
    layers: new Map(stages.map(({ layer, phase }) => [layer, progressOf(phase)])),
    now,
  };
}

function progressOf(phase: StepPhase): LayerProgress {
  if (phase === 'pending') return 'to come';
  if (phase === 'active') return 'under way';
  return phase === 'done' ? 'over' : 'failing';
}
