import { type Clock, sleep } from '../../kube/clock.ts';
import { type Log, silentLog } from '../../kube/log.ts';

/** Lists the ids of the runs that have closed since a time, RFC 3339; one page after the other. */
export type ListClosed = (since: string) => AsyncIterable<string>;

export interface ClosedRunsOptions {
  list: ListClosed;
  clock: Clock;
  log?: Log;
}

/** How often what has closed is listed while somebody waits, in ms. */
const LIST_MS = 2_000;
/** What has closed may be listed so much later, and Temporal's clock may be off so far, in ms. */
const LAG_MS = 60_000;

/**
 * Waits until runs have closed by listing what has, for all who wait together: a long poll for each of thousands is a
 * request every 20 s for each.
 */
export class ClosedRuns {
  readonly #options: ClosedRunsOptions;
  readonly #waiting = new Map<string, () => void>();
  #isListing = false;

  constructor(options: ClosedRunsOptions) {
    this.#options = options;
  }

  /** Resolves when the run has closed, and after `ms` whether it has or not. @throws the signal's reason */
  async closed(runId: string, ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(runId, resolve);
    void this.#keepListing();
    const over = new AbortController();
    try {
      await Promise.race([promise, sleep(this.#options.clock, ms, AbortSignal.any([signal, over.signal]))]);
    } finally {
      over.abort();
      this.#waiting.delete(runId);
    }
  }

  async #keepListing(): Promise<void> {
    if (this.#isListing) return;
    this.#isListing = true;
    const { clock, list, log = silentLog } = this.#options;
    let since = clock.date().getTime();
    while (this.#waiting.size > 0) {
      await sleep(clock, LIST_MS);
      const now = clock.date().getTime();
      try {
        for await (const runId of list(new Date(since - LAG_MS).toISOString())) this.#waiting.get(runId)?.();
        since = now;
      } catch (err) {
        log.warn({ err }, 'Could not list the observations that have ended; trying again');
      }
    }
    this.#isListing = false;
  }
}
