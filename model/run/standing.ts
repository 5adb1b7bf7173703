/** What holds a run, as its object says it. Pure. */
import { SOAK } from '../gates/soak.ts';
import type { Rollback } from '../signals.ts';
import { REASONS, rollingBackText, settle } from '../status.ts';
import type { FogRolloutStatus, GateStatus, Hold } from '../types.ts';
import { gateStatuses, placeText, SHOWN_GATES } from './gate-turn.ts';
import type { RunMachine } from './machine.ts';

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
  return { ...phaseOf(machine, gates, what), gates, ...(hold && { hold }) };
}

function phaseOf(
  machine: RunMachine,
  gates: GateStatus[],
  { version, rollback }: RolledOut,
): Pick<Standing, 'phase' | 'reason' | 'message'> {
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
    return { phase: 'Paused', reason: 'ApprovalExpired', message };
  }
  if (closed.length > 0) {
    const message = `${version}: ${wordsOf(closed)}`;
    const isSoak = closed.every(({ name }) => name === SOAK);
    return isSoak
      ? { phase: 'Progressing', reason: 'Soaking', message }
      : { phase: 'WaitingForApproval', reason: 'WaitingForApproval', message };
  }
  if (rollback)
    return { phase: 'RollingBack', reason: REASONS.rollingBack, message: rollingBackText(version, rollback) };
  return { phase: 'Progressing', reason: REASONS.progressing, message: `Rolling out ${version}` };
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
