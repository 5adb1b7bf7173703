import { describe, expect, it } from '@jest/globals';
import { FAILURE } from '../../model/activities.ts';
import { Gate, terminal } from './support/behaviour.ts';
import { appliedTo, layerOf, phasesOf } from './support/fleets.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

const BRANCHES = { fleet: ['fog' as const, 'edge' as const], promotion: 'Branch' as const };
const ALL_AT_ONCE = { strategy: { maxConcurrency: '100%' } };

/** Two regions, fog-0 and fog-1; even edges hang on the first. */
function twoRegions(name: string, edges = 4): Rollout {
  const rollout = new Rollout(server(), name);
  rollout.fake.fleet.have('fog', 2);
  rollout.fake.fleet.have('edge', edges, (at) => `fog-${at % 2}`);
  return rollout;
}

describe('Promotion by branches', () => {
  it.concurrent('takes edges on as soon as their own fog is ready, while another region is slow', async () => {
    const rollout = twoRegions('slow-region');
    const slow = new Gate();
    rollout.fake.next('applyRelease fog-1', slow.hold());
    await rollout.change(1, { ...BRANCHES, ...ALL_AT_ONCE });
    await slow.reached;
    await rollout.fake.untilBegun('applyRelease edge-0');
    await rollout.fake.untilBegun('applyRelease edge-2');
    await rollout.fake.until('two are ready', () => layerOf(rollout)?.sites.ready === 2);
    expect(appliedTo(rollout, 1).sort()).toEqual(['cloud', 'edge-0', 'edge-2', 'fog-0', 'fog-1']);
    expect(layerOf(rollout)?.message).toBe('0 under way, 2 waiting for their parents');
    slow.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 4, ready: 4 });
    const ended = rollout.fake.last('applyRelease fog-1').ended!;
    const below = rollout.fake.calls.filter(({ what }) => /^applyRelease edge-[13]/.test(what));
    expect(below.every(({ begun }) => begun > ended)).toBe(true);
  });

  it.concurrent('defers the edges of a region that failed, and no others', async () => {
    const rollout = twoRegions('failed-region');
    rollout.fake.next('applyRelease fog-1', terminal(FAILURE.invalid, 'fog fog-1: no such image'));
    await rollout.change(1, { ...BRANCHES, strategy: { maxConcurrency: '100%', maxFailures: 1 } });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(
      appliedTo(rollout, 1)
        .filter((site) => site.startsWith('edge'))
        .sort(),
    ).toEqual(['edge-0', 'edge-2']);
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 2, failed: 0, deferred: 2 });
    const notes = [...rollout.fake.fleet.records.values()].flatMap((record) => record.notes);
    expect(notes.find(({ site }) => site === 'edge-1')).toEqual({
      site: 'edge-1',
      reason: 'ParentNotReady',
      message: 'edge edge-1: its parent fog-1 is not ready with the revision',
    });
  });

  it.concurrent('begins where the layer above was ready before, and a gate that stood between is taken away', async () => {
    const rollout = twoRegions('branches-later');
    const gates = { edge: { before: [{ approval: {} }] } };
    const fleet = ['fog' as const, 'edge' as const];
    await rollout.change(1, { fleet, gates });
    await rollout.fake.until('it waits', () => rollout.fake.status?.phase === 'WaitingForApproval');
    await rollout.change(2, { ...BRANCHES, ...ALL_AT_ONCE, contentOf: 1 });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(layerOf(rollout)?.sites).toMatchObject({ total: 4, ready: 4 });
  });

  it.concurrent('stops below when the layer above has too many failures', async () => {
    const rollout = twoRegions('breached-above');
    const held = new Gate();
    rollout.fake.next('applyRelease fog-1', terminal(FAILURE.invalid, 'fog fog-1: no such image'));
    rollout.fake.next('applyRelease fog-0', held.hold());
    await rollout.change(1, { ...BRANCHES, ...ALL_AT_ONCE });
    await held.reached;
    await rollout.fake.until('the failure is told', () => layerOf(rollout, 'fog')?.sites.failed === 1);
    held.open();
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status?.conditions?.find(({ type }) => type === 'Stalled')?.message).toContain('fog');
    expect(layerOf(rollout, 'fog')?.phase).toBe('Failed');
    expect(layerOf(rollout)).toMatchObject({
      phase: 'Failed',
      message: 'edge: stopped, because the fog is not ready',
    });
  });

  it.concurrent('lets a site without a parent wait for the whole layer above', async () => {
    const rollout = twoRegions('orphans', 2);
    delete rollout.fake.fleet.site('edge-0').spec.parent;
    const slow = new Gate();
    rollout.fake.next('applyRelease fog-0', slow.hold());
    await rollout.change(1, { ...BRANCHES, ...ALL_AT_ONCE });
    await rollout.fake.untilBegun('applyRelease edge-1');
    expect(appliedTo(rollout, 1)).not.toContain('edge-0');
    slow.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 2 });
  });

  it.concurrent('gives a site that is back nothing before its parent has it', async () => {
    const rollout = twoRegions('back', 2);
    for (const name of ['fog-1', 'edge-1', 'edge-0']) rollout.fake.fleet.isReachable(name, false);
    await rollout.change(1, { ...BRANCHES, ...ALL_AT_ONCE, strategy: { minSuccess: 1 } });
    await rollout.ends();
    expect(phasesOf(rollout, 'fog')).toEqual(['rd']);
    for (const name of ['edge-1', 'edge-0']) rollout.fake.fleet.isReachable(name, true);
    await rollout.repair(1, [{ layer: 'edge', generation: 1, fleet: true, drifted: [] }]);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliedTo(rollout, 1).filter((site) => site.startsWith('edge'))).toEqual(['edge-0']);
    rollout.fake.fleet.isReachable('fog-1', true);
    await rollout.repair(1, [
      { layer: 'fog', generation: 1, fleet: true, drifted: [] },
      { layer: 'edge', generation: 1, fleet: true, drifted: [] },
    ]);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliedTo(rollout, 1).slice(-2)).toEqual(['fog-1', 'edge-1']);
  });

  it.concurrent.each<[string, boolean]>([
    ['in its middle', true],
    ['before its turn', false],
  ])('defers the edges whose fog was passed over with its layer: %s', async (_, isUnderWay) => {
    const rollout = twoRegions(`passed-over-${isUnderWay}`);
    const held = new Gate();
    rollout.fake.next(isUnderWay ? 'applyRelease fog-0' : 'applyRelease cloud', held.hold());
    await rollout.change(1, { ...BRANCHES, strategy: { maxConcurrency: isUnderWay ? 1 : '100%' } });
    await held.reached;
    await rollout.act('Skip', { layer: 'fog' });
    held.open();
    await rollout.ends();
    expect(layerOf(rollout, 'fog')?.phase).toBe('Skipped');
    const edges = appliedTo(rollout, 1).filter((site) => site.startsWith('edge'));
    expect(edges.sort()).toEqual(isUnderWay ? ['edge-0', 'edge-2'] : []);
    const deferred = isUnderWay ? 2 : 4;
    expect(layerOf(rollout)?.sites).toMatchObject({ ready: 4 - deferred, deferred });
    // One that must be ready is asked for as ever.
    expect([layerOf(rollout)?.phase, rollout.fake.status?.phase]).toEqual(
      isUnderWay ? ['Ready', 'Succeeded'] : ['Failed', 'Failed'],
    );
  });
});
