/** The gates of a plan: what each waits for, and of windows, when they open next. Pure. */
import { approvalText } from '../gates/approval.ts';
import { whomText } from '../gates/asked.ts';
import { gateName } from '../gates/gates.ts';
import type { AnyGate } from '../gates/kind.ts';
import type { FogWindow } from '../types.ts';

export interface PlannedGate {
  name: string;
  /** For people. */
  waitsFor: string;
  /** Of a soak: how long at least. */
  seconds?: number;
  /** Of a FogWindow: how it says that it is now. */
  window?: { open: boolean; nextOpening?: string; nextClosing?: string };
}

/** @param windows - those of the rollout's namespace, where they are known */
export function plannedGates(gates: readonly AnyGate[], windows: FogWindow[] | undefined): PlannedGate[] {
  return gates.map((gate, at) => ({ name: gateName(gate, at), ...awaitedBy(gate, windows) }));
}

function awaitedBy(gate: AnyGate, windows: FogWindow[] | undefined): Omit<PlannedGate, 'name'> {
  if ('soak' in gate) {
    const { seconds } = gate.soak;
    return { waitsFor: `${seconds} s of readiness without interruption`, seconds };
  }
  if (gate.window) {
    const { ref } = gate.window;
    return ref === undefined ? { waitsFor: 'a window of its own' } : ofWindow(ref, windows);
  }
  if (!gate.approval) return { waitsFor: `the answer of ${whomText(gate)}` };
  const { notAuthor } = gate.approval;
  return { waitsFor: `${approvalText(gate.approval)}${notAuthor ? ', not by whoever last changed spec' : ''}` };
}

function ofWindow(ref: string, windows: FogWindow[] | undefined): Omit<PlannedGate, 'name'> {
  const named = `the FogWindow ${ref}`;
  if (!windows) return { waitsFor: named };
  const window = windows.find(({ metadata }) => metadata.name === ref);
  if (!window) return { waitsFor: `${named}, which is not there` };
  const { open, nextOpening, nextClosing } = window.status ?? {};
  if (open === undefined) return { waitsFor: named };
  return {
    waitsFor: `${named}, which ${openText(window.status)}`,
    window: {
      open,
      ...(nextOpening !== undefined && { nextOpening }),
      ...(nextClosing !== undefined && { nextClosing }),
    },
  };
}

/** e.g. `is closed, and opens at 2026-01-05T20:00:00Z`. */
function openText({ open, nextOpening, nextClosing }: FogWindow['status'] = {}): string {
  if (open) return nextClosing === undefined ? 'is open' : `is open until ${nextClosing}`;
  return nextOpening === undefined ? 'is closed' : `is closed, and opens at ${nextOpening}`;
}
