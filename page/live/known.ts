/** What the stream has told so far of all rollouts. Pure. */
import type { RolloutSummary } from '../../model/rollout-summary.ts';
import type { ServerEvent } from '../api/sse.ts';

export interface Known {
  /** By `namespace/name`; of one that has changed another object than before. */
  rollouts: ReadonlyMap<string, RolloutSummary>;
  /** Whether it is all there is: while the stream begins, it is not. */
  isWhole: boolean;
}

export const NOTHING_KNOWN: Known = { rollouts: new Map(), isWhole: false };

/**
 * Goes by what the stream tells. After a `reset` what was known before stays in sight until all is told anew.
 */
export class Telling {
  #shown: Known = NOTHING_KNOWN;
  /** What is told since a reset. */
  #anew: Map<string, RolloutSummary> | undefined;

  get known(): Known {
    return this.#shown;
  }

  take(events: readonly ServerEvent[]): Known {
    let rollouts = this.#anew ?? new Map(this.#shown.rollouts);
    let isWhole = this.#anew === undefined && this.#shown.isWhole;
    for (const { event, data } of events) {
      if (event === 'reset') {
        rollouts = new Map();
        isWhole = false;
      } else if (event === 'status') {
        const summary = JSON.parse(data) as RolloutSummary;
        rollouts.set(keyOf(summary), summary);
      } else if (event === 'deleted') {
        rollouts.delete(keyOf(JSON.parse(data) as { namespace: string; name: string }));
      } else if (event === 'synced') {
        isWhole = true;
      }
    }
    this.#anew = isWhole ? undefined : rollouts;
    if (isWhole || !this.#shown.isWhole) this.#shown = { rollouts: isWhole ? rollouts : new Map(rollouts), isWhole };
    return this.#shown;
  }
}

export function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}
