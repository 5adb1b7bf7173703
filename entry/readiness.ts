import type { Readiness } from '../api/deps.ts';
import type { Informer } from '../kube/informer.ts';

/** What a part waits for, or what is wrong with it though it can do its work; undefined when nothing is. */
export type Hindrance = string | { degraded: string } | undefined;

/** What `/readyz` says of a process: each of its parts is ready, or waits for something. */
export class PartsReadiness implements Readiness {
  readonly #parts = new Map<string, () => Hindrance>();

  /** Says what a part waits for now; undefined when it is ready. */
  waitFor(part: string, why: Hindrance): void {
    this.#parts.set(part, () => why);
  }

  /** A part that is asked each time what it waits for. */
  ask(part: string, why: () => Hindrance): void {
    this.#parts.set(part, why);
  }

  ready(): { ok: boolean; checks: Record<string, string> } {
    const parts = [...this.#parts].map(([part, why]) => [part, why()] as const);
    return {
      ok: parts.every(([, why]) => typeof why !== 'string'),
      checks: Object.fromEntries(parts.map(([part, why]) => [part, wordsOf(why)])),
    };
  }
}

function wordsOf(why: Hindrance): string {
  return (typeof why === 'object' ? why.degraded : why) ?? 'ok';
}

/**
 * How long a watch may be cut off before a process is not ready, in milliseconds. An API server that restarts or loses its
 * leader is back in less, and a watch tries again every 15 s at most.
 */
export const CUT_OFF_MS = 120_000;

/**
 * What keeps a process's watches from being the hub's state. One that answers reads stays ready while it is cut off: without
 * it there would be no answer at all, and how old its answers are is said with each.
 */
export function watchesOf(
  informers: () => Pick<Informer<never>, 'type' | 'hasSynced' | 'contact'>[],
  { answersReads }: { answersReads: boolean },
): () => Hindrance {
  return () => {
    const all = informers();
    if (!all.every(({ hasSynced }) => hasSynced)) return 'waiting for the first list';
    const cutOff = all.filter(({ contact }) => contact.cutOffMs >= CUT_OFF_MS);
    if (cutOff.length === 0) return undefined;
    const types = cutOff.map(({ type }) => type).join(', ');
    const seconds = Math.round(Math.max(...cutOff.map(({ contact }) => contact.cutOffMs)) / 1000);
    const words = `cut off from the API server for ${seconds} s, the watch of ${types}`;
    return answersReads ? { degraded: words } : words;
  };
}
