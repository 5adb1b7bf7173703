import { beforeEach, describe, expect, it } from '@jest/globals';
import { ClosedRuns } from '../../../../watcher/sites/closed-runs.ts';
import { FakeClock } from '../../kube/fakeclock.ts';

const SECONDS = 1_000;
let clock: FakeClock;
let runs: ClosedRuns;
/** What is listed next, and since when was asked. */
let closed: string[] | Error;
let asked: string[];
const signal = new AbortController().signal;

beforeEach(() => {
  clock = new FakeClock();
  closed = [];
  asked = [];
  runs = new ClosedRuns({
    clock,
    async *list(since) {
      asked.push(since);
      if (closed instanceof Error) throw closed;
      yield* closed;
    },
  });
});

/** Whether it has resolved, after so long. */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  void promise.then(
    () => {
      isOver = true;
    },
    () => {
      isOver = true;
    },
  );
  await clock.advance(ms);
  return isOver;
}

describe('Runs that have closed', () => {
  it('are found by one list for all who wait, every two seconds, and none is asked for when nobody waits', async () => {
    const waits = Array.from({ length: 1_000 }, (_, at) => runs.closed(`r${at}`, 900 * SECONDS, signal));
    expect(await within(20 * SECONDS, waits[0]!)).toBe(false);
    expect(asked).toHaveLength(10);
    closed = ['other', 'r0', 'r999'];
    expect(await within(2 * SECONDS, Promise.all([waits[0], waits[999]]))).toBe(true);
    closed = Array.from(waits, (_, at) => `r${at}`);
    expect(await within(2 * SECONDS, Promise.all(waits))).toBe(true);
    const before = asked.length;
    await clock.advance(600 * SECONDS);
    expect(asked.length - before).toBeLessThanOrEqual(1);
    expect(clock.waiting).toBe(0);
  });

  it('are asked for from a while before the last list on, and again when a list fails', async () => {
    const wait = runs.closed('r', 900 * SECONDS, signal);
    const began = clock.date().getTime();
    closed = new Error('no visibility');
    expect(await within(4 * SECONDS, wait)).toBe(false);
    closed = [];
    await clock.advance(4 * SECONDS);
    expect(asked.map((since) => (Date.parse(since) - began) / SECONDS)).toEqual([-60, -60, -60, -54]);
    closed = ['r'];
    expect(await within(2 * SECONDS, wait)).toBe(true);
  });

  it('are taken to have closed when they must have, whatever is listed', async () => {
    const wait = runs.closed('r', 900 * SECONDS, signal);
    expect(await within(899 * SECONDS, wait)).toBe(false);
    expect(await within(1 * SECONDS, wait)).toBe(true);
  });

  it('are not waited for any longer than is wanted', async () => {
    const stop = new AbortController();
    const wait = runs.closed('r', 900 * SECONDS, stop.signal);
    stop.abort(new Error('enough'));
    await expect(wait).rejects.toThrow('enough');
    await clock.advance(2 * SECONDS);
    expect(clock.waiting).toBe(0);
  });
});
