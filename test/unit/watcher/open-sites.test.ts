import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { away } from '../model/fleet/records.ts';
import { FleetWorld } from './fleet-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOLD = { reason: 'Stocktaking' };

let world: FleetWorld;
beforeEach(() => {
  world = new FleetWorld();
  for (const site of ['edge-0-0', 'edge-0-1', 'edge-0-2', 'edge-0-3']) world.site(site);
});
afterEach(() => world.stop());

const open = (phases: string) => {
  world.rollout('web', { status: { phase: 'Progressing', observedGeneration: 3 }, edge: { phase: 'Progressing' } });
  world.record('web', phases);
};
const told = (...sites: string[]) => [{ name: 'web', layer: 'edge', sites }];

describe('A run that goes on is told', () => {
  it.each<[string, string[], () => void]>([
    ['of a site whose FogSite is gone', ['edge-0-1'], () => world.leave('edge-0-1')],
    ['of one that is somewhere else', ['edge-0-2'], () => world.site('edge-0-2', { namespace: 'new', generation: 2 })],
    ['of one that is held', ['edge-0-2'], () => world.site('edge-0-2', { hold: HOLD, generation: 2 })],
    ['of nothing where a site had its turn', [], () => world.leave('edge-0-0')],
  ])('%s', async (_, sites, change) => {
    open('riwb');
    await world.start();
    await world.passSlowly(2 * SECOND);
    change();
    await world.passSlowly(SECOND);
    expect(world.told).toEqual(sites.length > 0 ? told(...sites) : []);
    await world.passSlowly(4 * MINUTE);
    expect(world.told.length).toBe(sites.length > 0 ? 2 : 0);
    expect([world.repairs, world.changes]).toEqual([[], []]);
  });

  it('by whoever takes over, once more soon where it did not help, and then after minutes', async () => {
    open('wiww');
    world.leave('edge-0-1');
    await world.start();
    await world.passSlowly(9 * SECOND);
    expect(world.told).toEqual(told('edge-0-1'));
    await world.passSlowly(2 * SECOND);
    expect(world.told).toEqual([...told('edge-0-1'), ...told('edge-0-1')]);
    await world.passSlowly(MINUTE);
    world.site('edge-0-2', { hold: HOLD, generation: 2 });
    await world.passSlowly(2 * SECOND);
    expect(world.told.slice(2)).toEqual(told('edge-0-2'));
    await world.passSlowly(5 * MINUTE);
    expect(world.told.slice(3)).toEqual([...told('edge-0-2'), ...told('edge-0-1')]);
  });

  it('of those that wait for a window that is another way than they say, again when it is yet another', async () => {
    const line = { sites: { selector: {} }, reason: 'the line runs' };
    const note = (message: string) => ({
      notes: [{ site: 'edge-0-1', reason: 'WindowClosed', message }],
    });
    world.window('line', { ...line, deny: [{}] });
    world.rollout('web', { status: { phase: 'Progressing', observedGeneration: 3 }, edge: { phase: 'Progressing' } });
    world.record('web', 'rwwr', note('FogWindow line is closed (the line runs)'));
    await world.start();
    await world.passSlowly(5 * SECOND);
    expect(world.told).toEqual([]);
    world.window('line', { ...line, deny: [{}], reason: 'stocktaking' });
    await world.passSlowly(SECOND);
    expect(world.told).toEqual(told('edge-0-1'));
    world.window('line', line);
    await world.passSlowly(SECOND);
    expect(world.told).toEqual([...told('edge-0-1'), ...told('edge-0-1')]);
    world.record('web', 'riwr');
    await world.passSlowly(5 * MINUTE);
    expect(world.told).toHaveLength(2);
  });

  it('also when the window had opened before the record said that it was waited for', async () => {
    world.window('line', { sites: { selector: {} } });
    const status = { phase: 'Progressing', observedGeneration: 2 } as const;
    world.rollout('web', { status, edge: { phase: 'Progressing' } });
    await world.start();
    await world.passSlowly(5 * SECOND);
    world.record('web', 'rwwr', {
      notes: [{ site: 'edge-0-1', reason: 'WindowClosed', message: 'FogWindow line is closed' }],
    });
    await world.passSlowly(SECOND);
    expect(world.told).toEqual(told('edge-0-1'));
  });

  it('also when it is a repair', async () => {
    world.settled('web', 'rirr');
    await world.start();
    await world.passSlowly(SECOND);
    world.leave('edge-0-1');
    await world.passSlowly(SECOND);
    expect(world.told).toEqual(told('edge-0-1'));
  });
});

