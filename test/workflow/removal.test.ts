import { describe, expect, it } from '@jest/globals';
import { FAILURE } from '../../model/activities.ts';
import { Gate, NOT_READY_YET, terminal, transient } from './support/behaviour.ts';
import { expectEndedBefore } from './support/expectations.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const ALL_REMOVED = ['removeRelease edge', 'removeRelease fog', 'removeRelease cloud', 'releaseFinalizer'];

const server = useServer();

describe('A removal', () => {
  it.concurrent('takes the releases away, edge first, and only then lets the object go', async () => {
    const rollout = new Rollout(server(), 'removed');
    await rollout.change(1);
    await rollout.ends();
    await rollout.remove();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('removeRelease', 'releaseFinalizer')).toEqual(ALL_REMOVED);
    for (const [at, step] of ALL_REMOVED.entries()) {
      if (at > 0) expectEndedBefore(rollout.fake, ALL_REMOVED[at - 1]!, step);
    }
  });

  it.concurrent('stops a rollout that is on its way, and nothing is applied after it', async () => {
    const rollout = new Rollout(server(), 'removed-midway');
    rollout.fake.next('applyRelease fog 1', NOT_READY_YET);
    rollout.fake.next('awaitReady fog 1', new Gate().hold());
    await rollout.change(1);
    await rollout.fake.untilBegun('awaitReady fog 1');
    await rollout.remove();
    await rollout.change(2); // a last edit, seen late
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.begun('removeRelease', 'releaseFinalizer')).toEqual(ALL_REMOVED);
    expect(rollout.fake.begun('applyRelease')).toEqual(['applyRelease cloud 1', 'applyRelease fog 1']);
    expect(rollout.fake.status).toBeUndefined();
  });

  it.concurrent('waits until a write that cannot be stopped has ended', async () => {
    const rollout = new Rollout(server(), 'removed-while-writing');
    const gate = new Gate();
    rollout.fake.next('applyRelease fog 1', gate.holdDeaf());
    await rollout.change(1);
    await gate.reached;
    await rollout.remove();
    await rollout.caughtUp();
    gate.open();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expectEndedBefore(rollout.fake, 'applyRelease', 'removeRelease');
  });

  it.concurrent('is tried again when it fails, and says so while it is forbidden', async () => {
    const rollout = new Rollout(server(), 'not-removable');
    await rollout.change(1);
    await rollout.ends();
    rollout.fake.next('removeRelease edge', transient());
    rollout.fake.always('removeRelease fog', terminal(FAILURE.forbidden, 'fog: not allowed to delete'));
    await rollout.remove();
    const message = 'Removal is tried again in 1 min: fog: not allowed to delete';
    const fog = () => rollout.fake.status?.layers?.find(({ name }) => name === 'fog');
    await rollout.fake.until('the status says why', () => fog()?.message === message);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Removing',
      layers: [{ name: 'cloud' }, { name: 'fog', phase: 'Removing', message }],
    });
    expect(rollout.fake.begun('removeRelease', 'releaseFinalizer')).toEqual([
      'removeRelease edge',
      'removeRelease edge',
      'removeRelease fog',
    ]);
    expect((await rollout.handle.describe()).status.name).toBe('RUNNING');
    await rollout.handle.terminate();
  });

  it.concurrent('is finished before an object created again at once is rolled out', async () => {
    const rollout = new Rollout(server(), 'created-again');
    const gate = new Gate();
    await rollout.change(7);
    await rollout.ends();
    rollout.fake.next('removeRelease fog', gate.holdDeaf());
    await rollout.remove(1);
    await gate.reached;
    await rollout.change(1, { incarnation: 2 });
    await rollout.change(8); // a late word of the old object
    await rollout.caughtUp();
    expect(rollout.fake.begun('openRun')).not.toContain('openRun rollout 1');
    gate.open();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.begun('removeRelease', 'releaseFinalizer')).toEqual(ALL_REMOVED);
    expectEndedBefore(rollout.fake, 'releaseFinalizer', 'openRun rollout 1');
    expectEndedBefore(rollout.fake, 'releaseFinalizer', 'applyRelease cloud 1');
    expect(rollout.fake.last('openRun rollout 1')).toMatchObject({ uid: 'created-again-2', input: { carried: [] } });
    expect(rollout.fake.begun('openRun')).not.toContain('openRun rollout 8');
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v1' });
  });

  it.concurrent('comes first when its object and a new one of its name are both news', async () => {
    const rollout = new Rollout(server(), 'replaced-by-force');
    rollout.fake.next('applyRelease fog 3', NOT_READY_YET);
    rollout.fake.next('awaitReady fog 3', new Gate().hold());
    await rollout.change(3);
    await rollout.fake.untilBegun('awaitReady fog 3');
    rollout.fake.gone.add('replaced-by-force-1');
    await rollout.change(1, { incarnation: 2, layers: ['cloud'] });
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'ContinuedAsNew', 'Completed']);
    expect(rollout.fake.begun('removeRelease')).toEqual(ALL_REMOVED.slice(0, 3));
    expectEndedBefore(rollout.fake, 'removeRelease', 'applyRelease cloud 1');
    expect(rollout.fake.last('removeRelease').uid).toBe('replaced-by-force-1');
  });
});

describe('An object that vanished without its finalizer', () => {
  it.concurrent('is noticed at once and cleaned up after', async () => {
    const rollout = new Rollout(server(), 'vanished');
    rollout.fake.gone.add('vanished-1');
    rollout.fake.always('applyRelease cloud', new Gate().hold());
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.begun('removeRelease', 'releaseFinalizer')).toEqual(ALL_REMOVED);
    expectEndedBefore(rollout.fake, 'applyRelease', 'removeRelease');
  });

  it.concurrent('is cleaned up after although every layer was ready before anyone noticed', async () => {
    const rollout = new Rollout(server(), 'vanished-late');
    const gate = new Gate();
    rollout.fake.next('openRun rollout', gate.hold());
    await rollout.change(1);
    await gate.reached;
    await rollout.fake.until('edge is ready', () => rollout.fake.calls.some((c) => c.what.includes('edge') && c.ended));
    rollout.fake.gone.add('vanished-late-1');
    await rollout.currentDetails(); // answered when the run has heard of all that is done
    gate.open();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expect(rollout.fake.begun('removeRelease')).toEqual(ALL_REMOVED.slice(0, 3));
  });
});
