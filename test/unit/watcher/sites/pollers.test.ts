import { beforeEach, describe, expect, it } from '@jest/globals';
import { Pollers } from '../../../../watcher/sites/pollers.ts';
import { FakeClock } from '../../kube/fakeclock.ts';

const SECONDS = 1_000;
let clock: FakeClock;
let pollers: Pollers;

beforeEach(() => {
  clock = new FakeClock();
  pollers = new Pollers(clock);
});

/** A time some seconds before now, by the clock of Temporal, which may be ahead of ours. */
const ago = (seconds: number, ahead = 0) =>
  new Date(clock.date().getTime() - (seconds - ahead) * SECONDS).toISOString();
const poller = (identity: string, lastAccess: string) => ({ identity, lastAccess });

describe('A worker of a queue', () => {
  it.each<[string, string, boolean]>([
    ['asked just now', ago0(0), true],
    ['asked a long poll ago', ago0(60), true],
    ['asked longer ago than that', ago0(75), false],
    ['asked a moment after now, by another clock', ago0(-30), true],
  ])('is there or not when it is first heard of: %s', (_, lastAccess, isThere) => {
    pollers.saw([poller('a', lastAccess)]);
    expect(pollers.fresh()).toEqual(isThere ? ['a'] : []);
  });

  it('is there as long as it asks again, whatever the clocks say', async () => {
    for (let at = 0; at < 10; at++) {
      pollers.saw([poller('a', ago(0, -3_600))]);
      await clock.advance(60 * SECONDS);
      // At first it may be long gone; when it asks again it is not.
      expect(pollers.fresh()).toEqual(at === 0 ? [] : ['a']);
    }
  });

  it('is gone when it has not asked for longer than a poll lasts', async () => {
    const last = ago(0);
    pollers.saw([poller('a', last)]);
    await clock.advance(74 * SECONDS);
    pollers.saw([poller('a', last)]);
    expect(pollers.fresh()).toEqual(['a']);
    await clock.advance(1 * SECONDS);
    pollers.saw([poller('a', last)]);
    expect(pollers.fresh()).toEqual([]);
    expect(pollers.lastAccess).toBe(last);
  });

  it('is not forgotten because Temporal forgot it', async () => {
    pollers.saw([poller('a', ago(0))]);
    pollers.saw([]);
    expect(pollers.fresh()).toEqual(['a']);
  });

  it('is gone at once when it says so, and stays so until Temporal has forgotten it', async () => {
    pollers.saw([poller('a', ago(1)), poller('b', ago(0))]);
    pollers.left('a');
    expect(pollers.fresh()).toEqual(['b']);
    pollers.saw([poller('a', ago(0)), poller('b', ago(0))]);
    expect(pollers.fresh()).toEqual(['b']);
    pollers.saw([poller('b', ago(0))]);
    pollers.saw([poller('a', ago(0)), poller('b', ago(0))]);
    expect(pollers.fresh()).toEqual(['a', 'b']);
  });

  it('of which none has ever asked is said to be none', () => {
    pollers.saw([]);
    expect([pollers.fresh(), pollers.lastAccess]).toEqual([[], undefined]);
  });
});

/** {@link ago} before there is a clock. */
function ago0(seconds: number): string {
  return new Date(new FakeClock().date().getTime() - seconds * SECONDS).toISOString();
}
