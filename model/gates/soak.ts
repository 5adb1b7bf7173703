import { durationText, secondText } from '../text.ts';
import type { GateKind, Soak } from './kind.ts';

/** What it is called wherever it is shown. */
export const SOAK = 'soak';

/** Opens when the layer has been ready for so long; each time it is not, that begins anew when it is again. */
export const soak: GateKind<Soak> = {
  answer({ seconds, deadlineSeconds }, { since, unready }, now) {
    const after = (time: string, more: number) => new Date(Date.parse(time) + more * 1000).toISOString();
    if (unready) {
      const until = after(unready.since, deadlineSeconds);
      if (Date.parse(now) < Date.parse(until)) {
        return {
          state: 'Closed',
          message: `is not ready, and has to be for ${durationText(seconds)}: ${unready.message}`,
          until,
        };
      }
      const message = `was not ready again within ${durationText(deadlineSeconds)}: ${unready.message}`;
      return { state: 'Failed', reason: 'ReleaseNotReady', message };
    }
    const until = after(since, seconds);
    if (Date.parse(now) >= Date.parse(until))
      return { state: 'Open', message: `was ready for ${durationText(seconds)}` };
    return {
      state: 'Closed',
      message: `has to be ready for ${durationText(seconds)}, until ${secondText(until)}`,
      until,
    };
  },
};
