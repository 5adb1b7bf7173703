/** A Temporal that goes, comes back empty, or cannot go on with a run: the product stays up, and the object says what is wrong. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { HUB_QUEUE } from '../../model/names.ts';
import type { FogRollout } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually, startAgain } from '../support/eventually.ts';
import { Product } from '../support/product.ts';
import { aRollout, NEVER_READY } from '../support/rollouts.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';

const NAMESPACE = 'e2e-temporal';
const BROKEN = fileURLToPath(new URL('../workflow/support/broken-workflows.ts', import.meta.url));
const QUIET = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
/** Within seconds, on a machine that has no time. */
const SOON_MS = 60_000;
const file = e2eFile();
let cluster: StackHandle;
let world: World;
jest.setTimeout(300_000);
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  cluster = await file.startStack();
  world = await file.world(cluster, NAMESPACE).open();
});

const keyOf = (name: string) => `${NAMESPACE}/${name}`;
const conditionsOf = (rollout: FogRollout | undefined) =>
  Object.fromEntries(
    (rollout?.status?.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );
const messageOf = (rollout: FogRollout | undefined) =>
  rollout?.status?.conditions?.find(({ type }) => type === 'Ready')?.message;
const says = (name: string, what: string, reason: string) =>
  world.untilRollout(keyOf(name), what, (live) => conditionsOf(live).Ready === `False ${reason}`, SOON_MS);

/** As the API tells it. */
async function historyOf(name: string): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`${await world.product.address()}/rollouts/${name}/history?namespace=${NAMESPACE}`);
  return ((await answer.json()) as { runs: Record<string, unknown>[] }).runs;
}

/** The process's own page, with Temporal's behind it. */
async function metrics(): Promise<string> {
  return await (await fetch(`${await world.product.address()}/metrics`)).text();
}

async function startEmpty(): Promise<void> {
  rmSync(join(cluster.dir, 'temporal'), { recursive: true });
  await startAgain('Temporal', cluster.startTemporal);
}

/** As a person does in the UI. */
async function terminate(workflowId: string): Promise<void> {
  const connection = await Connection.connect({ address: cluster.temporalAddress });
  try {
    await new Client({ connection }).workflow.getHandle(workflowId).terminate();
  } finally {
    await connection.close();
  }
}

describe('Temporal', () => {
  it('that is away is said on what waits for it; empty when it is back, it gets all again, and nobody restarts us', async () => {
    const settled = await world.succeeded(await world.apply(aRollout('settled', { layers: ['cloud'] })));
    const images = { fog: NEVER_READY };
    await world.apply(aRollout('held', { images, progressDeadlineSeconds: 3_600 }));
    const before = await world.untilRollout(
      keyOf('held'),
      'to wait in the fog',
      (live) => live?.status?.layers?.some(({ name, phase }) => name === 'fog' && phase === 'Progressing') ?? false,
    );

    await cluster.killTemporal();
    const fresh = await world.apply(aRollout('fresh'));
    const waiting = await says('fresh', 'to say that Temporal is away', 'TemporalUnavailable');
    expect(conditionsOf(waiting)).toMatchObject({ Reconciling: 'True TemporalUnavailable' });
    const why = `Temporal at ${cluster.temporalAddress} cannot be reached`;
    const isSaid = (live: FogRollout | undefined) => messageOf(live)?.startsWith(why) ?? false;
    await world.untilRollout(keyOf('fresh'), 'to say why', isSaid, SOON_MS);
    await says('held', 'to say that Temporal is away', 'TemporalUnavailable');
    expect(await metrics()).toMatch(/^fog_rollouts_temporal_away 1$/m);

    expect(await historyOf('settled')).toMatchObject([{ generation: 1, status: 'Completed', outcome: 'Succeeded' }]);
    await startEmpty();
    await world.succeeded(fresh, SOON_MS);
    expect(await historyOf('settled')).toMatchObject([{ runId: settled.status?.run?.runId }]);
    const after = await world.untilRollout(
      keyOf('held'),
      'to have a run again',
      (live) => live?.status?.run?.runId !== before.status?.run?.runId,
      SOON_MS,
    );
    expect(conditionsOf(after)).toEqual({ Ready: 'False Progressing', Reconciling: 'True Progressing' });
    await world.succeeded(await world.apply(aRollout('held', { version: 'v2' })), SOON_MS);
    // The product's watch may be behind the test's own.
    const outcomes = await eventually('the history to tell of its end', async () => {
      const all = (await historyOf('held')).map(({ generation, outcome }) => `${generation} ${outcome}`);
      return all[0] === '2 Unknown' ? { not: all } : all;
    });
    expect(outcomes).toEqual(['2 Succeeded', '1 Superseded', '1 Interrupted']);
    expect(world.rollout(keyOf('settled'))?.status?.run).toEqual(settled.status?.run);

    const page = await eventually('the metrics to tell of all three', async () => {
      const text = await metrics();
      return /^fog_rollouts_rollouts\{phase="Succeeded"\} 3$/m.test(text) ? text : { not: text };
    });
    expect(page).toMatch(/^fog_rollouts_temporal_away 0$/m);
    expect(page).toMatch(/^fog_rollouts_stage_duration_seconds_count\{layer="edge",outcome="ready"\} 2$/m);
    expect(page).toMatch(/^fog_rollouts_site_duration_seconds_count\{layer="cloud"\} [3-9]$/m);
    expect(page).toMatch(/^temporal_workflow_task_execution_latency_seconds_bucket\{.*task_queue="fog-rollouts"/m);
  });

  it('that is not there when we start is said too, and gets all when it comes', async () => {
    await cluster.killTemporal();
    expect(await world.product.stop()).toBe(0);
    world.product = new Product(cluster);
    const rollout = await world.apply(aRollout('early'));
    const waiting = await says('early', 'to say that Temporal is away', 'TemporalUnavailable');
    expect(messageOf(waiting)).toContain(`Temporal at ${cluster.temporalAddress}`);
    await startAgain('Temporal', cluster.startTemporal);
    await world.succeeded(rollout, SOON_MS);
  });

  it('whose run fails in its workflow task again and again leaves no doubt of it, and is begun anew when it is terminated', async () => {
    expect(await world.product.stop()).toBe(0);
    const { code } = await bundleWorkflowCode({ workflowsPath: BROKEN, logger: QUIET });
    const connection = await NativeConnection.connect({ address: cluster.temporalAddress });
    const worker = await Worker.create({ connection, taskQueue: HUB_QUEUE, workflowBundle: { code } });
    const running = worker.run();
    world.product = await new Product(cluster, { role: 'watcher' }).ready();

    const rollout = await world.apply(aRollout('stuck'));
    const stalled = await world.untilRollout(
      keyOf('stuck'),
      'to be stalled',
      (live) => conditionsOf(live).Stalled === 'True WorkflowTaskFailed',
      120_000,
    );
    expect(conditionsOf(stalled)).toEqual({
      Ready: 'False WorkflowTaskFailed',
      Stalled: 'True WorkflowTaskFailed',
    });
    expect(messageOf(stalled)).toContain('Cannot read properties of undefined');

    worker.shutdown();
    await running;
    await connection.close();
    expect(await world.product.stop()).toBe(0);
    world.product = await new Product(cluster).ready();
    await terminate(`fogrollout/${keyOf('stuck')}`);
    const { status } = await world.succeeded(rollout, 120_000);
    expect(status?.conditions?.map(({ type }) => type)).toEqual(['Ready']);
  });
});
