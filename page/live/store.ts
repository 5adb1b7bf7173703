/** All rollouts as they are now, for every view of the page: one stream, whatever is looked at. */
import { effect, signal, useComputed } from '@preact/signals';
import type { RolloutSummary } from '../../model/rollout-summary.ts';
import type { RolloutKey } from '../../model/types.ts';
import { asksForToken, queryOf, token } from '../api/client.ts';
import type { ServerEvent } from '../api/sse.ts';
import { type Known, keyOf, NOTHING_KNOWN, Telling } from './known.ts';
import { follow } from './stream.ts';

/** Rollouts by `namespace/name`. The object of one that has changed is another one: compare by `===`. */
export const known = signal<Known>(NOTHING_KNOWN);

/** Whether what is shown is live; in words why not. */
export const connection = signal<Connection>({ isLive: false, why: 'Connecting' });

export interface Connection {
  isLive: boolean;
  why?: string;
  /** Whose token it is may not list what was asked for. */
  isForbidden?: boolean;
}

/** Seconds since the API last heard of Kubernetes, as it said last; more than {@link OLD_SECONDS} only where that is out of reach. */
export const dataAge = signal(0);

/** As docs/api.md has it. */
export const OLD_SECONDS = 130;

const SCOPE_KEPT_AS = 'fog-rollouts-scope';

/** The one namespace that is followed, for who may not see all; empty text for all. Gone with the tab. */
export const scope = signal(sessionStorage.getItem(SCOPE_KEPT_AS) ?? '');

/** What came meanwhile is shown at once: a fleet on its way changes more often than anybody can see. */
const TOGETHER_MS = 50;

const listeners = new Map<string, Set<() => void>>();

/** What the list has of one; undefined when there is none, or it is not known yet. Renders the component when that changes. */
export function useSummary({ namespace, name }: RolloutKey): RolloutSummary | undefined {
  const key = keyOf({ namespace, name });
  return useComputed(() => known.value.rollouts.get(key)).value;
}

/**
 * Calls back when a rollout has changed, or something at its sites.
 * @returns a function that ends it
 */
export function onNews(rollout: RolloutKey, listener: () => void): () => void {
  const key = keyOf(rollout);
  const those = listeners.get(key) ?? new Set();
  listeners.set(key, those.add(listener));
  return () => {
    those.delete(listener);
    if (those.size === 0) listeners.delete(key);
  };
}

/** Begins to follow; call it once. Another token or scope begins anew: there are other rollouts to be seen. */
export function startLive(): void {
  let running: AbortController | undefined;
  effect(() => {
    const [namespace, _] = [scope.value, token.value];
    sessionStorage.setItem(SCOPE_KEPT_AS, namespace);
    running?.abort();
    running = new AbortController();
    known.value = NOTHING_KNOWN;
    const take = taking(running.signal);
    void follow({
      path: `events${queryOf({ show: 'summary', namespace: namespace || undefined })}`,
      signal: running.signal,
      onOpen() {
        asksForToken.value = undefined;
        connection.value = { isLive: true };
      },
      onEvents: take,
      onAge(seconds) {
        dataAge.value = seconds;
      },
      onLost(why, status) {
        connection.value = { isLive: false, why, isForbidden: status === 403 };
      },
    });
  });
}

function taking(signal: AbortSignal): (events: ServerEvent[]) => void {
  const telling = new Telling();
  let waiting: ServerEvent[] = [];
  const takeAll = () => {
    const events = waiting;
    waiting = [];
    if (signal.aborted) return;
    const { known: now, news } = telling.take(events);
    known.value = now;
    for (const key of news) for (const listener of [...(listeners.get(key) ?? [])]) listener();
  };
  return (events) => {
    if (waiting.length === 0) setTimeout(takeAll, TOGETHER_MS);
    waiting.push(...events);
  };
}
