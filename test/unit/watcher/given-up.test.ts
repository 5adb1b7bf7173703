import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { clusterKeyOf } from '../../../model/site.ts';
import { FleetWorld } from './fleet-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const AT = { cluster: 'own', queue: 'north' };

let world: FleetWorld;
beforeEach(async () => {
  world = new FleetWorld();
  world.site('edge-0-0');
  world.settled('web', 'r');
  record('s');
  await world.start();
});
afterEach(() => world.stop());

function record(letter: string): void {
  world.shard('web', letter, {
    ...{ generation: 0, index: 7 },
    site: { ...AT, had: { version: 'v1.1.0', generation: 3 } },
    notes: [{ site: 'edge-7-0', reason: 'Unreachable', message: 'edge edge-7-0: nobody answers' }],
  });
}

const ready = () => world.status('web').conditions?.find(({ type }) => type === 'Ready');

describe('A place out of reach whose FogSite is gone, beside a rollout that lives on', () => {
  it('is tried ever more rarely, hours apart at last', async () => {
    await world.passSlowly(59 * SECOND);
    expect(world.repairs).toEqual([]);
    await world.passSlowly(2 * SECOND);
    expect(world.repairs).toMatchObject([{ layers: [{ layer: 'edge', fleet: true, leaves: 'leftovers' }] }]);
    expect(world.repairs[0]!.layers[0]).not.toHaveProperty('generation');
    for (let hour = 0; hour < 24; hour++) await world.pass(HOUR);
    const before = world.repairs.length;
    expect(before).toBeLessThan(14);
    for (let hour = 0; hour < 24; hour++) await world.pass(HOUR);
    expect(world.repairs.length - before).toBeLessThanOrEqual(6);
    expect(world.repairs.length).toBeGreaterThan(before);
  });

  it('is told on the object, which is ready all the same, until it is gone', async () => {
    await world.passSlowly(5 * SECOND);
    expect(ready()).toMatchObject({ status: 'True', reason: 'LeftoverRemains' });
    expect(ready()?.message).toMatch(
      /^edge edge-7-0 is out of reach with a release that is to go, and it has no FogSite/,
    );
    const { length } = world.written;
    await world.passSlowly(30 * MINUTE);
    expect(world.written).toHaveLength(length);
    world.shard('web', 'r', { generation: 0, index: 7, site: AT });
    await world.passSlowly(2 * SECOND);
    expect(ready()).toMatchObject({ status: 'True', reason: 'Succeeded' });
  });

  it('is tried at once when its cluster answers again, and no other', async () => {
    await world.passSlowly(2 * HOUR);
    const before = world.repairs.length;
    world.returns.tell(clusterKeyOf({ cluster: 'own', queue: 'south' }));
    await world.passSlowly(SECOND);
    expect(world.repairs).toHaveLength(before);
    world.returns.tell(clusterKeyOf(AT));
    await world.passSlowly(SECOND);
    expect(world.repairs).toHaveLength(before + 1);
  });

  it('is not tried more often than once a minute where its cluster comes and goes', async () => {
    for (let flap = 0; flap < 30; flap++) {
      world.returns.tell(clusterKeyOf(AT));
      await world.passSlowly(20 * SECOND);
    }
    expect(world.repairs.length).toBeGreaterThan(3);
    expect(world.repairs.length).toBeLessThanOrEqual(10);
  });

  it('is not tried anew because it is being tried', async () => {
    await world.passSlowly(MINUTE + SECOND);
    expect(world.repairs).toHaveLength(1);
    record('w');
    await world.passSlowly(30 * SECOND);
    expect(world.repairs).toHaveLength(1);
  });

  it('keeps no site waiting that is behind', async () => {
    world.site('new');
    await world.passSlowly(2 * SECOND);
    expect(world.repairs[0]!.layers).toEqual([{ layer: 'edge', generation: 4, fleet: true, drifted: [] }]);
  });

  it('counts as any leftover again once it has a FogSite', async () => {
    world.site('edge-7-0', { namespace: 'edge', taskQueue: 'north', labels: { region: 'south' }, parent: 'nowhere' });
    await world.passSlowly(10 * MINUTE);
    expect(world.repairs).toEqual([]); // selected, and not usable now
    expect(ready()).toMatchObject({ reason: 'Succeeded' });
  });
});
