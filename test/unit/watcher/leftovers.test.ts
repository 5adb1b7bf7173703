import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { away, drifted } from '../model/fleet/records.ts';
import { FleetWorld } from './fleet-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HAD = { version: 'v1.1.0', generation: 3 };

let world: FleetWorld;
beforeEach(() => {
  world = new FleetWorld();
});
afterEach(() => world.stop());

describe('What sites have of a FogRollout that is gone', () => {
  it('is taken away, by its records alone, and that is asked for once', async () => {
    for (const site of ['edge-0-0', 'edge-0-1']) world.site(site);
    world.settled('web', 'rr');
    await world.start();
    await world.pass(SECOND);
    world.remove('web'); // somebody cleared its finalizers
    await world.pass(4_900);
    expect(world.removals).toEqual([]);
    await world.passSlowly(10 * MINUTE);
    const owner = expect.objectContaining({ namespace: 'shop', name: 'web', uid: 'uid-web' });
    expect(world.removals).toEqual([{ owner, fleet: ['edge'] }]);
    world.forgetRecord('web');
    await world.passSlowly(MINUTE);
    expect([world.removals.length, world.timers]).toEqual([1, 0]);
  });

  it('is found by a watcher that comes later', async () => {
    world.shard('web', 'r');
    await world.start();
    await world.passSlowly(6 * SECOND);
    expect(world.removals).toMatchObject([{ owner: { uid: 'uid-web' }, fleet: ['edge'] }]);
  });

  it('stays while it is only our cache that knows nothing of the FogRollout', async () => {
    world.shard('web', 'r');
    world.uncached = { name: 'web', uid: 'uid-web' };
    await world.start();
    await world.passSlowly(MINUTE);
    expect(world.removals).toEqual([]);
  });

  it('is taken away beside a new object of the name, of which nothing is touched', async () => {
    world.site('edge-0-0');
    world.settled('web', 'r');
    world.shard('web', 'r', { uid: 'uid-0', layer: 'fog' });
    await world.start();
    await world.pass(4_900);
    expect(world.removals).toEqual([]);
    await world.passSlowly(3 * SECOND);
    expect(world.removals[0]).toEqual({ owner: expect.objectContaining({ uid: 'uid-0' }), fleet: ['fog'] });
    await world.passSlowly(60 * MINUTE);
    expect(world.removals.length).toBeLessThan(25);
    expect(world.logged.filter((line) => line.startsWith('Releases of an earlier'))).toHaveLength(1);
    expect([world.repairs, new Set(world.removals.map(({ owner }) => owner.uid))]).toEqual([[], new Set(['uid-0'])]);
  });

  it('is left beside a new object until its site is back', async () => {
    world.site('edge-0-0');
    world.site('fog-0-0', { layer: 'fog', status: away() });
    world.settled('web', 'r');
    world.shard('web', 'r', { uid: 'uid-0', layer: 'fog' });
    await world.start();
    await world.passSlowly(MINUTE);
    expect(world.removals).toEqual([]);
    world.site('fog-0-0', { layer: 'fog' });
    await world.passSlowly(2 * SECOND);
    expect(world.removals).toHaveLength(1);
  });

  it('is not a later object’s, of which our cache has yet to hear', async () => {
    world.site('edge-0-0');
    world.settled('web', 'r');
    world.shard('web', 'r', { uid: 'uid-2', layer: 'fog', created: '2027-01-01T00:00:00Z' });
    await world.start();
    await world.passSlowly(MINUTE);
    expect(world.removals).toEqual([]);
  });
});

