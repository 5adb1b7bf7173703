import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure, type WorkflowFailedError } from '@temporalio/client';
import { FAILURE } from '../../model/activities.ts';
import { LAYERS, type Layer } from '../../model/layers.ts';
import { Gate, LOST, NOT_READY_YET, terminal, transient } from './support/behaviour.ts';
import { expectPromotionInOrder } from './support/expectations.ts';
import { Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();

describe('The layers of a revision', () => {
  it.concurrent('are promoted one after another, cloud first', async () => {
    const rollout = new Rollout(server(), 'in-order');
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('applyRelease', 'awaitReady')).toEqual([
      'applyRelease cloud 1',
      'applyRelease fog 1',
      'applyRelease edge 1',
    ]);
    expectPromotionInOrder(rollout.fake);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Succeeded',
      observedGeneration: 1,
      version: 'v1',
      layers: LAYERS.map((name) => ({ name, phase: 'Ready', version: 'v1', sites: { total: 1, ready: 1 } })),
      conditions: [{ type: 'Ready', status: 'True' }],
    });
  });

  it.concurrent('wait for one another also when none is ready at once', async () => {
    const rollout = new Rollout(server(), 'slow');
    rollout.fake.always('applyRelease', NOT_READY_YET);
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('applyRelease', 'awaitReady')).toEqual(
      LAYERS.flatMap((layer) => [`applyRelease ${layer} 1`, `awaitReady ${layer} 1`]),
    );
    expectPromotionInOrder(rollout.fake);
  });

  it.concurrent('are waited for with what the write returned', async () => {
    const rollout = new Rollout(server(), 'what-was-written');
    const deployment = { uid: 'other', generation: 9, template: 'hash' };
    rollout.fake.next('applyRelease cloud', () => ({ deployment, ready: false }));
    await rollout.change(1, { layers: ['cloud'] });
    await rollout.ends();
    expect(rollout.fake.last('awaitReady cloud').input).toMatchObject({
      deployment,
      site: { name: 'cloud', namespace: 'cloud' },
      revision: { generation: 1, version: 'v1', hash: 'hash-1' },
      progressDeadlineSeconds: 60,
    });
  });

  it.concurrent('are skipped where the revision leaves them out', async () => {
    const rollout = new Rollout(server(), 'two-layers');
    await rollout.change(1, { layers: ['cloud', 'edge'] });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('applyRelease', 'removeRelease')).toEqual([
      'applyRelease cloud 1',
      'applyRelease edge 1',
    ]);
    expect(rollout.fake.status?.layers?.map(({ name }) => name)).toEqual(['cloud', 'edge']);
  });

  it.concurrent('are removed after the promotion where a later generation drops them, edge first', async () => {
    const rollout = new Rollout(server(), 'dropped');
    await rollout.change(1);
    await rollout.ends();
    await rollout.change(2, { layers: ['cloud'] });
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('applyRelease', 'removeRelease').slice(3)).toEqual([
      'applyRelease cloud 2',
      'removeRelease edge up to 2',
      'removeRelease fog up to 2',
    ]);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v2' });
    expect(rollout.fake.status?.layers?.map(({ name }) => name)).toEqual(['cloud']);
  });

  it.concurrent('end the run as failed when a dropped one cannot be removed', async () => {
    const rollout = new Rollout(server(), 'not-droppable');
    rollout.fake.always('removeRelease fog', terminal(FAILURE.forbidden, 'fog: not allowed to delete'));
    await rollout.change(1);
    await rollout.ends();
    await rollout.change(2, { layers: ['cloud'] });
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status).toMatchObject({
      phase: 'Failed',
      failures: [{ layer: 'fog', reason: 'Forbidden', message: 'fog: not allowed to delete' }],
    });
  });
});

