/** Which FogWindows hold a run, by what it was told of them. Pure. */
import type { AnyGate, GateState } from '../gates/kind.ts';
import type { ChangeSignal } from '../signals.ts';
import { stateAt } from '../windows/timetable.ts';
import { inlineKey, type ToldWindow } from '../windows/told.ts';
import type { GateTurn } from './gate-turn.ts';

/** A change with other FogWindows than it came with. */
export function withWindows({ windows: _, ...change }: ChangeSignal, windows: ToldWindow[]): ChangeSignal {
  return { ...change, ...(windows.length > 0 && { windows }) };
}

/** Those that are for the run and closed. @param hasBegun - something was given to a site: then most let it finish */
export function closedFor(windows: ToldWindow[], { hasBegun }: { hasBegun: boolean }, now: string): ToldWindow[] {
  return heeded(windows, hasBegun).filter(({ timetable }) => !stateAt(timetable, now).open);
}

/** When that may change by itself, RFC 3339. */
export function nextChangeFor(
  windows: ToldWindow[],
  { hasBegun }: { hasBegun: boolean },
  now: string,
): string | undefined {
  const times = heeded(windows, hasBegun).flatMap(({ timetable }) => {
    const { open, until } = stateAt(timetable, now);
    // Past what is known it counts as closed.
    const end = until ?? (open ? timetable.knownUntil : undefined);
    return end === undefined ? [] : [end];
  });
  return times.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
}

/** What gates know of the windows they name. */
export function tellGates(gates: AnyGate[], states: GateState[], windows: ToldWindow[] = []): void {
  for (const [at, gate] of gates.entries()) {
    if (!('window' in gate) || !gate.window) continue;
    const { ref, ...rules } = gate.window;
    const called = ref ?? inlineKey(rules);
    const window = windows.find(
      ({ name, namespace, inline }) => name === called && namespace === undefined && !inline === (ref !== undefined),
    );
    if (window) states[at]!.window = window;
    else delete states[at]!.window;
  }
}

/** The run goes on by them, whatever becomes of the windows. */
export function passGatesOfWindows({ step, gates }: GateTurn, now: string): void {
  for (const [at, gate] of step.gates.entries()) {
    if (!('window' in gate)) continue;
    gates[at]!.passed = now;
    delete gates[at]!.window;
  }
}

function heeded(windows: ToldWindow[], hasBegun: boolean): ToldWindow[] {
  return windows.filter(({ holds, overrun }) => holds && (overrun === 'Stop' || !hasBegun));
}
