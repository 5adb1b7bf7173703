/** What was given somewhere is taken away again where the record says so, and nowhere else. */
import { describe, expect, it } from '@jest/globals';
import { FAILURE } from '../../model/activities.ts';
import { terminal } from './support/behaviour.ts';
import { appliesAt, aFleet as fleetOn, layerOf } from './support/fleets.ts';
import type { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();
const aFleet = (name: string, edges: number) => fleetOn(server(), name, edges);

const EDGES = { fleet: ['edge' as const] };
const removed = ({ fake }: Rollout) => fake.begun('removeRelease').map((what) => what.split(' ')[1]);

describe('A revision that leaves out a layer', () => {
  it.concurrent('that it never had removes nothing anywhere, at no change, whoever is out of reach there', async () => {
    const rollout = aFleet('never-there', 3);
    rollout.fake.fleet.isReachable('edge-0', false);
    for (const generation of [1, 2]) {
      await rollout.change(generation, { ...EDGES, layers: ['cloud'] });
      expect(await rollout.ends()).toEqual(['Completed']);
    }
    expect(removed(rollout)).toEqual([]);
    expect(rollout.fake.begun('planStage')).toEqual([]);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 2 });
  });

  it.concurrent('that it had removes it from those who were given it, and an offline one holds up nothing', async () => {
    const rollout = aFleet('was-there', 3);
    await rollout.change(1, EDGES);
    await rollout.ends();
    rollout.fake.fleet.isReachable('edge-0', false);
    await rollout.change(2, { ...EDGES, layers: ['cloud', 'fog'] });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(removed(rollout).sort()).toEqual(['edge-1', 'edge-2']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 2 });
    expect(layerOf(rollout)).toMatchObject({ phase: 'Removing' });
    expect(layerOf(rollout)?.message).toContain('1 out of reach');
    rollout.fake.fleet.isReachable('edge-0', true);
    await rollout.repair(2, [{ layer: 'edge', fleet: true, leaves: 'all' }]);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(removed(rollout).sort()).toEqual(['edge-0', 'edge-1', 'edge-2']);
    expect(layerOf(rollout)).toBeUndefined();
  });
});

describe('A site that has no part any more', () => {
  it.concurrent('loses what it had: moved, when it is ready at its new place; deselected; or with its FogSite gone', async () => {
    const rollout = aFleet('no-part', 4);
    await rollout.change(1, EDGES);
    await rollout.ends();
    const { fleet } = rollout.fake;
    fleet.site('edge-0').spec.namespace = 'elsewhere';
    fleet.leaves('edge-1');
    fleet.site('edge-2').metadata.labels = { stays: 'yes' };
    fleet.site('edge-0').metadata.labels = { stays: 'yes' };
    const strategy = { siteSelector: { matchLabels: { stays: 'yes' } } };
    await rollout.change(2, { ...EDGES, strategy });
    expect(await rollout.ends()).toEqual(['Completed']);
    const places = rollout.fake.calls.flatMap(({ what, input }) =>
      what.startsWith('removeRelease') ? [(input as { site: { namespace: string } }).site.namespace] : [],
    );
    expect(places.sort()).toEqual(['edge-0', 'edge-1', 'edge-3']);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 2, ready: 2 });
  });

  it.concurrent('keeps it where the strategy says so, until the object goes', async () => {
    const rollout = aFleet('not-pruned', 2);
    await rollout.change(1, EDGES);
    await rollout.ends();
    rollout.fake.fleet.site('edge-1').metadata.labels = { stays: 'yes' };
    const strategy = { siteSelector: { matchLabels: { stays: 'yes' } }, prune: false };
    await rollout.change(2, { ...EDGES, strategy });
    await rollout.ends();
    expect(removed(rollout)).toEqual([]);
    await rollout.remove(1, ['edge']);
    await rollout.ends();
    expect(removed(rollout).slice(0, 2).sort()).toEqual(['edge-0', 'edge-1']);
  });

  it.concurrent('keeps it where the strategy says so and all FogSites are gone, while another loses it', async () => {
    const rollouts = ['all-gone', 'all-kept'].map((name) => aFleet(name, 2));
    for (const rollout of rollouts) {
      await rollout.change(1, EDGES);
      await rollout.ends();
      for (const site of ['edge-0', 'edge-1']) rollout.fake.fleet.leaves(site);
      await rollout.change(2, { fleet: [], strategy: { prune: rollout.name !== 'all-kept' } });
      expect(await rollout.ends()).toEqual(['Completed']);
      expect(rollout.fake.begun('applyRelease').at(-1)).toContain('edge');
    }
    expect(rollouts.map((rollout) => removed(rollout).sort())).toEqual([['edge-0', 'edge-1'], []]);
  });

  it.concurrent('loses it after the run, too, by the strategy of the generation that the layer has', async () => {
    const rollout = aFleet('later', 2);
    await rollout.change(1, EDGES);
    await rollout.ends();
    rollout.fake.fleet.leaves('edge-1');
    await rollout.repair(1, [
      { layer: 'edge', generation: 1, fleet: true, drifted: [], leaves: 'leftovers', leavesBy: 1 },
    ]);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(removed(rollout)).toEqual(['edge-1']);
    expect(appliesAt(rollout.fake.calls, 'edge-')).toHaveLength(2);
  });
});

