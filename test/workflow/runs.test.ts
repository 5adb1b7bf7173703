/** What the watcher learns of runs by asking Temporal, and what it does about a Temporal that has forgotten. */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Connection } from '@temporalio/client';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES } from '../../model/names.ts';
import { createRuns, type RunState } from '../../watcher/runs.ts';
import { createSignaller } from '../../watcher/signaller.ts';
import { ensureSearchAttributes } from '../../workers/search-attributes.ts';
import { eventually } from '../support/eventually.ts';
import { aChange, Rollout } from './support/rollout.ts';
import { useServer } from './support/use-server.ts';

const server = useServer();
const BROKEN = fileURLToPath(new URL('./support/broken-workflows.ts', import.meta.url));
const QUIET = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
let broken: WorkflowBundleOption;
beforeAll(async () => {
  broken = await bundleWorkflowCode({ workflowsPath: BROKEN, logger: QUIET });
});

const look = (name: string, ahead = 0) =>
  createRuns(server().client.workflow, () => Date.now() + ahead).look({ namespace: 'shop', name });

/** Asks until the run is in that state. */
async function found(name: string, what: string, check: (state: RunState) => boolean): Promise<RunState> {
  return await eventually<RunState>(`the run of ${name} to be ${what}`, async () => {
    const state = await look(name);
    return check(state) ? state : { not: state };
  });
}

const isFailing = (state: RunState) => state.kind === 'open' && state.trouble?.kind === 'failing';

describe('A run that is asked for', () => {
  it('is missing where there is none', async () => {
    expect(await look('nobody')).toEqual({ kind: 'missing' });
  });

  it('is open while it works, and has ended after', async () => {
    const rollout = new Rollout(server(), 'plain');
    await server().stopWorker();
    await rollout.change(1);
    expect(await look('plain')).toMatchObject({ kind: 'open' });
    await server().startWorker();
    await rollout.ends();
    expect(await look('plain')).toMatchObject({ kind: 'ended' });
  });

  it('waits for a worker when nobody takes it up for a while', async () => {
    const rollout = new Rollout(server(), 'lonely');
    await server().stopWorker();
    await rollout.change(1);
    expect(await look('lonely')).not.toHaveProperty('trouble');
    expect(await look('lonely', 60_000)).toMatchObject({ kind: 'open', trouble: { kind: 'waiting' } });
    await server().startWorker();
    await rollout.ends();
  });

  it('fails with the cause when a workflow task does again and again, also of a run that it waits for', async () => {
    const [own, below] = [new Rollout(server(), 'broken'), new Rollout(server(), 'below')];
    await server().stopWorker();
    await server().startWorker({ workflowBundle: broken });
    await Promise.all([own.change(1), below.change(1)]);
    const both = await Promise.all([found('broken', 'failing', isFailing), found('below', 'failing', isFailing)]);
    expect(both).toMatchObject([
      { trouble: { kind: 'failing', cause: 'Cannot read properties of undefined' } },
      { trouble: { kind: 'failing', cause: 'A shard cannot be read', workflowId: 'shard of below' } },
    ]);
    await server().stopWorker();
    await Promise.all([own.handle.terminate(), below.handle.terminate()]);
    await server().startWorker();
    // With workers that can it goes on.
    await own.change(1);
    expect(await own.ends()).toEqual(['Completed']);
  });
});

describe('A Temporal that has forgotten our search attributes', () => {
  it('gets them again, once for all who wait for them, and takes the changes', async () => {
    const { client } = server();
    await client.connection.operatorService.removeSearchAttributes({
      namespace: 'default',
      searchAttributes: Object.values(SEARCH_ATTRIBUTES),
    });
    let times = 0;
    const signaller = createSignaller(client.workflow, async () => {
      times++;
      await ensureSearchAttributes(client.connection as Connection, 'default');
    });
    const names = Array.from({ length: 10 }, (_, at) => `forgotten-${at}`);
    await Promise.all(names.map((name) => signaller.change(aChange(name, 1))));
    expect(times).toBe(1);
    for (const name of names) expect(await new Rollout(server(), name).ends()).toEqual(['Completed']);
  });
});