describe('A failure', () => {
  it.concurrent('that may pass is tried again', async () => {
    const rollout = new Rollout(server(), 'passing');
    rollout.fake.next('applyRelease fog', transient(), transient());
    rollout.fake.next('openRun', transient());
    rollout.fake.next('reportStatus', transient());
    await rollout.change(2); // a quick first revision is reported by openRun alone
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('openRun')).toHaveLength(2);
    const [report, again] = rollout.fake.begun('reportStatus');
    expect(again).toBe(report);
    expect(rollout.fake.begun('applyRelease').filter((what) => what.includes('fog'))).toHaveLength(3);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded' });
    expectPromotionInOrder(rollout.fake);
  });

  it.concurrent('of the hub to answer a report holds the promotion up for moments only', async () => {
    const rollout = new Rollout(server(), 'deaf-hub');
    const gate = new Gate();
    rollout.fake.next('applyRelease fog', NOT_READY_YET);
    rollout.fake.next('awaitReady fog', gate.hold());
    rollout.fake.next('reportStatus Progressing', new Gate().hold()); // an answer that never comes
    await rollout.change(2);
    await rollout.fake.untilBegun('reportStatus Progressing', 2); // the second by the queue
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded' });
    expectPromotionInOrder(rollout.fake);
  });

  it.concurrent('that does not pass until the stage’s deadline ends it, in words that say so', async () => {
    const rollout = new Rollout(server(), 'never-passing');
    rollout.fake.always('applyRelease fog', terminal(FAILURE.transient, 'fog: connection refused'));
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status?.failures).toEqual([
      {
        site: 'fog',
        layer: 'fog',
        reason: 'Transient',
        message: "fog: connection refused (tried until the stage's deadline)",
      },
    ]);
  });

  it.concurrent.each(LAYERS)('at the %s that is final stops the promotion there', async (layer) => {
    const rollout = new Rollout(server(), `refused-at-${layer}`);
    rollout.fake.always(`applyRelease ${layer}`, terminal(FAILURE.invalid, `${layer}: image is required`));
    await rollout.change(1);
    await expectStopped(rollout, { layer, reason: 'Invalid', message: `${layer}: image is required` });
    expect(rollout.fake.begun('applyRelease')).toEqual(
      LAYERS.slice(0, LAYERS.indexOf(layer) + 1).map((tried) => `applyRelease ${tried} 1`),
    );
    expect(rollout.fake.begun('removeRelease')).toEqual([]);
  });

  it.concurrent('to become ready in time stops the promotion', async () => {
    const rollout = new Rollout(server(), 'never-ready');
    const message = 'edge: Deployment edge/never-ready-edge: ImagePullBackOff';
    rollout.fake.next('applyRelease edge', NOT_READY_YET);
    rollout.fake.next('awaitReady edge', terminal(FAILURE.progressDeadlineExceeded, message));
    await rollout.change(1);
    await expectStopped(rollout, { layer: 'edge', reason: 'ProgressDeadlineExceeded', message });
  });

  async function expectStopped(rollout: Rollout, failure: { layer: Layer; reason: string; message: string }) {
    expect(await rollout.ends()).toEqual(['Failed']);
    const { cause } = (await rollout.handle.result().catch((error: unknown) => error)) as WorkflowFailedError;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause).toMatchObject({ type: 'RolloutFailed', message: failure.message, nonRetryable: true });
    expect((cause as ApplicationFailure).details).toEqual([{ site: failure.layer, ...failure }]);
    const { status } = rollout.fake;
    expect(status).toMatchObject({
      phase: 'Failed',
      observedGeneration: 1,
      failures: [{ site: failure.layer, ...failure }],
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'Stalled', status: 'True', reason: failure.reason, message: failure.message },
      ],
    });
    const at = LAYERS.indexOf(failure.layer);
    expect(status?.layers?.map(({ phase }) => phase)).toEqual(
      LAYERS.map((_, index) => (index < at ? 'Ready' : index === at ? 'Failed' : 'Pending')),
    );
    expectPromotionInOrder(rollout.fake);
  }
});

describe('A release that someone takes away while it is waited for', () => {
  it.concurrent('is applied again', async () => {
    const rollout = new Rollout(server(), 'lost-once');
    rollout.fake.next('applyRelease fog', NOT_READY_YET, NOT_READY_YET);
    rollout.fake.next('awaitReady fog', LOST);
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('applyRelease', 'awaitReady')).toEqual([
      'applyRelease cloud 1',
      'applyRelease fog 1',
      'awaitReady fog 1',
      'applyRelease fog 1',
      'awaitReady fog 1',
      'applyRelease edge 1',
    ]);
    expectPromotionInOrder(rollout.fake);
  });

  it.concurrent('is given up when it is taken away again and again', async () => {
    const rollout = new Rollout(server(), 'lost-for-ever');
    rollout.fake.always('applyRelease cloud', NOT_READY_YET);
    rollout.fake.always('awaitReady cloud', LOST);
    await rollout.change(1, { progressDeadlineSeconds: 1 });
    expect(await rollout.ends()).toEqual(['Failed']);
    expect(rollout.fake.status?.failures?.[0]?.message).toBe(
      'cloud: Deployment cloud/lost-for-ever-cloud is deleted or changed by someone else each time it is applied',
    );
    expect(rollout.fake.begun('applyRelease').length).toBeLessThan(10);
  });
});
