/** A step that waits for gates, and what they answer. Pure. */
import { type Asking, askedKindOf, keptReply } from '../gates/asked.ts';
import { answerOf, gateName, isDecided } from '../gates/gates.ts';
import type { AnyGate, GateAnswer, GateReply, GateState, Unsettled } from '../gates/kind.ts';
import type { Layer } from '../layers.ts';
import type { GateStatus, SiteFailure } from '../types.ts';
import type { ToldWindow } from '../windows/told.ts';
import type { IsMended } from './run-state.ts';
import type { GateStep } from './steps.ts';

export interface GateTurn {
  step: GateStep;
  /** In the order of the step's gates. */
  gates: GateState[];
}

/** When gates are looked at, and by what. */
export interface Moment {
  /** RFC 3339. */
  now: string;
  /** People hold the run: nothing is come to, and nobody is asked. */
  isHeld: boolean;
  /** The FogWindows that the run was last told of. */
  windows: ToldWindow[] | undefined;
  /** Who last changed spec; undefined where nobody is recorded. */
  author: string | undefined;
  isMended: IsMended;
}

/** How many gates a status shows: those that were come to last. */
export const SHOWN_GATES = 12;

/** @param now - RFC 3339, as below */
export function begunAt({ gates }: Pick<GateStep, 'gates'>, now: string): GateState[] {
  return gates.map(() => ({ since: now, decisions: [] }));
}

/** Other gates, those of one name with what was decided about them. */
export function withGates({ step: before, gates }: GateTurn, step: GateStep, now: string): GateTurn {
  const known = new Map(before.gates.map((gate, at) => [gateName(gate, at), { gate, state: gates[at]! }]));
  const stateOf = (gate: AnyGate, at: number) => {
    const was = known.get(gateName(gate, at));
    return was && keeps(was, gate) ? was.state : { since: now, decisions: [] };
  };
  return { step, gates: step.gates.map(stateOf) };
}

/** Who is asked otherwise than before is asked anew, unless that is done. */
function keeps({ gate, state }: { gate: AnyGate; state: GateState }, next: AnyGate): boolean {
  const kind = askedKindOf(next);
  if (kind !== askedKindOf(gate)) return false;
  return kind === undefined || state.reply?.state === 'Open' || JSON.stringify(gate) === JSON.stringify(next);
}

/** What was decided about another plan counts no more. */
export function forgetOtherPlans({ gates }: GateTurn, plan: () => string): void {
  for (const gate of gates) {
    gate.decisions = gate.decisions.filter((decision) => decision.plan === undefined || decision.plan === plan());
  }
}

/** From now on others are asked, whose gate it is. */
export function beginAsking({ step, gates }: GateTurn): void {
  for (const [index, gate] of step.gates.entries()) if (askedKindOf(gate)) gates[index]!.asks = true;
}

/** Who is asked, and has not answered yet. */
export function askingsOf({ step, gates }: GateTurn): Asking[] {
  const { layer, at, wave } = step;
  return step.gates.flatMap((gate, index): Asking[] => {
    const { since, asks, heard, reply } = gates[index]!;
    if (!asks || reply || 'soak' in gate) return [];
    const name = gateName(gate, index);
    return [{ layer, at, ...(wave !== undefined && { wave }), name, since, gate, ...(heard && { heard }) }];
  });
}

/** What came of an asking; of one that is not waited for any more, nothing does. */
export function takeReply(turn: GateTurn, asking: Omit<Asking, 'gate'>, reply: GateReply): void {
  const state = askedIn(turn, asking);
  if (state) state.reply = keptReply(reply);
}

/** What was heard meanwhile; as above. */
export function takeWord(turn: GateTurn, asking: Omit<Asking, 'gate'>, word: Unsettled, now: string): void {
  const state = askedIn(turn, asking);
  if (state) state.heard = { message: keptReply(word).message, at: now, times: (state.heard?.times ?? -1) + 1 };
}

/** The gate that waits for it; undefined when none does. */
function askedIn(turn: GateTurn, { layer, at, wave, name, since }: Omit<Asking, 'gate'>): GateState | undefined {
  const { step, gates } = turn;
  if (step.layer !== layer || step.at !== at || step.wave !== wave) return undefined;
  if (!askingsOf(turn).some((one) => one.name === name && one.since === since)) return undefined;
  return gates[step.gates.findIndex((gate, place) => gateName(gate, place) === name)];
}

/** A gate that waited in vain waits anew. */
export function waitsAnew(gate: GateState, now: string): void {
  gate.since = now;
  delete gate.asks;
  delete gate.heard;
  delete gate.reply;
}

/** Whether it is people who are waited for. */
export function awaitsPeople(turn: GateTurn, now: string): boolean {
  return answersOf(turn, now).some(({ state }, index) => state === 'Closed' && isDecided(turn.step.gates[index]!));
}

/** Why a gate has failed that only holds the run; undefined when none has. */
export function lapseOf(turn: GateTurn, now: string): string | undefined {
  return answersOf(turn, now)
    .flatMap((answer) => (answer.state === 'Failed' && answer.pauses ? [answer.reason] : []))
    .at(0);
}

export function answersOf({ step, gates }: GateTurn, now: string): GateAnswer[] {
  return step.gates.map((gate, at) => answerOf(gate, gates[at]!, now));
}

export function isOpen(turn: GateTurn, now: string): boolean {
  return answersOf(turn, now).every(({ state }) => state === 'Open');
}

export function closedGates(turn: GateTurn, now: string): AnyGate[] {
  const answers = answersOf(turn, now);
  return turn.step.gates.filter((_, at) => answers[at]!.state === 'Closed');
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
