import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { STRATEGY_DEFAULTS } from '../../../model/revision.ts';
import { away, drifted } from '../model/fleet/records.ts';
import { FleetWorld } from './fleet-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let world: FleetWorld;
beforeEach(() => {
  world = new FleetWorld();
});
afterEach(() => world.stop());

const edgeOf = (name: string) => world.status(name).layers![0]!;

describe('Sites of rollouts whose run has ended', () => {
  it('get nothing, and cost nothing, while all are as they should be', async () => {
    for (const site of ['edge-0-0', 'edge-0-1', 'edge-0-2']) world.site(site);
    for (let at = 0; at < 50; at++) world.settled(`web-${at}`, 'rrf');
    await world.start();
    await world.pass(MINUTE);
    expect([world.repairs, world.written, world.timers]).toEqual([[], [], 0]);
    world.site('edge-0-0', { status: { lastSeen: '2026-01-01T00:00:00Z', releases: 50, worker: 'north-1' } });
    expect(world.timers).toBe(0);
  });

  it('are brought up to date together when a flock of them comes', async () => {
    world.site('edge-0-0');
    world.settled('web', 'r');
    await world.start();
    await world.pass(2 * SECOND);
    for (let at = 0; at < 300; at++) world.site(`new-${at}`);
    await world.pass(999);
    expect(world.repairs).toEqual([]);
    await world.pass(1);
    expect(world.repairs).toEqual([
      {
        owner: expect.objectContaining({ namespace: 'shop', name: 'web', uid: 'uid-web' }),
        generation: 4,
        layers: [{ layer: 'edge', generation: 4, fleet: true, drifted: [] }],
      },
    ]);
  });

  it('are brought up to date when they are back, and again ever more rarely when that does not help', async () => {
    world.site('edge-0-0', { status: away() });
    world.settled('web', 'd');
    await world.start();
    await world.pass(MINUTE);
    expect(world.repairs).toEqual([]);
    world.site('edge-0-0', { status: {} });
    await world.passSlowly(40 * SECOND);
    // At 1 s, and then 2, 4, 8 and 16 s apart.
    expect(world.repairs).toHaveLength(5);
    world.record('web', 'r');
    await world.pass(10 * MINUTE);
    expect([world.repairs.length, world.timers]).toEqual([5, 0]);
  });

  it('that come and go do not lead to repairs in quick succession', async () => {
    world.site('edge-0-0', { status: away() });
    world.settled('web', 'd');
    await world.start();
    for (let flap = 0; flap < 60; flap++) {
      world.site('edge-0-0', { status: flap % 2 ? away() : {} });
      await world.passSlowly(5 * SECOND);
    }
    expect(world.repairs.length).toBeGreaterThanOrEqual(4);
    expect(world.repairs.length).toBeLessThanOrEqual(9);
  });

  it('are brought up to date when Temporal is back', async () => {
    world.site('edge-0-0');
    world.settled('web', 'h');
    world.deaf = 3;
    await world.start();
    await world.passSlowly(10 * SECOND);
    expect(world.signalled[0]).toBe('web');
  });

  it('are left alone while some are under way, unless that is lost', async () => {
    world.site('edge-0-0');
    world.site('edge-0-1');
    world.rollout('web', {
      status: { run: { workflowId: 'w', runId: 'r', startedAt: '2026-01-01T00:00:00Z', reports: 1 } },
    });
    world.record('web', 'iw');
    await world.start();
    await world.passSlowly(9 * MINUTE);
    expect([world.repairs, world.written]).toEqual([[], []]);
    world.state = { kind: 'missing' };
    await world.passSlowly(5 * MINUTE);
    expect(world.signalled[0]).toBe('web');
    expect(world.repairs[0]!.layers).toEqual([{ layer: 'edge', generation: 4, fleet: true }]);
  });

  it('are left alone while a change is on its way, and when its stage failed', async () => {
    world.site('edge-0-0');
    world.settled('changed', 'h', { status: { observedGeneration: 3 } });
    world.settled('failed', 'h', { edge: { phase: 'Failed' }, status: { phase: 'Failed' } });
    world.settled('repaired', 'h', { edge: { phase: 'Progressing' }, status: { phase: 'Failed' } });
    await world.start();
    await world.pass(MINUTE);
    expect(world.repairs).toEqual([]);
  });

  it('whose record has just been written may have another on its way', async () => {
    world.site('edge-0-0');
    world.settled('web', 'h', { edge: { finishedAt: '2026-01-01T00:00:01Z' } });
    await world.start();
    await world.pass(2 * SECOND);
    world.record('web', 'r');
    await world.pass(MINUTE);
    expect(world.repairs).toEqual([]);
  });

  it('that drifted are put right, of the rollouts that they say', async () => {
    for (const site of ['edge-0-0', 'edge-0-1']) world.site(site);
    world.settled('api', 'rr');
    world.settled('web', 'rr');
    await world.start();
    await world.pass(2 * SECOND);
    world.site('edge-0-1', { status: drifted('web') });
    await world.pass(SECOND);
    expect(world.repairs).toMatchObject([{ owner: { name: 'web' }, layers: [{ drifted: ['edge-0-1'] }] }]);
  });

  it('whose release is being deleted get it back when it has gone, and no run before', async () => {
    world.site('edge-0-0');
    world.settled('web', 'r');
    await world.start();
    await world.pass(2 * SECOND);
    world.site('edge-0-0', { status: drifted('web', 'the Service is being deleted, held by the finalizer a.b/c') });
    await world.passSlowly(20 * SECOND);
    expect(world.repairs).toEqual([]);
    expect(edgeOf('web')).toMatchObject({
      sites: { ready: 0 },
      message: expect.stringContaining('1 of 1 site has a release that somebody changed or deleted'),
    });
    world.site('edge-0-0', { status: drifted('web', 'the Service is missing') });
    await world.pass(SECOND);
    expect(world.repairs).toMatchObject([{ layers: [{ drifted: ['edge-0-0'] }] }]);
  });

  it('of many rollouts have their turns one after the other', async () => {
    world.site('edge-0-0', { status: away() });
    for (let at = 0; at < 40; at++) world.settled(`web-${at}`, 'd');
    await world.start();
    await world.pass(MINUTE);
    world.site('edge-0-0', { status: {} });
    await world.pass(SECOND);
    expect(world.repairs).toHaveLength(1);
    await world.passSlowly(SECOND);
    expect(new Set(world.signalled).size).toBe(11);
    await world.passSlowly(3 * SECOND);
    expect(new Set(world.signalled).size).toBe(40);
  });

  it('get the revision that their layer has, where a newer one ended above it', async () => {
    world.site('edge-0-0', { labels: { region: 'south' } });
    world.site('edge-0-1', { labels: { region: 'north' } });
    const strategy = {
      ...STRATEGY_DEFAULTS,
      layers: { edge: { siteSelector: { matchLabels: { region: 'north' } } } },
    };
    world.kept.set(4, { generation: 4, version: 'v1', hash: 'h', layers: {}, hashes: {}, strategy });
    world.settled('web', 'hh', { generation: 5, edge: { phase: 'Pending' }, status: { phase: 'Failed' } });
    world.settled('lost', 'hh', {
      generation: 6,
      edge: { phase: 'Pending', generation: 3 },
      status: { phase: 'Failed' },
    });
    world.record('lost', 'hh', { generation: 3 });
    await world.start();
    await world.pass(SECOND);
    expect(world.repairs).toMatchObject([
      { owner: { name: 'web' }, generation: 5, layers: [{ layer: 'edge', generation: 4 }] },
    ]);
    world.record('web', 'hr');
    world.site('edge-0-1', { labels: { region: 'north', order: '1' } });
    await world.pass(MINUTE);
    expect([world.repairs.length, world.asked]).toEqual([1, 2]);
  });

  it('of a rollout that is gone are forgotten', async () => {
    world.site('edge-0-0');
    world.settled('web', 'r');
    await world.start();
    world.forgetRecord('web');
    world.remove('web');
    await world.pass(MINUTE);
    world.site('edge-0-1');
    await world.pass(MINUTE);
    expect([world.repairs, world.written, world.timers]).toEqual([[], [], 0]);
  });
});

