import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 100;
/** What is slow to be asked, as a process of kubectl, is not to take a core until it answers. */
const PAUSE_FOR_EACH_MS = 3;

/**
 * Asks again and again what nobody tells by itself: an HTTP answer, Temporal's lists.
 *
 * @param ask - resolves with the answer, or with `{ not }`: what it was instead; a rejection counts as that too
 */
export async function eventually<T>(what: string, ask: () => Promise<T | { not: unknown }>, ms = 120_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const asked = Date.now();
    const answer = await ask().catch((error: unknown) => ({ not: error }));
    if (!isNot(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${ms / 1000} s for ${what}: ${textOf(answer.not)}`);
    await delay(Math.max(PAUSE_MS, PAUSE_FOR_EACH_MS * (Date.now() - asked)));
  }
}

/**
 * Starts a killed server again. Its port may be held for a moment: a client that keeps trying to reach it on this
 * machine can be given that very port as its own.
 */
export async function startAgain(what: string, start: () => Promise<void>): Promise<void> {
  await eventually(`${what} to start again`, async () => {
    await start();
    return true;
  });
}

function isNot(answer: unknown): answer is { not: unknown } {
  return typeof answer === 'object' && answer !== null && 'not' in answer;
}

function textOf(value: unknown): string {
  return value instanceof Error ? value.message : JSON.stringify(value);
}
