import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WatchWorld } from './watch-world.ts';

let world: WatchWorld;
beforeEach(() => {
  world = new WatchWorld();
});
afterEach(async () => await world.stop());

describe('Runs that a Temporal which came back empty has lost', () => {
  beforeEach(async () => {
    world.begunAtOnce = 10;
    await world.start();
    for (let at = 0; at < 100; at++) world.open(`web-${at}`);
    await world.passSlowly(10_000);
    expect(world.signals).toEqual([]);
    world.database = 'second';
    world.state = (key) =>
      world.signals.includes(`change ${key}`) ? { kind: 'open', runId: key } : { kind: 'missing' };
    await world.passSlowly(5_500);
  });

  it('are begun again so many at a time as are configured, and all in the end', async () => {
    expect(world.sent).toHaveLength(10);
    for (let at = 0; at < 5; at++) world.settled(`web-${at}`);
    await world.pass(500);
    expect(world.sent).toHaveLength(15);
    await world.passSlowly(40_000);
    expect([world.sent.length, new Set(world.signals).size]).toEqual([100, 100]);
  });

  it('keep no change of another rollout waiting', async () => {
    for (let at = 0; at < 10; at++) world.fresh(`new-${at}`);
    await world.pass(0);
    expect(world.signals.slice(-10)).toEqual(Array.from({ length: 10 }, (_, at) => `change new-${at}`));
  });
});
