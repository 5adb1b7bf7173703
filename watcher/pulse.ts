import { type Clock, sleep } from '../kube/clock.ts';
import type { Runs } from './runs.ts';

/** Between two questions to Temporal, in ms, while something is under way there. */
const PULSE_MS = 5_000;

export interface PulseDeps {
  runs: Pick<Runs, 'namespaceId'>;
  clock: Clock;
  /** Whether anything waits for Temporal: otherwise nothing is asked. */
  isNeeded(): boolean;
  /** It does not answer as it should; told each time, with the number of times in a row. */
  onAway(error: unknown, times: number): void;
  /** It answers again, or is another than before: what was begun there may be gone. */
  onBack(): void;
}

/**
 * Follows whether Temporal is there, and still the same one, while `signal` is not aborted. A database that was made anew gives
 * no sign of it by itself: workers poll on, and runs that are gone report nothing.
 */
export async function runPulse({ runs, clock, isNeeded, onAway, onBack }: PulseDeps, signal: AbortSignal) {
  let known: string | undefined;
  let misses = 0;
  while (!signal.aborted) {
    if (isNeeded()) {
      try {
        const id = await runs.namespaceId();
        if (misses > 0 || (known !== undefined && known !== id)) onBack();
        misses = 0;
        known = id;
      } catch (error) {
        misses++;
        if (!signal.aborted) onAway(error, misses);
      }
    }
    await sleep(clock, PULSE_MS, signal).catch(() => undefined);
  }
}
