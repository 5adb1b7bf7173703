import type { WindowGate } from '../types.ts';
import { stateAt } from '../windows/timetable.ts';
import { windowText } from '../windows/told.ts';
import type { GateKind } from './kind.ts';

/** Opens when the FogWindow is open, by what the run was told of it. */
export const window: GateKind<WindowGate> = {
  answer({ ref }, { window, passed }, now) {
    if (passed !== undefined) return { state: 'Open', message: `FogWindow ${ref} was open` };
    if (!window) return { state: 'Closed', message: `waits for the FogWindow ${ref}, which does not exist` };
    const { open, until } = stateAt(window.timetable, now);
    const message = windowText(window, now);
    return open ? { state: 'Open', message } : { state: 'Closed', message, ...(until !== undefined && { until }) };
  },
};
