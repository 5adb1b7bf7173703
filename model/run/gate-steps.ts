/** Steps of a run that wait for gates. Pure. */
import { tellAuthor } from './author.ts';
import { beginAsking, begunAt, failureOf, type GateTurn, isOpen, type Moment, withGates } from './gate-turn.ts';
import type { StepState } from './run-state.ts';
import type { GateStep } from './steps.ts';
import { turnsOfWaves } from './wave-gates.ts';
import { passGatesOfWindows, tellGates } from './windows.ts';

/** What was come to, between waves too. */
export function turnsIn(steps: StepState[]): GateTurn[] {
  return steps.flatMap((one) => {
    const { step, gates } = one;
    return step.kind === 'gate' && gates ? [{ step, gates }] : turnsOfWaves(one);
  });
}

/** Begins to wait where it is its turn, and sees whether all are open. */
export function passGates(
  one: StepState,
  { mayBegin, mustStop }: { mayBegin: boolean; mustStop: boolean },
  { now, isHeld, windows, author }: Moment,
): void {
  if (one.step.kind !== 'gate') return;
  if (one.phase === 'pending' && !isHeld && mayBegin) {
    one.phase = 'active';
    one.gates = begunAt(one.step, now);
    tellGates(one.step.gates, one.gates, windows);
    tellAuthor(one.step.gates, one.gates, author);
  }
  if (one.phase !== 'active') return;
  const turn = { step: one.step, gates: one.gates ?? [] };
  if (!isHeld) beginAsking(turn);
  const failure = failureOf(turn, now);
  if (mustStop) one.phase = 'stopped';
  else if (failure) Object.assign(one, { phase: 'failed', failure });
  else if (isOpen(turn, now)) {
    one.phase = 'done';
    passGatesOfWindows(turn, now);
  }
}

/** Other gates; with none in their place any more, they are open. @param next - the step as it is to be */
export function regate(one: StepState, next: GateStep | undefined, now: string): void {
  if (one.step.kind !== 'gate') return;
  const { step } = one;
  Object.assign(one, withGates({ step, gates: one.gates ?? [] }, next ?? { ...step, gates: [] }, now));
}

/** Nobody is waited for any more, where somebody was. */
export function endGates(one: StepState, now: string): void {
  if (turnsIn([one]).every((turn) => isOpen(turn, now))) return;
  Object.assign(one, { phase: 'done', passed: true });
  delete one.gates;
}
