/** A step that waits for gates, and what they answer. Pure. */
import { answerOf, gateName } from '../gates/gates.ts';
import type { GateAnswer, GateState } from '../gates/kind.ts';
import type { Layer } from '../layers.ts';
import type { GateStatus, SiteFailure } from '../types.ts';
import type { GateStep } from './steps.ts';

export interface GateTurn {
  step: GateStep;
  /** In the order of the step's gates. */
  gates: GateState[];
}

/** How many gates a status shows: those that were come to last. */
export const SHOWN_GATES = 12;

/** @param now - RFC 3339, as below */
export function begunAt({ gates }: Pick<GateStep, 'gates'>, now: string): GateState[] {
  return gates.map(() => ({ since: now, decisions: [] }));
}

/** Other gates, those of one name with what was decided about them. */
export function withGates({ step: before, gates }: GateTurn, step: GateStep, now: string): GateTurn {
  const known = new Map(before.gates.map((gate, at) => [gateName(gate, at), gates[at]!]));
  return {
    step,
    gates: step.gates.map((gate, at) => known.get(gateName(gate, at)) ?? { since: now, decisions: [] }),
  };
}

export function answersOf({ step, gates }: GateTurn, now: string): GateAnswer[] {
  return step.gates.map((gate, at) => answerOf(gate, gates[at]!, now));
}

/** Why the run fails by a gate; undefined when it does not. */
export function failureOf(turn: GateTurn, now: string): SiteFailure | undefined {
  const { layer, gates } = turn.step;
  for (const [index, answer] of answersOf(turn, now).entries()) {
    if (answer.state !== 'Failed' || answer.pauses) continue;
    const message = `${layer}: the gate ${gateName(gates[index]!, index)} ${placeIn(turn.step)}: ${answer.message}`;
    return { site: layer, layer, reason: answer.reason, message };
  }
  return undefined;
}

/** For the object's status. */
export function gateStatuses(turn: GateTurn, now: string): GateStatus[] {
  const { step, gates } = turn;
  return answersOf(turn, now).map(({ state, message }, index) => {
    const { since, decisions, unready } = gates[index]!;
    return {
      layer: step.layer,
      at: step.at,
      ...(step.wave !== undefined && { wave: step.wave }),
      name: gateName(step.gates[index]!, index),
      state,
      message,
      since,
      ...(unready && { unready: true }),
      ...(decisions.length > 0 && { decisions: decisions.slice(0, 10).map(({ by, at }) => ({ by, at })) }),
    };
  });
}

/** e.g. `before the edge`, `after canary of the edge`. */
export function placeText({
  at,
  layer,
  wave,
}: {
  at: GateStep['at'];
  layer: Layer;
  wave?: string | undefined;
}): string {
  return wave === undefined ? `${at} the ${layer}` : `${at} ${wave} of the ${layer}`;
}

/** The same where the layer is named already. */
function placeIn({ at, wave }: GateStep): string {
  return `${at} ${wave ?? 'it'}`;
}
