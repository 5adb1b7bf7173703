export interface BackoffOptions {
  /** The first delay, in milliseconds, before jitter. */
  baseMs: number;
  /** The longest delay, in milliseconds. */
  maxMs: number;
  /** In [0, 1); for tests. */
  random?: () => number;
}

/**
 * Exponential backoff with "equal jitter": half of the delay is fixed, half is random, so that many clients
 * that lost the same server do not return together and none returns at once.
 * @param attempt 0 for the first failure
 * @returns milliseconds
 */
export function backoffMs(attempt: number, { baseMs, maxMs, random = Math.random }: BackoffOptions): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return full / 2 + (full / 2) * random();
}
