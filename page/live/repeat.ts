/** Asks for something of a rollout again and again: whenever the stream tells of it, and now and then all the same. */
import type { RolloutKey } from '../../model/types.ts';
import { onNews } from './store.ts';

/** Milliseconds after which it is asked for without news: some of what there is to see no event tells of. */
const ANYWAY_MS = 15_000;

/**
 * One question at a time, however fast the news come.
 *
 * @param pauseMs - least time between two questions
 * @param ask - says by itself what comes of it
 * @returns a function that ends it
 */
export function repeat(rollout: RolloutKey, pauseMs: number, ask: (signal: AbortSignal) => Promise<void>): () => void {
  const stop = new AbortController();
  let isDue = true;
  let wake: (() => void) | undefined;
  const unlisten = onNews(rollout, () => {
    isDue = true;
    wake?.();
  });
  const due = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, ANYWAY_MS);
    });
  const run = async () => {
    while (!stop.signal.aborted) {
      isDue = false;
      await ask(stop.signal).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (!isDue && !stop.signal.aborted) await due();
    }
  };
  void run();
  return () => {
    unlisten();
    stop.abort();
    wake?.();
  };
}
