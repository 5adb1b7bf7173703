/** Sites that cannot be reached, that leave, and that are behind a rollout which has ended. */
import { describe, expect, it } from '@jest/globals';
import { FAILURE } from '../../model/activities.ts';
import { Gate, terminal } from './support/behaviour.ts';
import { appliedTo, appliesAt, aFleet as fleetOn, layerOf, phasesOf } from './support/fleets.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();
const aFleet = (name: string, edges: number) => fleetOn(server(), name, edges);

const EDGES = { fleet: ['edge' as const] };
const UNREACHABLE = terminal(FAILURE.unreachable, 'edge edge-1: https://10.0.0.1 has not answered since noon');

describe('A site that is known to be out of reach', () => {
  it.concurrent('is deferred without a try: it holds no wave, takes no slot and is no failure', async () => {
    const rollout = aFleet('away', 5);
    rollout.fake.fleet.isReachable('edge-0', false);
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1, waves: [{ name: 'canary', size: 1 }] } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliedTo(rollout, 1).filter((site) => site.startsWith('edge-'))).toEqual([
      'edge-1',
      'edge-2',
      'edge-3',
      'edge-4',
    ]);
    expect(layerOf(rollout)?.sites).toEqual({ total: 5, updated: 4, ready: 4, failed: 0, deferred: 1 });
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded' });
    expect(rollout.fake.status?.failures).toBeUndefined();
  });

  it.concurrent('fails at once where the strategy says so, and is named', async () => {
    const rollout = aFleet('away-fails', 3);
    rollout.fake.fleet.isReachable('edge-2', false);
    await rollout.change(1, { ...EDGES, strategy: { maxFailures: 1, offline: { policy: 'Fail' } } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 2, failed: 1, deferred: 0 });
    expect(rollout.fake.status?.failures).toMatchObject([{ site: 'edge-2', layer: 'edge', reason: 'Unreachable' }]);
  });

  it.concurrent('is one of those that must be in reach: with too many of them the layer is not ready', async () => {
    const rollout = aFleet('too-few', 4);
    for (const name of ['edge-0', 'edge-1']) rollout.fake.fleet.isReachable(name, false);
    await rollout.change(1, { ...EDGES, strategy: { offline: { minReachable: '75%' } } });
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Failed', conditions: [{}, { reason: 'TooFewReachable' }] });
    expect(layerOf(rollout)?.message).toBe('edge: 2 of 4 sites could be reached, 3 must');
  });
});

describe('A site that turns out to be out of reach', () => {
  it.concurrent('is deferred, and named in the record with the cause', async () => {
    const rollout = aFleet('lost-touch', 3);
    rollout.fake.next('applyRelease edge-1', UNREACHABLE);
    await rollout.change(1, { ...EDGES });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(phasesOf(rollout)).toEqual(['rdr']);
    expect(rollout.fake.fleet.records.get('edge 0')?.notes).toEqual([
      {
        site: 'edge-1',
        reason: 'Unreachable',
        message: 'edge edge-1: https://10.0.0.1 has not answered since noon',
      },
    ]);
    expect(rollout.fake.status?.failures).toBeUndefined();
  });

  it.concurrent('is tried for as long as it takes where the strategy says so', async () => {
    const rollout = aFleet('patient', 2);
    rollout.fake.next('applyRelease edge-1', UNREACHABLE);
    rollout.fake.next('applyRelease edge-1', UNREACHABLE);
    await rollout.change(1, { ...EDGES, strategy: { offline: { policy: 'Wait' } } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliesAt(rollout.fake.calls, 'edge-1')).toHaveLength(3);
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 2, deferred: 0 });
  });

  it.concurrent('whose worker never begins is deferred once the hub knows that it is away', async () => {
    const rollout = aFleet('no-worker', 2);
    const site = rollout.fake.fleet.site('edge-1');
    site.spec.taskQueue = 'region-nobody';
    rollout.fake.next('findSites edge-1', async (proceed) => {
      rollout.fake.fleet.isReachable('edge-1', false);
      return await proceed();
    });
    await rollout.change(1, { ...EDGES, strategy: { offline: { afterSeconds: 1 } } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 1, deferred: 1 });
    expect(rollout.fake.fleet.records.get('edge 0')?.notes).toMatchObject([
      { site: 'edge-1', message: 'edge edge-1: Nobody works there; last seen 2026-11-22T10:00:00Z' },
    ]);
  });
});

