/** A change of nothing but how sites are gone through: it adjusts the run under way. */
import { describe, expect, it } from '@jest/globals';
import { FAILURE } from '../../model/activities.ts';
import type { LayerStrategy } from '../../model/types.ts';
import { Gate, terminal } from './support/behaviour.ts';
import { appliedTo, appliesAt, aFleet as fleetOn, layerOf, mostAtOnce } from './support/fleets.ts';
import type { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();
const aFleet = (name: string, edges: number) => fleetOn(server(), name, edges);

const EDGES = { fleet: ['edge' as const] };

describe.each([
  ['in the run itself', 20],
  ['by shards', 0],
])('A change of the strategy alone, while sites are worked %s', (_, inlineSites) => {
  const named = (name: string) => `${name}-${inlineSites}`;

  it.concurrent('adjusts the run: what is done is not written again, and the new limits hold from the next start on', async () => {
    const rollout = aFleet(named('adjusted'), 6);
    rollout.fake.fleet.inlineSites = inlineSites;
    rollout.fake.fleet.shardSize = 6;
    const first = new Gate();
    const others = new Gate();
    rollout.fake.next('applyRelease edge-0', (proceed) => proceed());
    rollout.fake.next('applyRelease edge-1', first.hold());
    rollout.fake.always('applyRelease edge-', others.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    await first.reached;
    await rollout.change(2, { ...EDGES, strategy: { maxConcurrency: 3 }, contentOf: 1 });
    await rollout.fake.untilBegun('applyRelease edge-3');
    others.open();
    first.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    const applies = appliesAt(rollout.fake.calls, '');
    expect(applies.map(({ what }) => what.split(' ')[1]).sort()).toEqual([
      'cloud',
      ...Array.from({ length: 6 }, (__, at) => `edge-${at}`),
      'fog',
    ]);
    expect(mostAtOnce(appliesAt(rollout.fake.calls, 'edge-'))).toBe(3);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 2, version: 'v1' });
    expect(layerOf(rollout)).toMatchObject({ phase: 'Ready', generation: 2, sites: { total: 6, ready: 6 } });
  });

  it.concurrent.each<[string, LayerStrategy, LayerStrategy]>([
    ['quicker', { maxSitesPerMinute: 1 }, { maxSitesPerMinute: 600 }],
    ['gone', { maxSitesPerMinute: 1 }, {}],
  ])('with a pace that is %s is followed at once by who waits for a start', async (how, before, after) => {
    const rollout = aFleet(named(`pace-${how}`), 4);
    rollout.fake.fleet.inlineSites = inlineSites;
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: '100%', ...before } });
    await untilWaiting(rollout);
    await rollout.change(2, { ...EDGES, strategy: { maxConcurrency: '100%', ...after }, contentOf: 1 });
    await rollout.fake.untilBegun('applyRelease edge-', 4); // by the pace before, the first of them in a minute
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliesAt(rollout.fake.calls, 'edge-')).toHaveLength(4);
  });

  it.concurrent('with a pace where there was none keeps the next starts apart', async () => {
    const rollout = aFleet(named('pace-new'), 4);
    rollout.fake.fleet.inlineSites = inlineSites;
    const gate = new Gate();
    const starts: number[] = [];
    rollout.fake.next('applyRelease edge-0', gate.hold());
    rollout.fake.always('applyRelease edge-', (proceed) => {
      starts.push(Date.now());
      return proceed();
    });
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    await gate.reached;
    await rollout.change(2, { ...EDGES, strategy: { maxConcurrency: 1, maxSitesPerMinute: 100 }, contentOf: 1 });
    await rollout.caughtUp();
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    const [first = 0, second = 0, third = 0] = starts;
    expect(starts).toHaveLength(3);
    // Each by a clock of its own, on its way to the worker.
    expect(second - first).toBeGreaterThan(500);
    expect(third - second).toBeGreaterThan(500);
  });

  it.concurrent('with other deadlines, or another word on sites out of reach, gives them to the sites that start later', async () => {
    const rollout = aFleet(named('terms'), 3);
    rollout.fake.fleet.inlineSites = inlineSites;
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    rollout.fake.next('applyRelease edge-2', terminal(FAILURE.unreachable, 'edge edge-2: no answer since noon'));
    const strategy: LayerStrategy = { maxConcurrency: 1, maxFailures: 1, offline: { policy: 'Defer' } };
    await rollout.change(1, { ...EDGES, strategy });
    await gate.reached;
    const other: LayerStrategy = { ...strategy, offline: { policy: 'Fail' } };
    await rollout.change(2, { ...EDGES, strategy: other, progressDeadlineSeconds: 7, contentOf: 1 });
    await rollout.caughtUp();
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    const deadlines = appliesAt(rollout.fake.calls, 'edge-').map(({ input }) =>
      'progressDeadlineSeconds' in input ? input.progressDeadlineSeconds : undefined,
    );
    expect(deadlines).toEqual([60, 7, 7]);
    expect(rollout.fake.fleet.lastRecord('edge').phases).toBe('rrf');
  });

  it.concurrent('that comes while the stage is planned holds from its first start on', async () => {
    const rollout = aFleet(named('planned'), 4);
    rollout.fake.fleet.inlineSites = inlineSites;
    const gate = new Gate();
    const planning = new Gate();
    rollout.fake.next('planStage edge', planning.hold());
    rollout.fake.always('applyRelease edge-', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    await planning.reached;
    await rollout.change(2, { ...EDGES, strategy: { maxConcurrency: 3 }, contentOf: 1 });
    await rollout.caughtUp();
    planning.open();
    await rollout.fake.untilBegun('applyRelease edge-2');
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(mostAtOnce(appliesAt(rollout.fake.calls, 'edge-'))).toBe(3);
  });

  /** Nothing was started, and whoever is to start has been told how. */
  async function untilWaiting(rollout: Rollout): Promise<void> {
    const planned = () => rollout.fake.calls.some(({ what, outcome }) => what.startsWith('planStage edge') && outcome);
    await rollout.fake.until('the stage is planned', planned);
    await rollout.caughtUp();
    if (inlineSites === 0) {
      await rollout.fake.untilBegun('loadShard edge 0');
      await rollout.shard('edge', 0).query('__temporal_workflow_metadata');
    }
    expect(appliesAt(rollout.fake.calls, 'edge-')).toEqual([]);
  }

  it.concurrent('with other waves lets the wave under way be the last of the old ones, and says so', async () => {
    const rollout = aFleet(named('other-waves'), 5);
    rollout.fake.fleet.inlineSites = inlineSites;
    rollout.fake.fleet.shardSize = 5;
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: '100%', waves: [{ size: 1 }, { size: 1 }] } });
    await gate.reached;
    const waves = [{ name: 'all the rest', size: '100%' }];
    await rollout.change(2, { ...EDGES, strategy: { maxConcurrency: '100%', waves }, contentOf: 1 });
    await untilSaid(rollout, 'wave 1 of 3 (wave 1), then the rest by the new waves');
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliesAt(rollout.fake.calls, 'edge-')).toHaveLength(5);
    expect(rollout.fake.begun('planStage')).toHaveLength(2);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 5, ready: 5 });
  });

  it.concurrent('with other waves in the last one plans anew what has not started, when what is under way has ended', async () => {
    const rollout = aFleet(named('last-wave'), 5);
    rollout.fake.fleet.inlineSites = inlineSites;
    rollout.fake.fleet.shardSize = 5;
    const underWay = new Gate();
    const canary = new Gate();
    rollout.fake.next('applyRelease edge-0', underWay.hold());
    rollout.fake.next('applyRelease edge-1', canary.hold());
    await rollout.change(1, { ...EDGES, strategy: { maxConcurrency: 1 } });
    await underWay.reached;
    const strategy: LayerStrategy = { maxConcurrency: '100%', waves: [{ name: 'canary', size: 2 }] };
    await rollout.change(2, { ...EDGES, strategy, contentOf: 1 });
    await untilSaid(rollout, 'what is under way, then the rest by the new waves: 1 under way');
    underWay.open();
    await untilSaid(rollout, 'wave 1 of 2 (canary): 1 under way');
    expect(appliedTo(rollout, 1).filter((site) => site.startsWith('edge-'))).toEqual(['edge-0']);
    expect(appliedTo(rollout, 2)).toEqual(['edge-1']);
    canary.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliedTo(rollout, 2).sort()).toEqual(['edge-1', 'edge-2', 'edge-3', 'edge-4']);
    expect(rollout.fake.begun('planStage')).toHaveLength(2);
    expect(layerOf(rollout)).toMatchObject({ phase: 'Ready', generation: 2, sites: { total: 5, ready: 5 } });
  });
});

