import type { WindowGate } from '../types.ts';
import { stateAt } from '../windows/timetable.ts';
import { windowText } from '../windows/told.ts';
import type { GateKind } from './kind.ts';

/** Opens when the window is open, by what the run was told of it. */
export const window: GateKind<WindowGate> = {
  answer({ ref }, { window, passed }, now) {
    if (passed !== undefined)
      return { state: 'Open', message: ref === undefined ? 'was open' : `FogWindow ${ref} was open` };
    if (!window) {
      const message =
        ref === undefined ? 'waits to be told when it opens' : `waits for the FogWindow ${ref}, which does not exist`;
      return { state: 'Closed', message };
    }
    const { open, until } = stateAt(window.timetable, now);
    const message = windowText(window, now);
    return open ? { state: 'Open', message } : { state: 'Closed', message, ...(until !== undefined && { until }) };
  },
};