describe('A site that leaves', () => {
  it.concurrent('before its turn is skipped, and nobody asks for it', async () => {
    const rollout = aFleet('left', 4);
    rollout.fake.fleet.shardSize = 2;
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1, minSuccess: '100%' } });
    await gate.reached;
    rollout.fake.fleet.leaves('edge-3');
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliesAt(rollout.fake.calls, 'edge-3')).toEqual([]);
    expect(phasesOf(rollout)).toEqual(['rr', 'rs']);
  });

  it.concurrent('while it is tried is skipped, whatever its cluster said last', async () => {
    const rollout = aFleet('left-midway', 2);
    rollout.fake.next('applyRelease edge-1', async () => {
      rollout.fake.fleet.leaves('edge-1');
      return await terminal(FAILURE.forbidden, 'edge edge-1: namespaces "edge-1" is being terminated')(() => undefined);
    });
    await rollout.change(1, EDGES);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(phasesOf(rollout)).toEqual(['rs']);
  });
});

describe('Sites that are behind a rollout which has ended', () => {
  it.concurrent('are given what their layer was promoted to, and no other is touched', async () => {
    const rollout = aFleet('catch-up', 4);
    const { fleet } = rollout.fake;
    fleet.isReachable('edge-0', false);
    fleet.site('edge-1').spec.hold = { reason: 'harvest' };
    rollout.fake.next('applyRelease edge-2', terminal(FAILURE.invalid, 'edge edge-2: no such image'));
    await rollout.change(1, { ...EDGES, strategy: { maxFailures: 2 } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(phasesOf(rollout)).toEqual(['dhf', 'r']);

    fleet.isReachable('edge-0', true);
    delete fleet.site('edge-1').spec.hold;
    fleet.have('edge', 5);
    fleet.site('edge-2').status = {};
    const before = rollout.fake.calls.length;
    await rollout.repair(1, [{ layer: 'edge', generation: 1, fleet: true, drifted: ['edge-3'] }]);
    expect(await rollout.ends()).toEqual(['Completed']);
    const touched = appliesAt(rollout.fake.calls.slice(before), '').map(({ what }) => what.split(' ')[1]);
    expect(touched.sort()).toEqual(['edge-0', 'edge-1', 'edge-3', 'edge-4']);
    expect(phasesOf(rollout)).toEqual(['rrf', 'rr']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Succeeded',
      observedGeneration: 1,
      version: 'v1',
      failures: [{ site: 'edge-2' }],
    });
    expect(layerOf(rollout)?.sites).toEqual({ total: 5, updated: 4, ready: 4, failed: 1, deferred: 0 });
    expect(layerOf(rollout)?.message).toBeUndefined();
  });

  it.concurrent('leave the rollout as ready as it was while they are brought up to date', async () => {
    const rollout = aFleet('still-ready', 3);
    rollout.fake.fleet.isReachable('edge-0', false);
    await rollout.change(1, EDGES);
    await rollout.ends();
    rollout.fake.fleet.isReachable('edge-0', true);
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.repair(1, [{ layer: 'edge', generation: 1, fleet: true, drifted: [] }]);
    await gate.reached;
    await rollout.fake.until('it is told', () => layerOf(rollout)?.message === '1 site is being brought up to date');
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', conditions: [{ type: 'Ready', status: 'True' }] });
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 3, deferred: 0 });
  });

  it.concurrent('that stay away take nothing from what the layer has reached', async () => {
    const rollout = aFleet('flaps', 2);
    rollout.fake.fleet.isReachable('edge-0', false);
    await rollout.change(1, EDGES);
    await rollout.ends();
    rollout.fake.fleet.isReachable('edge-0', true);
    rollout.fake.next('applyRelease edge-0', UNREACHABLE);
    await rollout.repair(1, [{ layer: 'edge', generation: 1, fleet: true, drifted: [] }]);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded' });
    expect(layerOf(rollout)).toMatchObject({ phase: 'Ready', sites: { ready: 1, deferred: 1 } });
  });
});

describe('A removal', () => {
  it.concurrent('goes on at the sites that answer, and waits for those that do not until their FogSites are deleted', async () => {
    const rollout = aFleet('removed-away', 3);
    await rollout.change(1, EDGES);
    await rollout.ends();
    rollout.fake.fleet.isReachable('edge-1', false);
    await rollout.remove(1, ['edge']);
    await rollout.fake.until(
      'it says whom it waits for',
      () => layerOf(rollout)?.message?.includes('1 out of reach') ?? false,
    );
    const removed = rollout.fake.begun('removeRelease').filter((what) => what.includes('edge-'));
    expect(removed.sort()).toEqual(['removeRelease edge-0', 'removeRelease edge-2']);
    expect(rollout.fake.begun('releaseFinalizer')).toEqual([]);
    await rollout.handle.terminate(); // it would wait a minute
  });
});
