import { Registry } from 'prom-client';
import type { Log } from '../../kube/log.ts';

/** How long a page may take, in ms: a scrape waits for it. */
const PAGE_MS = 2_000;

/** All that a process says of itself: our own metrics, and behind them a page that somebody else in the process serves. */
export class JoinedRegistry extends Registry {
  readonly #page: () => string | undefined;
  readonly #log: Log;

  /** @param page - URL of the other page, in the same text format; undefined while there is none */
  constructor(page: () => string | undefined, log: Log) {
    super();
    this.#page = page;
    this.#log = log;
  }

  override async metrics(): Promise<string> {
    const [own, others] = await Promise.all([super.metrics(), this.#others()]);
    return own + others;
  }

  /** Without the other page there is ours. */
  async #others(): Promise<string> {
    const page = this.#page();
    if (page === undefined) return '';
    try {
      const answer = await fetch(page, { signal: AbortSignal.timeout(PAGE_MS) });
      if (answer.ok) return await answer.text();
      throw new Error(`It answers ${answer.status}`);
    } catch (err) {
      this.#log.warn({ err, page }, "Temporal's metrics are missing from ours");
      return '';
    }
  }
}
