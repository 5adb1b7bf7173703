import { type Clock, sleep } from '../kube/clock.ts';
import type { Runs } from './runs.ts';

/** Between two questions to Temporal, in ms, while something is under way there. */
const PULSE_MS = 5_000;

export interface PulseDeps {
  runs: Pick<Runs, 'namespaceId'>;
  clock: Clock;
  /** Whether anything waits for Temporal: otherwise nothing is asked. */
  isNeeded(): boolean;
  /** It has not answered as it should for `ms` milliseconds; told each time. */
  onAway(error: unknown, ms: number): void;
  /** It answers again, or is another than before: what was begun there may be gone. */
  onBack(): void;
}

/**
 * Follows whether Temporal is there, and still the same one, while `signal` is not aborted. A database that was made anew gives
 * no sign of it by itself: workers poll on, and runs that are gone report nothing.
 */
export async function runPulse({ runs, clock, isNeeded, onAway, onBack }: PulseDeps, signal: AbortSignal) {
  let known: string | undefined;
  let away: number | undefined;
  while (!signal.aborted) {
    if (isNeeded()) {
      const asked = clock.now();
      try {
        const id = await runs.namespaceId();
        const isOther = known !== undefined && known !== id;
        if (away !== undefined || isOther) onBack();
        away = undefined;
        known = id;
      } catch (error) {
        away ??= asked;
        if (!signal.aborted) onAway(error, clock.now() - away);
      }
    }
    await sleep(clock, PULSE_MS, signal).catch(() => undefined);
  }
}
