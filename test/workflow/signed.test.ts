/** Whoever has got into Temporal, and what they can have the hub's workers do that were given public keys. */
import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@temporalio/client';
import { payloadsOfHub, payloadsOfHubWorkers } from '../../entry/payloads.ts';
import { workflowId } from '../../model/names.ts';
import { SIGNALS } from '../../model/signals.ts';
import { waitsOf } from '../../model/site.ts';
import { createSignaller, type Signaller } from '../../watcher/signaller.ts';
import { Gate } from './support/behaviour.ts';
import { appliedTo } from './support/fleets.ts';
import { aChange, Rollout } from './support/rollout.ts';
import { START_MS } from './support/server.ts';
import { useServer } from './support/use-server.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEYS = {
  payloadKeys: undefined,
  signingKey: { id: '0123456789abcdef', key: privateKey },
  trustedKeys: new Map([['0123456789abcdef', publicKey]]),
};
const REGION = 'region-mill';

const server = useServer();
let hub: Signaller;

beforeAll(async () => {
  await server().stopWorker();
  await server().startWorker(payloadsOfHubWorkers(KEYS));
  await server().startWorker({}, [REGION, waitsOf(REGION)]);
  const { connection, options } = server().client;
  const { dataConverter } = payloadsOfHub(KEYS);
  hub = createSignaller(new Client({ connection, namespace: options.namespace, dataConverter }).workflow);
}, START_MS);

describe('What the hub has signed', () => {
  it.concurrent('is done, and a region’s own word about its sites is taken', async () => {
    const rollout = new Rollout(server(), 'in-order');
    rollout.fake.fleet.have('edge', 2);
    for (const name of ['edge-0', 'edge-1']) rollout.fake.fleet.site(name).spec.taskQueue = REGION;
    await hub.change(aChange(rollout.name, 1, { fleet: ['edge'] }));
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliedTo(rollout, 1).sort()).toEqual(['cloud', 'edge-0', 'edge-1', 'fog']);
    expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded' });
  });
});

describe('What somebody else has put into Temporal', () => {
  it.concurrent('begins no rollout', async () => {
    const rollout = new Rollout(server(), 'begun-by-a-thief');
    await rollout.change(1);
    await expect(rollout.handle.result()).rejects.toMatchObject({
      cause: {
        type: 'NotSigned',
        message: expect.stringMatching(/refuse this start of rolloutWorkflow: it is not sig/),
      },
    });
    expect(rollout.fake.calls).toEqual([]);
    // The FogRollout is not held up by that.
    await hub.change(aChange(rollout.name, 1));
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(appliedTo(rollout, 1)).toEqual(['cloud', 'fog', 'edge']);
  });

  it.concurrent('changes none that is under way, whatever it says', async () => {
    const rollout = new Rollout(server(), 'changed-by-a-thief');
    const gate = new Gate();
    rollout.fake.next('applyRelease fog', gate.hold());
    await hub.change(aChange(rollout.name, 1));
    await gate.reached;
    await rollout.handle.signal(SIGNALS.change, aChange(rollout.name, 2));
    await rollout.handle.signal(SIGNALS.remove, { owner: aChange(rollout.name, 1).owner });
    await expect(rollout.act('Abort')).rejects.toMatchObject({
      cause: { type: 'NotSigned', message: expect.stringMatching(/refuse this update act: it is not signed/) },
    });
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('applyRelease', 'removeRelease')).toEqual([
      'applyRelease cloud 1',
      'applyRelease fog 1',
      'applyRelease edge 1',
    ]);
  });

  it.concurrent('is not taken for what it was not signed for', async () => {
    const rollout = new Rollout(server(), 'signed-for-another');
    const gate = new Gate();
    rollout.fake.next('applyRelease fog', gate.hold());
    await hub.change(aChange(rollout.name, 1));
    await gate.reached;
    const { options, connection } = server().client;
    const { events } = await rollout.handle.fetchHistory();
    const scheduled = events!.map(({ activityTaskScheduledEventAttributes: activity }) => activity);
    const applied = scheduled.find((activity) => activity?.activityType?.name === 'applyRelease')!;
    expect(Object.keys(applied.input!.payloads![0]!.metadata!)).toContain('hub-signature');
    await connection.workflowService.signalWorkflowExecution({
      namespace: options.namespace,
      workflowExecution: { workflowId: rollout.handle.workflowId },
      signalName: SIGNALS.remove, // of the same shape, as far as it looks
      input: applied.input!,
    });
    gate.open();
    expect(await rollout.ends()).toEqual(['Completed']);
    expect(rollout.fake.begun('removeRelease')).toEqual([]);
  });

  it.concurrent('is no answer of the hub’s own', async () => {
    const rollout = new Rollout(server(), 'answered-by-a-thief');
    rollout.fake.fleet.have('edge', 2);
    const gate = new Gate();
    rollout.fake.next('planStage edge', gate.holdDeaf());
    await hub.change(aChange(rollout.name, 1, { fleet: ['edge'] }));
    await gate.reached;
    const { workflow, options, connection } = server().client;
    const { pendingActivities } = (await rollout.handle.describe()).raw;
    const planning = pendingActivities!.find(({ activityType }) => activityType?.name === 'planStage')!;
    await connection.workflowService.respondActivityTaskCompletedById({
      namespace: options.namespace,
      workflowId: workflowId('shop', rollout.name),
      runId: (await workflow.getHandle(rollout.handle.workflowId).describe()).runId,
      activityId: planning.activityId!,
      result: { payloads: [await options.loadedDataConverter.payloadConverter.toPayload({ sites: [] })] },
    });
    expect(await rollout.ends()).toEqual(['Failed']);
    gate.open();
    expect(appliedTo(rollout, 1)).toEqual(['cloud', 'fog']);
    expect(JSON.stringify(rollout.fake.status)).toContain('refuse this answer to an activity: it is not signed');
  });
});