describe('A removal that goes on is told of a site that kept it waiting', () => {
  beforeEach(async () => {
    world.site('edge-0-1', { hold: HOLD });
    world.site('edge-0-2', { status: away() });
    const status = { phase: 'Removing', run: { workflowId: 'w', runId: 'r', startedAt: '', reports: 1 } } as const;
    world.rollout('web', { isDeleted: true, status, edge: { phase: 'Removing' } });
    world.record('web', 'rhdf', { generation: 0 });
    await world.start();
    await world.passSlowly(10 * SECOND);
    expect(world.told).toEqual([]);
  });

  it.each<[string, string, () => void]>([
    ['whose hold is released', 'edge-0-1', () => world.site('edge-0-1', { generation: 2 })],
    ['that was held, and whose FogSite is deleted', 'edge-0-1', () => world.leave('edge-0-1')],
    ['that is back', 'edge-0-2', () => world.site('edge-0-2', { status: {} })],
    ['that is given up', 'edge-0-2', () => world.leave('edge-0-2')],
  ])('%s', async (_, site, happens) => {
    happens();
    await world.passSlowly(2 * SECOND);
    expect(world.told).toEqual(told(site));
    await world.passSlowly(4 * MINUTE);
    expect(world.told).toEqual([...told(site), ...told(site)]);
  });

  it('whenever that happens again', async () => {
    for (const generation of [2, 4]) {
      world.site('edge-0-1', { generation });
      await world.passSlowly(2 * SECOND);
      world.site('edge-0-1', { generation: generation + 1, hold: HOLD });
      await world.passSlowly(2 * SECOND);
    }
    expect(world.told).toEqual([...told('edge-0-1'), ...told('edge-0-1')]);
  });

  it('also when the hold was released before the record said that it had been in the way', async () => {
    world.record('web', 'rwdf', { generation: 0 });
    await world.passSlowly(2 * SECOND);
    world.told.length = 0; // it was told that the site is held
    world.site('edge-0-1', { generation: 2 });
    await world.passSlowly(2 * SECOND);
    expect(world.told).toEqual([]);
    world.record('web', 'rhdf', { generation: 0 });
    await world.passSlowly(2 * SECOND);
    expect(world.told).toEqual(told('edge-0-1'));
  });
});

describe('A change says which layers have FogSites', () => {
  const changed = () => world.rollout('web', { status: { observedGeneration: 3, run: undefined } });

  it('by the cache, where that has some', async () => {
    changed();
    await world.start();
    await world.pass(0);
    expect([world.changes[0]!.fleet, world.lists]).toEqual([['edge'], []]);
  });

  it.each<[string, string[], string[], number]>([
    ['are none', [], [], 1],
    ['is one that no cache has yet', ['edge'], ['edge'], 2],
    ['are others', ['cloud'], [], 2],
  ])('by one question to the API server, where there %s', async (_, unseen, fleet, lists) => {
    for (const site of ['edge-0-0', 'edge-0-1', 'edge-0-2', 'edge-0-3']) world.leave(site);
    for (const layer of unseen) world.unseen.push({ spec: { layer } } as never);
    changed();
    await world.start();
    await world.pass(0);
    expect([world.changes[0]!.fleet, world.lists.length]).toEqual([fleet, lists]);
  });
});
