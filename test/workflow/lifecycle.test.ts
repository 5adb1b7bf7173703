import { beforeAll, describe, expect, it } from '@jest/globals';
import { Gate, NOT_READY_YET, terminal } from './support/behaviour.ts';
import { expectPromotionInOrder } from './support/expectations.ts';
import { layerOf } from './support/fleets.ts';
import { Rollout } from './support/rollout.ts';
import { START_MS } from './support/server.ts';
import { useServer } from './support/use-server.ts';

const SUGGEST_AT = 60;

const server = useServer(`limit.historyCount.suggestContinueAsNew=${SUGGEST_AT}`);
beforeAll(() => byHand().startByHand(), START_MS); // it waits ten seconds for a message

describe('A run', () => {
  it('that a person cancels says so in the status', async () => {
    const rollout = new Rollout(server(), 'cancelled');
    rollout.fake.next('applyRelease fog 1', NOT_READY_YET);
    rollout.fake.next('awaitReady fog 1', new Gate().hold());
    await rollout.change(1);
    await rollout.fake.untilBegun('awaitReady fog 1');
    await rollout.fake.until('the object is known', () => rollout.fake.status !== undefined);
    await rollout.handle.cancel();
    expect(await rollout.ends()).toEqual(['Canceled']);
    const message = 'The run was cancelled in Temporal; change the FogRollout to roll out anew';
    expect(rollout.fake.status).toMatchObject({
      phase: 'Failed',
      observedGeneration: 1,
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'Stalled', reason: 'Cancelled', message },
      ],
    });
    expect(rollout.fake.begun('applyRelease')).toEqual(['applyRelease cloud 1', 'applyRelease fog 1']);
  });

  it('goes on where it was when its worker is replaced', async () => {
    const rollout = new Rollout(server(), 'resumed');
    rollout.fake.next('applyRelease fog 1', NOT_READY_YET);
    rollout.fake.next('awaitReady fog 1', new Gate().hold());
    await rollout.change(1);
    await rollout.fake.untilBegun('awaitReady fog 1');
    await server().stopWorker();
    await server().startWorker({ maxCachedWorkflows: 0 });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('applyRelease', 'awaitReady')).toEqual([
      'applyRelease cloud 1',
      'applyRelease fog 1',
      'awaitReady fog 1',
      'awaitReady fog 1',
      'applyRelease edge 1',
    ]);
    expectPromotionInOrder(rollout.fake);
  });
});

describe('A history that grows long', () => {
  it('is left behind by a rollout, which loses nothing', async () => {
    const rollout = new Rollout(server(), 'long');
    const gate = new Gate();
    rollout.fake.always('applyRelease fog 2', NOT_READY_YET);
    rollout.fake.always('awaitReady fog 2', gate.hold());
    await rollout.change(2);
    await rollout.fake.untilBegun('awaitReady fog 2');
    await repeat(() => rollout.change(2));
    gate.open();
    const ends = await rollout.ends();
    expect(ends.length).toBeGreaterThan(1);
    expect(new Set(ends.slice(0, -1))).toEqual(new Set(['ContinuedAsNew']));
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v2' });
    // Nothing is begun twice because a history is long.
    expect(rollout.fake.begun('applyRelease', 'openRun').sort()).toEqual([
      'applyRelease cloud 2',
      'applyRelease edge 2',
      'applyRelease fog 2',
      'openRun rollout 2',
    ]);
  });

  it('is left behind by a removal, which loses nothing', async () => {
    const rollout = new Rollout(server(), 'long-removal');
    await rollout.change(1);
    await rollout.ends();
    rollout.fake.next('removeRelease fog', terminal('Forbidden', 'fog: not allowed to delete'));
    await rollout.remove();
    // It pauses before the next try: one that a later object waits for already has only the round it is in.
    await rollout.fake.until(
      'it is said when it is tried again',
      () => layerOf(rollout, 'fog')?.message?.includes('tried again') ?? false,
    );
    // The new object's rollout waits for the last of them: one that comes after it would start a run of its own.
    const gate = new Gate();
    rollout.fake.next('applyRelease cloud 1', gate.hold());
    await rollout.change(1, { incarnation: 2 });
    await repeat(() => rollout.remove());
    gate.open();
    const ends = await rollout.ends();
    expect(ends.length).toBeGreaterThan(2);
    expect(rollout.fake.gone).toEqual(new Set(['long-removal-1']));
    expect(rollout.fake.last('openRun rollout').uid).toBe('long-removal-2');
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded' });
  });

  /** Enough signals that the server suggests a new run, also when a workflow task takes many at once. */
  async function repeat(signal: () => Promise<void>): Promise<void> {
    for (let at = 0; at < SUGGEST_AT; at++) await signal();
  }
});

describe('A run that was started by hand, without a message', () => {
  it('ends by itself', async () => {
    expect(await byHand().ends()).toEqual(['Completed']);
    expect(byHand().fake.calls).toEqual([]);
  });
});

function byHand(): Rollout {
  return new Rollout(server(), 'by-hand');
}