describe('The counts of rollouts whose run has ended', () => {
  it('follow who is out of reach, gathered, and who is back', async () => {
    for (let at = 0; at < 4; at++) world.site(`edge-0-${at}`);
    world.settled('web', 'rrrr');
    await world.start();
    await world.pass(2 * SECOND);
    for (let at = 0; at < 3; at++) {
      world.site(`edge-0-${at}`, { status: away() });
      await world.pass(400);
    }
    await world.passSlowly(10 * SECOND);
    expect(world.written.map(({ layers }) => layers?.[0]?.sites)).toEqual([
      { total: 4, updated: 4, ready: 1, failed: 0, deferred: 0, unknown: 3 },
    ]);
    expect(edgeOf('web').message).toBe('3 of 4 sites are out of reach');
    for (let at = 0; at < 3; at++) world.site(`edge-0-${at}`, { status: {} });
    await world.passSlowly(SECOND);
    expect(edgeOf('web')).toMatchObject({ sites: { ready: 4 }, readySites: '4/4' });
    expect(edgeOf('web')).not.toHaveProperty('message');
    expect(world.repairs).toEqual([]);
  });

  it('are not written more often than every five seconds', async () => {
    world.site('edge-0-0');
    world.settled('web', 'r');
    await world.start();
    for (let flap = 0; flap < 12; flap++) {
      world.site('edge-0-0', { status: flap % 2 ? {} : away() });
      await world.passSlowly(2 * SECOND);
    }
    await world.passSlowly(5 * SECOND);
    expect(world.written.length).toBeLessThanOrEqual(6);
    expect(edgeOf('web').sites.ready).toBe(1);
  });

  it('count as failed who was waited for in vain, when that time has come', async () => {
    world.site('edge-0-0');
    world.site('edge-0-1', { status: away({ lastSeen: '2026-01-01T00:00:00Z' }) });
    world.settled('web', 'rd', { strategy: { offline: { expireAfterSeconds: 3_600 } } });
    await world.start();
    await world.pass(59 * MINUTE);
    expect(edgeOf('web').sites).toMatchObject({ ready: 1, failed: 0, deferred: 1 });
    await world.pass(MINUTE);
    expect(edgeOf('web').sites).toMatchObject({ ready: 1, failed: 1, deferred: 0 });
    await world.pass(SECOND);
    expect(world.timers).toBe(0);
  });

  it('do not count who has left', async () => {
    for (const site of ['edge-0-0', 'edge-0-1']) world.site(site);
    world.settled('web', 'rr');
    await world.start();
    world.leave('edge-0-1');
    await world.pass(SECOND);
    expect(edgeOf('web').sites).toMatchObject({ total: 1, ready: 1 });
  });
});