describe('A change of the waves of sites that wait for their parents', () => {
  it.concurrent('leaves the stage the waves it began with, and says so', async () => {
    const rollout = aFleet('kept-waves', 0);
    rollout.fake.fleet.have('fog', 2);
    rollout.fake.fleet.have('edge', 4, (at) => `fog-${at % 2}`);
    rollout.fake.fleet.inlineSites = 20;
    const gate = new Gate();
    rollout.fake.next('applyRelease edge-0', gate.hold());
    const both = { fleet: ['fog' as const, 'edge' as const], promotion: 'Branch' as const };
    await rollout.change(1, { ...both, strategy: { maxConcurrency: '100%', waves: [{ name: 'first', size: 1 }] } });
    await gate.reached;
    await rollout.change(2, { ...both, strategy: { maxConcurrency: '100%', waves: [{ size: 3 }] }, contentOf: 1 });
    await untilSaid(rollout, 'wave 1 of 2 (first), to the end by the waves it began with');
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('planStage')).toEqual(['planStage fog 1', 'planStage edge 1']);
  });
});

async function untilSaid(rollout: Rollout, words: string): Promise<void> {
  await rollout.fake.until(`it says ${words}`, () => layerOf(rollout)?.message?.includes(words) ?? false);
}

describe('A change of the strategy alone that comes while the last report is written', () => {
  it.concurrent('is taken up by the next run, which writes no site', async () => {
    const rollout = aFleet('late', 2);
    const report = new Gate();
    rollout.fake.always('reportStatus Succeeded', report.hold());
    rollout.fake.always('openRun rollout 1', (proceed) => proceed());
    await rollout.change(1, EDGES);
    await rollout.fake.untilBegun('reportStatus Succeeded');
    await rollout.change(2, { ...EDGES, strategy: { maxConcurrency: 3 }, contentOf: 1 });
    await rollout.currentDetails(); // answered when the change has been heard
    report.open();
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(rollout.fake.status).toMatchObject({
      phase: 'Succeeded',
      observedGeneration: 2,
      revision: { generation: 2 },
    });
  });
});

describe('A change whose content the sites have already', () => {
  it.concurrent('costs them nothing but their record', async () => {
    const rollout = aFleet('has-it', 4);
    await rollout.change(1, EDGES);
    await rollout.ends();
    const before = rollout.fake.calls.length;
    await rollout.change(2, { ...EDGES, strategy: { maxConcurrency: 2 }, contentOf: 1 });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliesAt(rollout.fake.calls.slice(before), 'edge-')).toEqual([]);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 2 });
  });
});
