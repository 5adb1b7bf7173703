import { describe, expect, it } from '@jest/globals';
import { Gate, NOT_READY_YET, terminal, transient } from './support/behaviour.ts';
import { appliedTo, appliesAt, aFleet as fleetOn, layerOf, mostAtOnce, phasesOf } from './support/fleets.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

const EDGES = { fleet: ['edge' as const] };

const aFleet = (name: string, edges: number) => fleetOn(server(), name, edges);

describe('A layer with many sites', () => {
  it('gives each of them the release once, after the layers above, and counts them', async () => {
    const rollout = aFleet('many', 8);
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: '100%' } });
    expect(await rollout.ends()).toEqual(['Completed']);
    const applied = appliesAt(rollout.fake.calls, '').map(({ what }) => what.split(' ')[1]);
    expect(applied.slice(0, 2)).toEqual(['cloud', 'fog']);
    expect(applied.slice(2).sort()).toEqual(Array.from({ length: 8 }, (_, at) => `edge-${at}`));
    expect(phasesOf(rollout).sort()).toEqual(['rr', 'rrr', 'rrr']);
    expect(layerOf(rollout)).toMatchObject({
      phase: 'Ready',
      version: 'v1',
      shards: 3,
      sites: { total: 8, updated: 8, ready: 8, failed: 0, deferred: 0 },
    });
    expect(layerOf(rollout)?.message).toBeUndefined();
  });

  it('has no more of them under way than the strategy says', async () => {
    const rollout = aFleet('bounded', 9);
    const gate = new Gate();
    rollout.fake.always('applyRelease edge-', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 2 } });
    await rollout.fake.untilBegun('applyRelease edge-', 2);
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(mostAtOnce(appliesAt(rollout.fake.calls, 'edge-'))).toBe(2);
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 9 });
  });

  it('goes wave after wave', async () => {
    const rollout = aFleet('waves', 7);
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    const strategy = { maxConcurrency: '100%', waves: [{ name: 'canary', size: 1 }] };
    await rollout.change(1, { ...EDGES, strategy });
    await gate.reached;
    await rollout.fake.until(
      'the wave is told',
      () => layerOf(rollout)?.message?.startsWith('wave 1 of 2 (canary)') ?? false,
    );
    expect(appliesAt(rollout.fake.calls, 'edge-')).toHaveLength(1);
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 7, ready: 7 });
  });

  it('leaves alone what is held', async () => {
    const rollout = aFleet('held', 4);
    rollout.fake.fleet.site('edge-1').spec.hold = { reason: 'inventory' };
    await rollout.change(1, EDGES);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliesAt(rollout.fake.calls, 'edge-1')).toEqual([]);
    expect(phasesOf(rollout)).toEqual(['rhr', 'r']);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 4, ready: 3 });
  });

  it('that no FogSite is selected for fails in words', async () => {
    const rollout = aFleet('none', 3);
    await rollout.change(1, { ...EDGES, strategy: { siteSelector: { matchLabels: { region: 'moon' } } } });
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Failed',
      conditions: [{}, { type: 'Stalled', reason: 'NoSites' }],
    });
    expect(layerOf(rollout)?.message).toContain('spec.strategy.layers.edge.siteSelector');
  });
});

describe('Sites that fail', () => {
  const BROKEN = terminal('Invalid', 'edge edge-1: image is required');

  it('within the budget do not keep the layer from being ready, and are named', async () => {
    const rollout = aFleet('tolerated', 6);
    rollout.fake.next('applyRelease edge-1', BROKEN);
    await rollout.change(1, { ...EDGES, strategy: { maxFailures: 1 } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Succeeded',
      failures: [{ site: 'edge-1', layer: 'edge', reason: 'Invalid', message: 'edge edge-1: image is required' }],
    });
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 6, ready: 5, failed: 1 });
    expect(rollout.fake.fleet.records.get('edge 0')).toMatchObject({ phases: 'rfr', notes: [{ site: 'edge-1' }] });
  });

  it('beyond the budget: no other is started, those under way finish, and the layer has failed', async () => {
    const rollout = aFleet('breached', 9);
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    rollout.fake.next('applyRelease edge-1', BROKEN);
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 2 } });
    await gate.reached;
    await rollout.fake.until('the failure is told', () => layerOf(rollout)?.sites.failed === 1);
    gate.open();
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(
      appliesAt(rollout.fake.calls, 'edge-')
        .map(({ what }) => what)
        .sort(),
    ).toEqual(['applyRelease edge-0 1', 'applyRelease edge-1 1']);
    expect(phasesOf(rollout)).toEqual(['rfw']);
    expect(layerOf(rollout)).toMatchObject({
      phase: 'Failed',
      message: 'edge: 1 of 9 sites failed, none may',
      sites: { total: 9, ready: 1, failed: 1 },
    });
    expect(rollout.fake.status?.failures).toMatchObject([{ site: 'edge-1' }]);
  });

  it('of a layer above keep every site below from being touched', async () => {
    const rollout = aFleet('above', 3);
    rollout.fake.next('applyRelease fog', BROKEN);
    await rollout.change(1, EDGES);
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.begun('planStage')).toEqual([]);
  });

  it('for a moment are tried again, without a slot more', async () => {
    const rollout = aFleet('flaky', 3);
    rollout.fake.next('applyRelease edge-0', transient());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(mostAtOnce(appliesAt(rollout.fake.calls, 'edge-'))).toBe(1);
  });
});

