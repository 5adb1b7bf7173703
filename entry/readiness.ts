import type { Readiness } from '../api/deps.ts';

/** What `/readyz` says of a process: each of its parts is ready, or waits for something. */
export class PartsReadiness implements Readiness {
  readonly #parts = new Map<string, () => string | undefined>();

  /** Says what a part waits for now; undefined when it is ready. */
  waitFor(part: string, why: string | undefined): void {
    this.#parts.set(part, () => why);
  }

  /** A part that is asked each time what it waits for. */
  ask(part: string, why: () => string | undefined): void {
    this.#parts.set(part, why);
  }

  ready(): { ok: boolean; checks: Record<string, string> } {
    const waiting = [...this.#parts].map(([part, why]) => [part, why()] as const);
    return {
      ok: waiting.every(([, why]) => why === undefined),
      checks: Object.fromEntries(waiting.map(([part, why]) => [part, why ?? 'ok'])),
    };
  }
}
