/** Rollouts that are in flight while the workers are upgraded, and what an older worker makes of what a later one left. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';
import { HUB_QUEUE, WORKFLOW_TYPE } from '../../model/names.ts';
import { FORMAT } from '../../model/signals.ts';
import { Gate, NOT_READY_YET } from './support/behaviour.ts';
import { type ChangeOptions, Rollout } from './support/rollout.ts';
import { START_MS } from './support/server.ts';
import { useServer } from './support/use-server.ts';

const server = useServer('limit.historyCount.suggestContinueAsNew=100');

let next: WorkflowBundleOption;
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('support/next-version.ts', import.meta.url));
  next = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}, START_MS);

/** By the step it waits at: what lets it go on. */
const STEPS: Record<string, (rollout: Rollout) => Promise<() => void>> = {
  async 'before its first write'(rollout) {
    return await holdAt(rollout, 'applyRelease cloud');
  },
  async 'while the cloud becomes ready'(rollout) {
    rollout.fake.next('applyRelease cloud', NOT_READY_YET);
    return await holdAt(rollout, 'awaitReady cloud');
  },
  async 'in the middle of a fleet'(rollout) {
    return await holdAt(rollout, 'applyRelease edge-3');
  },
  async 'in the middle of a fleet that it works itself'(rollout) {
    rollout.fake.fleet.inlineSites = 20;
    return await holdAt(rollout, 'applyRelease edge-3');
  },
  async 'while it plans'(rollout) {
    return await holdAt(rollout, 'planStage edge');
  },
  async 'while it asks others'(rollout) {
    return await holdAt(rollout, 'askGate', { fog: { after: [{ job: { cronJob: 'smoke' } }] } });
  },
};

async function holdAt(rollout: Rollout, call: string, gates: ChangeOptions['gates'] = {}): Promise<() => void> {
  const gate = new Gate();
  rollout.fake.next(call, gate.hold());
  await rollout.change(1, { fleet: ['edge'], strategy: { maxConcurrency: 2 }, gates });
  await gate.reached;
  return gate.open;
}

describe('Rollouts in flight while another version of the workers comes', () => {
  it('all end right, whatever step they are at, and later ones take the new way', async () => {
    const rollouts = await Promise.all(
      Object.entries(STEPS).map(async ([step, hold]) => {
        const rollout = new Rollout(server(), `at-${step.replaceAll(' ', '-')}`);
        rollout.fake.fleet.have('edge', 6);
        return { rollout, open: await hold(rollout) };
      }),
    );
    // First beside the old one, as in a rolling update, then alone.
    await server().startWorker({ workflowBundle: next });
    const during = new Rollout(server(), 'during');
    await during.change(1);
    await server().stopWorker();
    await server().startWorker({ workflowBundle: next });
    for (const { open } of rollouts) open();
    for (const { rollout } of rollouts) {
      expect([rollout.name, (await rollout.ends()).at(-1)]).toEqual([rollout.name, 'Completed']);
      expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', version: 'v1' });
      const applied = rollout.fake.begun('applyRelease').filter((what) => what.includes('edge-'));
      expect(new Set(applied).size).toBe(6);
    }
    expect(await during.ends()).toEqual(['Completed']);
    const after = new Rollout(server(), 'after');
    await after.change(1);
    expect(await after.ends()).toEqual(['Completed']);
    await server().stopWorker();
    await server().startWorker();
  }, 120_000);
});

describe('What people hold', () => {
  it('stays paused, and waits for its approval, while another version of the workers comes, and goes on in that', async () => {
    const gates = { edge: { before: [{ name: 'shop', approval: {} }] } };
    const begun = async (name: string) => {
      const rollout = new Rollout(server(), name);
      await rollout.change(1, { gates });
      await rollout.fake.until('it waits', () => rollout.fake.status?.phase === 'WaitingForApproval');
      return rollout;
    };
    const applied = ({ fake }: Rollout) => fake.begun('applyRelease');
    const stands = (rollout: Rollout) => [rollout.fake.status?.phase, applied(rollout)];
    const [waiting, paused, early] = await Promise.all([
      begun('held-for-approval'),
      begun('held-by-both'),
      (async () => {
        const rollout = new Rollout(server(), 'held-early');
        const cloud = new Gate();
        rollout.fake.next('applyRelease cloud', cloud.hold());
        await rollout.change(1, { gates });
        await cloud.reached;
        await rollout.act('Pause', { reason: 'an upgrade' });
        cloud.open();
        await rollout.fake.until('it is paused', () => rollout.fake.status?.layers?.[0]?.phase === 'Ready');
        return rollout;
      })(),
    ]);
    await paused.act('Pause', { reason: 'an upgrade' });
    await paused.fake.until('it is paused', () => paused.fake.status?.phase === 'Paused');
    const all = [waiting, paused, early];
    const before = all.map(stands);
    expect(before.map(([phase]) => phase)).toEqual(['WaitingForApproval', 'Paused', 'Paused']);

    // First beside the old one, as in a rolling update, then alone.
    await server().startWorker({ workflowBundle: next });
    await server().stopWorker();
    await server().startWorker({ workflowBundle: next });
    await Promise.all(all.map((rollout) => rollout.caughtUp()));
    expect(all.map(stands)).toEqual(before);
    await early.act('Resume');
    await early.fake.until('it waits', () => early.fake.status?.phase === 'WaitingForApproval');
    await Promise.all(all.map((rollout) => rollout.act('Approve')));
    await paused.caughtUp();
    expect(stands(paused)).toEqual(before[1]);
    await paused.act('Resume');
    for (const rollout of all) {
      expect([rollout.name, await rollout.ends()]).toEqual([rollout.name, ['Completed']]);
      expect(applied(rollout)).toEqual(['applyRelease cloud 1', 'applyRelease fog 1', 'applyRelease edge 1']);
      expect(rollout.fake.status).toMatchObject({ phase: 'Succeeded', gates: [{ state: 'Open' }] });
    }
    await server().stopWorker();
    await server().startWorker();
  }, 120_000);
});

describe('A run that a later version has begun', () => {
  it('waits for a worker that knows it, and says which: nothing is guessed', async () => {
    const rollout = new Rollout(server(), 'of-the-future');
    const { workflowId } = rollout.handle;
    const args = [{ namespace: 'shop', name: rollout.name, format: FORMAT + 1 }];
    await server().client.workflow.start(WORKFLOW_TYPE, { workflowId, taskQueue: HUB_QUEUE, args });
    const failureOf = async () => {
      const { events } = await rollout.handle.fetchHistory();
      return events?.findLast((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes;
    };
    let failure = await failureOf();
    const deadline = Date.now() + 30_000;
    while (!failure && Date.now() < deadline) {
      await rollout.handle.describe();
      failure = await failureOf();
    }
    expect(failure?.failure?.message).toBe(
      `A later version of Fog Rollouts has begun this run (format ${FORMAT + 1}, this worker knows ${FORMAT}): upgrade the workers`,
    );
    expect((await rollout.handle.describe()).status.name).toBe('RUNNING');
    expect(rollout.fake.calls).toEqual([]);
    await rollout.handle.terminate();
  });
});
