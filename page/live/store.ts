/** All rollouts as they are now, for every view of the page: one stream, whatever is looked at. */
import { signal } from '@preact/signals';
import type { RolloutSummary } from '../../model/rollout-summary.ts';
import { asksForToken, token } from '../api/client.ts';
import { type Known, keyOf, NOTHING_KNOWN, Telling } from './known.ts';
import { follow } from './stream.ts';

/** Rollouts by `namespace/name`. The object of one that has changed is another one: compare by `===`. */
export const known = signal<Known>(NOTHING_KNOWN);

/** Whether what is shown is live; in words why not. */
export const connection = signal<{ isLive: boolean; why?: string }>({ isLive: false, why: 'Connecting' });

/** What the list has of one; undefined when there is none, or it is not known yet. Reading it in a component follows it. */
export function summaryOf(rollout: { namespace: string; name: string }): RolloutSummary | undefined {
  return known.value.rollouts.get(keyOf(rollout));
}

/** Begins to follow; call it once. A new token begins anew: it may show other rollouts. */
export function startLive(): void {
  let running: AbortController | undefined;
  token.subscribe(() => {
    running?.abort();
    running = new AbortController();
    const telling = new Telling();
    void follow({
      path: 'events?show=summary',
      signal: running.signal,
      onOpen() {
        asksForToken.value = undefined;
        connection.value = { isLive: true };
      },
      onEvents(events) {
        known.value = telling.take(events);
      },
      onLost(why) {
        connection.value = { isLive: false, why };
      },
    });
  });
}