describe('A removal', () => {
  it.concurrent('gives the slot of a site that refuses it to others, tells why, and tries again', async () => {
    const rollout = aFleet('refused', 3);
    await rollout.change(1, { ...EDGES, layers: ['edge'] });
    await rollout.ends();
    rollout.fake.always('removeRelease edge-0', terminal(FAILURE.forbidden, 'edge edge-0: deployments is forbidden'));
    await rollout.remove(1, ['edge']);
    await rollout.fake.until('it says why', () => layerOf(rollout)?.message?.includes('is forbidden') ?? false);
    const asked = () => ['edge-0', 'edge-1', 'edge-2', 'edge'].every((site) => removed(rollout).includes(site));
    await rollout.fake.until('all have had their turn', asked);
    expect(rollout.fake.begun('releaseFinalizer')).toEqual([]);
    await rollout.handle.terminate();
  });

  it.concurrent('leaves held sites as they are, waits for them, and says so', async () => {
    const rollout = aFleet('held-removal', 2);
    await rollout.change(1, { ...EDGES, layers: ['edge'] });
    await rollout.ends();
    rollout.fake.fleet.site('edge-0').spec.hold = { reason: 'harvest' };
    await rollout.remove(1, ['edge']);
    await rollout.fake.until('it says so', () => layerOf(rollout)?.message?.includes('1 held') ?? false);
    expect(removed(rollout)).not.toContain('edge-0');
    expect(rollout.fake.begun('releaseFinalizer')).toEqual([]);
    // And takes them away at once when it is told that they are not held any more.
    delete rollout.fake.fleet.site('edge-0').spec.hold;
    await rollout.look('edge', ['edge-0']);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(removed(rollout)).toContain('edge-0');
  });

  it.concurrent('leaves a held site as it is whose place is the one of a layer without FogSites', async () => {
    const rollout = aFleet('held-at-home', 2);
    rollout.fake.fleet.site('edge-0').spec.namespace = 'edge';
    await rollout.change(1, { ...EDGES, layers: ['edge'] });
    await rollout.ends();
    rollout.fake.fleet.site('edge-0').spec.hold = { reason: 'harvest' };
    await rollout.remove(1, ['edge']);
    await rollout.fake.until('it says so', () => layerOf(rollout)?.message?.includes('1 held') ?? false);
    await rollout.fake.until('the other has had its turn', () => removed(rollout).length > 0);
    expect(removed(rollout)).toEqual(['edge-1']);
    await rollout.handle.terminate();
  });

  it.concurrent('with which the releases stay lets go of them at held sites too', async () => {
    const rollout = aFleet('held-orphans', 2);
    await rollout.change(1, { ...EDGES, layers: ['edge'] });
    await rollout.ends();
    rollout.fake.fleet.site('edge-0').spec.hold = { reason: 'harvest' };
    await rollout.remove(1, ['edge'], { orphan: true });
    expect(await rollout.ends()).toEqual(['Completed']);
    const letGo = rollout.fake.calls.filter(({ what }) => what.startsWith('removeRelease edge-'));
    expect(letGo.map(({ input }) => (input as { orphan?: boolean }).orphan)).toEqual([true, true]);
    expect(rollout.fake.begun('releaseFinalizer')).toHaveLength(1);
  });

  it.concurrent('of an earlier object gives way to a later one of its name after a round, and its record stays', async () => {
    const rollout = aFleet('gives-way', 2);
    await rollout.change(1, EDGES);
    await rollout.ends();
    rollout.fake.fleet.isReachable('edge-0', false);
    rollout.fake.gone.add('gives-way-1');
    await rollout.remove(1, ['edge']);
    await rollout.fake.until(
      'the others are done',
      () => removed(rollout).includes('cloud') || removed(rollout).includes('edge'),
    );
    await rollout.change(1, { ...EDGES, incarnation: 2 });
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v1' });
    expect(rollout.fake.last('openRun rollout 1').uid).toBe('gives-way-2');
  });

  it.concurrent('of an object that vanished reaches the sites it was at', async () => {
    const rollout = aFleet('vanished-fleet', 2);
    rollout.fake.next('openRun rollout', async (proceed) => {
      await rollout.fake.until(
        'the edge is given',
        () =>
          appliesAt(rollout.fake.calls, 'edge-').every((c) => c.ended) &&
          appliesAt(rollout.fake.calls, 'edge-').length === 2,
      );
      rollout.fake.gone.add('vanished-fleet-1');
      return await proceed();
    });
    rollout.fake.fleet.inlineSites = 20;
    await rollout.change(1, { ...EDGES, layers: ['cloud', 'edge'] });
    expect((await rollout.ends()).at(-1)).toBe('Completed');
    expect(removed(rollout)).toEqual(expect.arrayContaining(['edge-0', 'edge-1']));
  });
});
