/** What the stream has told so far of all rollouts. Pure. */
import type { RolloutSummary } from '../../model/rollout-summary.ts';
import type { RolloutKey } from '../../model/types.ts';
import type { ServerEvent } from '../api/sse.ts';

export interface Known {
  /** By `namespace/name`; of one that has changed another object than before. */
  rollouts: ReadonlyMap<string, RolloutSummary>;
  /** Whether it is all there is: while the stream begins, it is not. */
  isWhole: boolean;
}

export const NOTHING_KNOWN: Known = { rollouts: new Map(), isWhole: false };

export interface Told {
  known: Known;
  /** Keys of the rollouts that have changed, or whose sites have. */
  news: ReadonlySet<string>;
}

/** Goes by what the stream tells. After a `reset` what was known before stays in sight until all is told anew. */
export class Telling {
  #shown: Known = NOTHING_KNOWN;
  /** What is told since a reset. */
  #anew: Map<string, RolloutSummary> | undefined;

  take(events: readonly ServerEvent[]): Told {
    const news = new Set<string>();
    let rollouts = this.#anew ?? new Map(this.#shown.rollouts);
    let isWhole = this.#anew === undefined && this.#shown.isWhole;
    for (const { event, data } of events) {
      if (event === 'synced') isWhole = true;
      if (event === 'reset') [rollouts, isWhole] = [new Map(), false];
      if (event !== 'status' && event !== 'deleted' && event !== 'sites') continue;
      const about = JSON.parse(data) as RolloutKey;
      news.add(keyOf(about));
      if (event === 'status') rollouts.set(keyOf(about), about as RolloutSummary);
      if (event === 'deleted') rollouts.delete(keyOf(about));
    }
    this.#anew = isWhole ? undefined : rollouts;
    if (isWhole) this.#shown = { rollouts, isWhole };
    else if (!this.#shown.isWhole) this.#shown = { rollouts: new Map(rollouts), isWhole };
    return { known: this.#shown, news };
  }
}

export function keyOf({ namespace, name }: RolloutKey): string {
  return `${namespace}/${name}`;
}
