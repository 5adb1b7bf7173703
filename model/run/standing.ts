/** What holds a run, as its object says it. Pure. */
import { SOAK } from '../gates/soak.ts';
import type { Rollback } from '../signals.ts';
import { REASONS, rollingBackText, settle } from '../status.ts';
import { boundText } from '../text.ts';
import type { FogRolloutStatus, GateStatus, Hold } from '../types.ts';
import { windowsText } from '../windows/told.ts';
import {
  awaitsPeople,
  closedGates,
  type GateTurn,
  gateStatuses,
  lapseOf,
  placeText,
  SHOWN_GATES,
} from './gate-turn.ts';
import type { RunMachine } from './machine.ts';

/** Reason of the conditions while a FogWindow, and no person, keeps a run from going on. */
export const WINDOW_CLOSED = 'WindowClosed';

/** However many windows are closed, in bytes. */
const MAX_MESSAGE = 1_000;

/** Whether a run goes on, and if not, why. */
export interface Standing {
  phase: 'Progressing' | 'RollingBack' | 'Paused' | 'WaitingForApproval';
  /** CamelCase. */
  reason: string;
  message: string;
  gates: GateStatus[];
  hold?: Hold;
}

/** What a run gives the layers. */
export interface RolledOut {
  version: string;
  rollback?: Rollback | undefined;
}

/** @param now - RFC 3339 */
export function standingOf(machine: RunMachine, what: RolledOut, now: string): Standing {
  const gates = machine.turns.flatMap((turn) => gateStatuses(turn, now)).slice(-SHOWN_GATES);
  const { hold } = machine.steering;
  return { ...phaseOf(machine, what, now), gates, ...(hold && { hold }) };
}

function phaseOf(
  machine: RunMachine,
  { version, rollback }: RolledOut,
  now: string,
): Pick<Standing, 'phase' | 'reason' | 'message'> {
  const { waiting } = machine;
  const gates = waiting.flatMap((turn) => gateStatuses(turn, now)).slice(-SHOWN_GATES);
  const closed = gates.filter(({ state }) => state === 'Closed');
  const lapsed = gates.filter(({ state }) => state === 'Failed');
  const wordsOf = (all: GateStatus[]) =>
    all.map((gate) => `${placeText(gate)}, the gate ${gate.name} ${gate.message}`).join('; ');
  if (machine.steering.isHeld) {
    const { hold } = machine.steering;
    const by = hold ? `by ${hold.by}${hold.reason === undefined ? '' : `: ${hold.reason}`}` : 'by spec.strategy.paused';
    return { phase: 'Paused', reason: 'Paused', message: `${version} is paused ${by}` };
  }
  if (lapsed.length > 0) {
    const message = `${version} is paused: ${wordsOf(lapsed)}; a FogAction Resume lets it wait anew`;
    const [reason = 'Paused'] = waiting.flatMap((turn) => lapseOf(turn, now) ?? []);
    return { phase: 'Paused', reason, message };
  }
  if (closed.length > 0) {
    const message = `${version}: ${wordsOf(closed)}`;
    if (closed.every(({ name }) => name === SOAK)) return { phase: 'Progressing', reason: 'Soaking', message };
    if (awaitsWindows(waiting, now)) return { phase: 'Paused', reason: WINDOW_CLOSED, message };
    if (!waiting.some((turn) => awaitsPeople(turn, now))) {
      return { phase: 'Progressing', reason: 'WaitingForGate', message };
    }
    return { phase: 'WaitingForApproval', reason: 'WaitingForApproval', message };
  }
  const windows = machine.closedWindows(now);
  if (windows.length > 0) {
    const message = `${version} waits: ${windowsText(windows, now)}`;
    return { phase: 'Paused', reason: WINDOW_CLOSED, message: boundText(message, MAX_MESSAGE) };
  }
  if (rollback)
    return { phase: 'RollingBack', reason: REASONS.rollingBack, message: rollingBackText(version, rollback) };
  return { phase: 'Progressing', reason: REASONS.progressing, message: `Rolling out ${version}` };
}

/** It waits for nobody: what is closed opens by the time of day, or by a layer that stays ready. */
function awaitsWindows(turns: GateTurn[], now: string): boolean {
  const closed = turns.flatMap((turn) => closedGates(turn, now));
  return closed.every((gate) => 'soak' in gate || gate.window !== undefined);
}

/** Nothing holds it, and nothing did. */
export function isFree({ phase, gates, hold }: Standing): boolean {
  return (phase === 'Progressing' || phase === 'RollingBack') && gates.length === 0 && hold === undefined;
}

/** The status of a run that is held, or goes on again. */
export function withStanding(status: FogRolloutStatus, standing: Standing, now: string): FogRolloutStatus {
  const { phase, reason, message, gates, hold } = standing;
  const { gates: _, hold: __, ...rest } = status;
  const changed: FogRolloutStatus = { ...rest, phase, ...(hold && { hold }), ...(gates.length > 0 && { gates }) };
  return settle(changed, { state: 'reconciling', reason, message }, now);
}
