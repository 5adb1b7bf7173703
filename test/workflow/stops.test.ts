/** What a stop, a lost shard or a terminated run does to sites: those under way, and those about to be. */
import { describe, expect, it } from '@jest/globals';
import { FAILURE } from '../../model/activities.ts';
import { Gate, terminal } from './support/behaviour.ts';
import { appliedTo, appliesAt, aFleet as fleetOn, layerOf } from './support/fleets.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();
const aFleet = (name: string, edges: number) => fleetOn(server(), name, edges);

const EDGES = { fleet: ['edge' as const] };
const BRANCHES = { fleet: ['fog' as const, 'edge' as const], promotion: 'Branch' as const };
const BROKEN = terminal(FAILURE.invalid, 'fog fog-1: no such image');

/** Whether the run works the sites itself, or shards do. */
const SHAPES = [
  ['in the run itself', 20],
  ['by shards', 0],
] as const;

describe.each(SHAPES)('Sites that are worked %s', (shape, inlineSites) => {
  const named = (name: string) => `${name}-${inlineSites}`;

  it.concurrent('below a layer that breaches its budget are not started any more, and the run ends', async () => {
    const rollout = new Rollout(server(), named('above-breaches'));
    rollout.fake.fleet.inlineSites = inlineSites;
    rollout.fake.fleet.have('fog', 3);
    rollout.fake.fleet.have('edge', 3, (at) => `fog-${at}`);
    const held = new Gate();
    rollout.fake.next('applyRelease fog-1', BROKEN);
    rollout.fake.next('applyRelease fog-0', held.hold());
    await rollout.change(1, { ...BRANCHES, strategy: { maxConcurrency: 2 } });
    await held.reached;
    await rollout.fake.until('the failure is told', () => layerOf(rollout, 'fog')?.sites.failed === 1);
    held.open();
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(appliedTo(rollout, 1).sort()).toEqual(['cloud', 'fog-0', 'fog-1']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Failed', observedGeneration: 1 });
    expect(layerOf(rollout, 'edge')).toMatchObject({
      phase: 'Failed',
      message: 'edge: stopped, because the fog is not ready',
    });
  });

  it.concurrent('at a pace are not started once the budget is broken', async () => {
    const rollout = aFleet(named('paced'), 4);
    rollout.fake.fleet.inlineSites = inlineSites;
    rollout.fake.next('applyRelease edge-0', terminal(FAILURE.invalid, 'edge edge-0: no such image'));
    await rollout.change(1, { ...EDGES, strategy: { maxSitesPerMinute: 60, maxConcurrency: '100%' } });
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(appliesAt(rollout.fake.calls, 'edge-')).toHaveLength(1);
  });

  it.concurrent('of a run that was terminated by hand do not keep the next run from its turn', async () => {
    const rollout = aFleet(named('terminated'), 2);
    rollout.fake.fleet.inlineSites = inlineSites;
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: '100%' } });
    await gate.reached;
    await rollout.handle.terminate();
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: '100%' } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded' });
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 2, ready: 2 });
  });

  it.concurrent('whose FogSite is held or deleted before their turn are not given anything', async () => {
    const rollout = aFleet(named('turns'), 4);
    rollout.fake.fleet.inlineSites = inlineSites;
    rollout.fake.fleet.shardSize = 4;
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxSitesPerMinute: 30, maxConcurrency: 1 } });
    await gate.reached;
    rollout.fake.fleet.leaves('edge-2');
    rollout.fake.fleet.site('edge-3').spec.hold = { reason: 'inventory' };
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliedTo(rollout, 1)).toEqual(['cloud', 'fog', 'edge-0', 'edge-1']);
    const { phases, notes } = rollout.fake.fleet.lastRecord('edge');
    expect(phases).toBe('rrsh');
    expect(notes.map(({ reason }) => reason).sort()).toEqual(['Held', 'SiteGone']);
  });

  it.concurrent('that are deleted while they are under way are let go of in seconds', async () => {
    const rollout = aFleet(named('deleted'), 2);
    rollout.fake.fleet.inlineSites = inlineSites;
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-1', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: '100%' } });
    await gate.reached;
    await rollout.fake.until('the other is ready', () => layerOf(rollout)?.sites.ready === 1);
    rollout.fake.fleet.leaves('edge-1');
    await rollout.handle.signal('sites', { layer: 'edge', sites: ['edge-1'] });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.fleet.lastRecord('edge')).toMatchObject({
      phases: 'rs',
      notes: [{ site: 'edge-1', reason: 'SiteGone' }],
    });
    expect(shape).toBeDefined();
  });
});

describe('A shard', () => {
  it.concurrent('that is lost is told with its cause, and its sites count as failed', async () => {
    const rollout = aFleet('lost-shard', 2);
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, EDGES);
    await gate.reached;
    await rollout.shard('edge', 0).terminate();
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status?.failures).toMatchObject([{ layer: 'edge', reason: 'ShardLost' }]);
    expect(rollout.fake.status?.failures?.[0]?.message).toMatch(/^edge: shard 1 of 1 was lost: .*terminated/i);
  });

  it.concurrent('whose content is no longer kept says so', async () => {
    const rollout = aFleet('no-content', 2);
    rollout.fake.next('loadShard edge', async (proceed) => ({ ...((await proceed()) as object), content: undefined }));
    await rollout.change(1, EDGES);
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status?.failures?.[0]?.message).toContain('content of generation 1 is no longer kept');
  });
});
