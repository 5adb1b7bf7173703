import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WatchWorld } from './watch-world.ts';

let world: WatchWorld;
beforeEach(() => {
  world = new WatchWorld();
});
afterEach(async () => await world.stop());

describe('A release of which an object is being deleted', () => {
  it('is put right when that has gone, and no run is begun for it before', async () => {
    world.settled('web');
    world.drift = [
      { layer: 'fog', generation: 4, drift: 'the Deployment is being deleted, held by the finalizer a.b/c' },
      { layer: 'edge', generation: 4, drift: 'the Service is being deleted' },
    ];
    await world.start();
    await world.passSlowly(60_000);
    expect([world.signals, world.warned]).toEqual([[], []]);
    world.drift = [{ layer: 'fog', generation: 4, drift: 'the Deployment is missing' }];
    world.settled('web'); // an event
    await world.pass(0);
    expect(world.signals).toEqual(['repair web']);
  });
});