describe('A stage over many sites', () => {
  it('that is superseded stops everywhere before the next revision goes anywhere', async () => {
    const rollout = aFleet('superseded', 5);
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0 1', NOT_READY_YET);
    rollout.fake.next('awaitReady edge-0 1', gate.hold());
    rollout.fake.next('applyRelease edge-1 1', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 2 } });
    await rollout.fake.untilBegun('awaitReady edge-0 1');
    await rollout.fake.untilBegun('applyRelease edge-1 1');
    await rollout.change(2, EDGES);
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    const firstOfNext = rollout.fake.calls.find(({ what }) => what === 'applyRelease cloud 2')!;
    const older = rollout.fake.calls.filter(({ what }) => /^applyRelease edge-\d 1$/.test(what));
    expect(older.every(({ ended }) => ended !== undefined && ended < firstOfNext.begun)).toBe(true);
    expect(phasesOf(rollout)).toEqual(['rrr', 'rr']);
    expect(layerOf(rollout)).toMatchObject({ version: 'v2', sites: { total: 5, ready: 5, failed: 0 } });
  });

  it('drops words that somebody sent by hand', async () => {
    const rollout = aFleet('by-hand', 2);
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, EDGES);
    await gate.reached;
    const ofAnother = { index: 7, counts: { ready: 2 }, failures: [] };
    for (const word of [undefined, null, 'x', {}, { index: 0, counts: null }, { index: 0, counts: 'all' }, ofAnother]) {
      for (const name of ['progress', 'change', 'remove', 'repair', 'sites']) {
        await rollout.handle.signal(name, word as never);
      }
      for (const name of ['limits', 'look']) await rollout.shard('edge', 0).signal(name, word as never);
    }
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 2, ready: 2 });
  });

  it('goes on where it was when its worker was lost', async () => {
    const rollout = aFleet('restarted', 6);
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-4', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 2 } });
    await gate.reached;
    await server().stopWorker();
    gate.open();
    await server().startWorker();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 6, ready: 6 });
    expect(appliesAt(rollout.fake.calls, 'edge-0')).toHaveLength(1);
  });

  it('takes the sites of a layer that a revision leaves out their releases away', async () => {
    const rollout = aFleet('dropped', 4);
    await rollout.change(1, EDGES);
    await rollout.ends();
    await rollout.change(2, { ...EDGES, layers: ['cloud', 'fog'] });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('removeRelease').slice(0, 4).sort()).toEqual(
      [0, 1, 2, 3].map((at) => `removeRelease edge-${at} up to 2`),
    );
  });

  it('of a removal takes every release away, edge first, whatever refuses at first', async () => {
    const rollout = aFleet('removed', 4);
    rollout.fake.fleet.have('fog', 2);
    await rollout.change(1, { fleet: ['fog', 'edge'] });
    await rollout.ends();
    await rollout.remove(1, ['fog', 'edge']);
    expect(await rollout.ends()).toEqual(['Completed']);
    const removed = rollout.fake.begun('removeRelease').map((what) => what.split(' ')[1]!);
    expect(removed.slice(0, 4).sort()).toEqual(['edge-0', 'edge-1', 'edge-2', 'edge-3']);
    expect(removed[4]).toBe('edge');
    expect(removed.slice(5, 7).sort()).toEqual(['fog-0', 'fog-1']);
    expect(removed.slice(7)).toEqual(['fog', 'cloud']);
    expect(rollout.fake.begun('releaseFinalizer')).toHaveLength(1);
  });
});

describe('What is known of a site that waits', () => {
  it.concurrent('is what it was last asked for, whichever answer comes last', async () => {
    const rollout = aFleet('late-answer', 2);
    const busy = new Gate();
    const late = new Gate();
    const notes = () => [...rollout.fake.fleet.records.values()].flatMap((shard) => shard.notes);
    rollout.fake.fleet.shuts('edge-1');
    rollout.fake.next('applyRelease edge-0', busy.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    await rollout.fake.until('it waits for its window', () => notes().length > 0);
    await busy.reached;
    rollout.fake.next('findSites edge-1', late.holdAnswer());
    await rollout.look('edge', ['edge-1']);
    await late.reached;
    const asked = rollout.fake.last('findSites edge-1');
    rollout.fake.fleet.windows.set('edge-1', { open: true });
    await rollout.look('edge', ['edge-1']);
    await rollout.fake.until('its window is open', () => notes().length === 0);
    late.open();
    await rollout.fake.until('the late answer is there', () => asked.ended !== undefined);
    for (let at = 0; at < 5; at++) await rollout.shard('edge', 0).query('__temporal_workflow_metadata');
    busy.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliedTo(rollout, 1).slice(-2)).toEqual(['edge-0', 'edge-1']);
  });
});
