/** What is waited for between two waves of a stage. Pure. */
import { tellAuthor } from './author.ts';
import { beginAsking, begunAt, failureOf, type GateTurn, isOpen, type Moment, withGates } from './gate-turn.ts';
import type { StepState } from './run-state.ts';
import type { StageStep } from './steps.ts';
import { passGatesOfWindows, tellGates } from './windows.ts';

/** What is waited for, or was, after the waves of a stage. */
export function turnsOfWaves({ step, waves = {} }: StepState): GateTurn[] {
  if (step.kind !== 'stage') return [];
  const { layer, waveGates = {} } = step;
  return Object.entries(waves).flatMap(([at, { name, gates }]): GateTurn[] => {
    const wanted = waveGates[Number(at)];
    return wanted ? [{ step: { kind: 'gate', layer, at: 'after', wave: name, gates: wanted }, gates }] : [];
  });
}

/** Whether the next wave may follow one that is over. Where something is waited for after it, that has been come to. */
export function mayFollow(
  one: StepState,
  { at, name }: { at: number; name: string },
  { now, isHeld, windows, author, isMended }: Moment,
): boolean {
  const gates = one.step.kind === 'stage' ? one.step.waveGates?.[at] : undefined;
  if (!gates) return true;
  const was = one.waves?.[at];
  // Where the strategy has other waves by now, another may have the place of one that was come to.
  const isKnown = was !== undefined && (was.name === name || !isMended('asks-for-each-wave'));
  if (isHeld && !isKnown) return false;
  if (!isKnown) {
    const states = begunAt({ gates }, now);
    tellGates(gates, states, windows);
    tellAuthor(gates, states, author);
    one.waves = { ...one.waves, [at]: { name, gates: states } };
  }
  const turns = turnsOfWaves(one).filter(({ step }) => step.wave === name);
  if (!isHeld) for (const turn of turns) beginAsking(turn);
  if (!turns.every((turn) => isOpen(turn, now))) return false;
  for (const turn of turns) passGatesOfWindows(turn, now);
  return true;
}

/** Who is waited for between its waves is asked, and may fail it. */
export function judgeWaves(one: StepState, { now, isHeld }: Moment): void {
  if (one.phase !== 'active' && one.phase !== 'failing') return;
  for (const turn of turnsOfWaves(one)) {
    if (!isHeld) beginAsking(turn);
    const failure = failureOf(turn, now);
    if (failure) Object.assign(one, { phase: 'failing', failure: one.failure ?? failure });
  }
}

/** Other gates: what has begun goes on; those of one name keep what was decided. @param next - the stage as it is to be */
export function regateWaves(one: StepState, next: StageStep, now: string): void {
  const before = turnsOfWaves(one);
  if (one.step.kind !== 'stage') return;
  const { waveGates: _, ...step } = one.step;
  one.step = { ...step, ...(next.waveGates && { waveGates: next.waveGates }) };
  for (const [at, wave] of Object.entries(one.waves ?? {})) {
    const gates = next.waveGates?.[Number(at)];
    const was = before.find((turn) => turn.step.wave === wave.name);
    if (gates && was) wave.gates = withGates(was, { ...was.step, gates }, now).gates;
  }
}

/** Nobody is waited for any more between its waves; what was open stays said. */
export function endWaves(one: StepState, now: string): void {
  const closed = turnsOfWaves(one).filter((turn) => !isOpen(turn, now));
  const isClosed = (name: string) => closed.some(({ step }) => step.wave === name);
  if (closed.length === 0) return;
  one.waves = Object.fromEntries(Object.entries(one.waves ?? {}).filter(([, { name }]) => !isClosed(name)));
}
