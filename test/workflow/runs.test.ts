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

  it('fails with the cause when its workflow task does again and again, and goes on with workers that can', async () => {
    const rollout = new Rollout(server(), 'broken');
    await server().stopWorker();
    await server().startWorker({ workflowBundle: broken });
    await rollout.change(1);
    const state = await found('broken', 'failing', isFailing);
    expect(state).toMatchObject({ trouble: { kind: 'failing', cause: 'Cannot read properties of undefined' } });
    await server().stopWorker();
    await rollout.handle.terminate();
    await server().startWorker();
    await rollout.change(1);
    expect(await rollout.ends()).toEqual(['Completed']);
  });

  it('fails too when a run that it waits for does', async () => {
    const rollout = new Rollout(server(), 'below');
    await server().stopWorker();
    await server().startWorker({ workflowBundle: broken });
    await rollout.change(1);
    const state = await found('below', 'failing', isFailing);
    expect(state).toMatchObject({ trouble: { cause: 'A shard cannot be read', workflowId: 'shard of below' } });
    await server().stopWorker();
    await rollout.handle.terminate();
    await server().startWorker();
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
