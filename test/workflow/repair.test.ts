import { describe, expect, it } from '@jest/globals';
import { Gate, terminal } from './support/behaviour.ts';
import { expectEndedBefore } from './support/expectations.ts';
import type { Inputs } from './support/fake-rollout.ts';
import { aContent, Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

describe('A repair', () => {
  it('applies the layers it names, each with what it was last given, cloud first', async () => {
    const rollout = new Rollout(server(), 'repaired');
    await rollout.change(1);
    await rollout.ends();
    await rollout.change(2);
    await rollout.ends();
    await rollout.repair(2, [
      { layer: 'edge', generation: 2 },
      { layer: 'fog', generation: 1 },
    ]);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('loadLayer', 'applyRelease').slice(6)).toEqual([
      'loadLayer fog 1',
      'applyRelease fog 1',
      'loadLayer edge 2',
      'applyRelease edge 2',
    ]);
    expect((rollout.fake.last('applyRelease fog').input as Inputs['applyRelease']).content).toEqual(aContent('v1'));
    expect(rollout.fake.last('openRun').input).not.toHaveProperty('revision');
  });

  it('leaves the status as good as it was', async () => {
    const rollout = new Rollout(server(), 'repaired-well');
    await rollout.change(1);
    await rollout.ends();
    const gate = new Gate();
    rollout.fake.next('applyRelease fog 1', gate.hold());
    await rollout.repair(1, [{ layer: 'fog', generation: 1 }]);
    await gate.reached;
    await rollout.fake.until('it says so', () => rollout.fake.status?.phase === 'Progressing');
    expect(rollout.fake.status?.conditions).toMatchObject([{ type: 'Ready' }, { reason: 'Repairing' }]);
    gate.open();
    await rollout.ends();
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', observedGeneration: 1, version: 'v1' });
  });

  it('waits for nothing while a revision is on its way: that one applies every layer', async () => {
    const rollout = new Rollout(server(), 'repair-too-early');
    const gate = new Gate();
    rollout.fake.next('applyRelease fog 1', gate.holdDeaf());
    await rollout.change(1);
    await gate.reached;
    await rollout.repair(1, [{ layer: 'cloud', generation: 1 }]);
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('loadLayer')).toEqual([]);
  });

  it('gives way to a newer generation', async () => {
    const rollout = new Rollout(server(), 'repair-superseded');
    const gate = new Gate();
    await rollout.change(1);
    await rollout.ends();
    rollout.fake.next('applyRelease fog 1', gate.holdDeaf());
    await rollout.repair(1, [{ layer: 'fog', generation: 1 }]);
    await gate.reached;
    await rollout.change(1); // what is repaired, again
    await rollout.change(2);
    gate.open();
    expect(await rollout.ends()).toEqual(['ContinuedAsNew', 'Completed']);
    expectEndedBefore(rollout.fake, 'applyRelease fog 1', 'applyRelease cloud 2');
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v2' });
  });

  it('that finds the content no longer kept says what to do', async () => {
    const rollout = new Rollout(server(), 'forgotten');
    await rollout.change(1);
    await rollout.ends();
    await rollout.repair(1, [{ layer: 'fog', generation: 7 }]);
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status?.failures).toEqual([
      {
        site: 'fog',
        layer: 'fog',
        reason: 'RevisionMissing',
        message:
          'fog: the content of generation 7 is no longer kept, so its release cannot be put right; change the FogRollout to roll out anew',
      },
    ]);
  });

  it('that fails for a reason nobody foresaw ends, and says so', async () => {
    const rollout = new Rollout(server(), 'repair-odd');
    await rollout.change(1);
    await rollout.ends();
    rollout.fake.next('loadLayer', terminal('Odd', 'hub: revision fgr-repair-odd-1 is not JSON'));
    await rollout.repair(1, [{ layer: 'fog', generation: 1 }]);
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Failed',
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'Stalled', reason: 'UnexpectedError', message: 'hub: revision fgr-repair-odd-1 is not JSON' },
      ],
    });
  });
});