describe('What sites have of a settled rollout, and are to have no longer', () => {
  const taken = { layers: [{ layer: 'edge', generation: 4, fleet: true, leaves: 'leftovers' }] };

  it.each<[string, (world: FleetWorld) => void]>([
    ['whose FogSite is deleted', (world) => world.leave('edge-0-1')],
    ['that are deselected', (world) => world.site('edge-0-1', { labels: { region: 'south' } })],
    ['that move', (world) => world.site('edge-0-1', { labels: { region: 'north' }, namespace: 'new', generation: 2 })],
  ])('is taken away from those %s', async (_, change) => {
    const labels = { region: 'north' };
    for (const site of ['edge-0-0', 'edge-0-1']) world.site(site, { labels });
    world.settled('web', 'rr', { strategy: { siteSelector: { matchLabels: labels } } });
    await world.start();
    await world.passSlowly(2 * SECOND);
    expect(world.repairs).toEqual([]);
    change(world);
    await world.passSlowly(SECOND);
    expect(world.repairs).toMatchObject([taken]);
  });

  it('stays where the strategy says so, and where a site is held or cannot be used', async () => {
    const labels = { region: 'north' };
    for (const site of ['edge-0-0', 'edge-0-1', 'edge-0-2']) world.site(site, { labels });
    const siteSelector = { matchLabels: labels };
    world.settled('web', 'rrr', { strategy: { siteSelector } });
    world.settled('kept', 'rrr', { strategy: { siteSelector, prune: false } });
    await world.start();
    world.site('edge-0-0', { labels: { region: 'south' }, hold: { reason: 'Stocktaking' }, generation: 2 });
    world.site('edge-0-1', { labels, parent: 'nowhere', generation: 2 });
    await world.passSlowly(MINUTE);
    expect(world.repairs).toEqual([]);
    world.leave('edge-0-2');
    await world.passSlowly(SECOND);
    expect(world.signalled).toEqual(['web']);
  });

  it('is asked for ever more rarely where it stays, ten minutes apart at last, and logged once', async () => {
    world.site('edge-0-0');
    world.settled('web', 'r');
    world.shard('web', 'w', { generation: 0, index: 7, site: { had: HAD } });
    await world.start();
    await world.passSlowly(40 * MINUTE);
    expect(new Set(world.repairs.flatMap(({ layers }) => layers.map(({ leaves }) => leaves)))).toEqual(
      new Set(['leftovers']),
    );
    const before = world.repairs.length;
    expect(before).toBeLessThan(10);
    await world.passSlowly(20 * MINUTE);
    const logged = world.logged.filter((line) => line.startsWith('A settled rollout is not'));
    expect([world.repairs.length - before, logged.length]).toEqual([2, 1]);
  });

  it('waits for a site that is out of reach, and is taken away when it is back', async () => {
    world.site('edge-0-0');
    world.site('edge-7-0', { labels: { region: 'south' }, status: away() });
    world.settled('web', 'r', {
      strategy: { siteSelector: { matchExpressions: [{ key: 'region', operator: 'DoesNotExist' }] } },
    });
    world.shard('web', 'd', { generation: 0, index: 7, site: { had: HAD } });
    await world.start();
    await world.passSlowly(10 * MINUTE);
    expect([world.repairs, world.timers]).toEqual([[], 0]);
    world.site('edge-7-0', { labels: { region: 'south' } });
    await world.passSlowly(SECOND);
    expect(world.repairs).toMatchObject([{ layers: [{ layer: 'edge', fleet: true, leaves: 'leftovers' }] }]);
  });

  it('of a layer that is left out goes on being taken away', async () => {
    world.rollout('web', { layers: [{ name: 'fog', phase: 'Removing', generation: 3, shards: 1 }] });
    world.shard('web', 'w', { layer: 'fog', generation: 0, site: { had: HAD } });
    await world.start();
    await world.passSlowly(SECOND);
    expect(world.repairs[0]).toMatchObject({ layers: [{ layer: 'fog', fleet: true, leaves: 'all' }] });
  });

  it('of a layer on its implicit site too', async () => {
    world.rollout('web', { layers: [{ name: 'fog', phase: 'Removing', generation: 3 }] });
    await world.start();
    await world.passSlowly(SECOND);
    expect(world.repairs[0]!.layers).toEqual([{ layer: 'fog', leaves: 'all' }]);
  });

  it('is asked for in one signal with all else that is behind', async () => {
    world.site('edge-0-0');
    world.settled('web', 'h', { layers: [{ name: 'fog', phase: 'Removing', generation: 3 }] });
    await world.start();
    await world.passSlowly(SECOND);
    expect(world.repairs[0]!.layers.map(({ layer, leaves }) => [layer, leaves])).toEqual([
      ['fog', 'all'],
      ['edge', undefined],
    ]);
  });
});

describe('A site that lost what it had while it was out of reach', () => {
  it('is not ready, and is given it again when it is back and says so', async () => {
    world.site('edge-0-0');
    world.settled('web', 'r');
    await world.start();
    world.site('edge-0-0', { status: away() });
    await world.passSlowly(30 * SECOND);
    expect(world.status('web').layers![0]!.sites).toMatchObject({ ready: 0, unknown: 1 });
    world.site('edge-0-0', { status: drifted('web') });
    await world.passSlowly(SECOND);
    expect(world.repairs).toMatchObject([{ layers: [{ layer: 'edge', generation: 4, drifted: ['edge-0-0'] }] }]);
    await world.passSlowly(5 * SECOND);
    expect(world.status('web').layers![0]!.sites.ready).toBe(0);
  });
});
