/** The history of rollouts as people see it: by the API, and by `kubectl fog history` with their own kubectl. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { RUN_ANNOTATION } from '../../model/names.ts';
import type { FogActionSpec } from '../../model/types.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { fogIn } from '../support/fog.ts';
import { aRollout, NEVER_READY, NO_SUCH_IMAGE, SLOW } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-history';
const world = e2eFile().world(stack(), NAMESPACE);
const { run: fog } = fogIn(stack, NAMESPACE);
let address: string;
beforeAll(async () => {
  await world.open();
  address = await world.product.address();
});

type Run = Record<string, unknown> & { generation: number; attempt?: number; outcome: string };

async function get(path: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${address}/rollouts/${path}?namespace=${NAMESPACE}`);
  return { status: answer.status, body: await answer.json() };
}

/** The runs as the API tells them, when there are as many that have ended as `outcomes` has, e.g. `2 Succeeded`, newest first. */
async function history(name: string, ...outcomes: string[]): Promise<Run[]> {
  return await eventually<Run[]>(`the history of ${name} to be ${outcomes.join(', ')}`, async () => {
    const { runs } = (await get(`${name}/history`)).body as { runs?: Run[] };
    const known = (runs ?? []).map(({ generation, attempt, outcome }) => {
      return `${generation}${attempt === undefined ? '' : `.${attempt}`} ${outcome}`;
    });
    return known.join() === outcomes.join() ? runs! : { not: known };
  });
}

async function ask(spec: FogActionSpec): Promise<void> {
  const metadata = { generateName: `${spec.rollout}-`, namespace: NAMESPACE };
  const manifest = { apiVersion: 'paguos.io/v1alpha1', kind: 'FogAction', metadata, spec };
  await world.must(['create', '-f', '-', '--as', 'alice', '--as-group', 'system:masters'], manifest);
}

describe('The history of a rollout', () => {
  it.concurrent('has each run with its layers, their times, and how it ended', async () => {
    await world.succeeded(await world.apply(aRollout('recounted')));
    const bad = { version: 'v2', images: { fog: NO_SUCH_IMAGE }, progressDeadlineSeconds: 5 };
    await world.settled(await world.apply(aRollout('recounted', bad)), 120_000);
    const [failed, succeeded] = await history('recounted', '2 Failed', '1 Succeeded');
    expect(succeeded).toMatchObject({
      status: 'Completed',
      version: 'v1',
      message: 'v1 is ready in cloud, fog, edge',
      layers: ['cloud', 'fog', 'edge'].map((layer) => ({
        layer,
        phase: 'Ready',
        sites: { total: 1, ready: 1 },
        startedAt: expect.any(String),
        finishedAt: expect.any(String),
      })),
    });
    expect(failed).toMatchObject({
      status: 'Failed',
      reason: 'ProgressDeadlineExceeded',
      failure: expect.stringContaining('ImagePullBackOff'),
      layers: [{ phase: 'Ready' }, { phase: 'Failed' }, { layer: 'edge', phase: 'Pending' }],
      failures: [{ layer: 'fog', site: 'fog', reason: 'ProgressDeadlineExceeded' }],
    });
    const { code, out } = await fog('history', 'recounted');
    const [head, ...lines] = out.trimEnd().split('\n');
    expect([code, head]).toEqual([0, expect.stringMatching(/^GENERATION +VERSION +OUTCOME +STARTED +TOOK +MESSAGE$/)]);
    expect(lines).toEqual([
      expect.stringMatching(/^2 +v2 +Failed .* fog: Deployment fog\/recounted-fog made no progress .*…$/),
      expect.stringMatching(/^1 +v1 +Succeeded .* v1 is ready in cloud, fog, edge$/),
    ]);
    expect((await fog('history', 'recounted', '--revision', '2')).out).toMatch(/✘ fog +Failed/);
    const json = JSON.parse((await fog('history', 'recounted', '-o', 'json')).out) as { runs: Run[] };
    expect(json.runs.map(({ outcome }) => outcome)).toEqual(['Failed', 'Succeeded']);
    expect((await fog('history', 'recounted', '-o', 'yaml', '--revision', '1')).out).toContain('outcome: Succeeded\n');
  });

  it.concurrent('has both attempts at one generation, who asked for the second, and who ended it', async () => {
    const failing = aRollout('tried-again', { images: { fog: NO_SUCH_IMAGE }, progressDeadlineSeconds: 5 });
    const { status } = await world.settled(await world.apply(failing), 120_000);
    await ask({ rollout: 'tried-again', action: 'Retry', reason: 'the registry is back' });
    await world.untilPhase(
      'tried-again',
      'Progressing',
      (rollout) => rollout.status?.run?.runId !== status?.run?.runId,
    );
    expect((await history('tried-again', '1 Running', '1 Failed'))[0]).toMatchObject({ status: 'Running' });
    await ask({ rollout: 'tried-again', action: 'Abort', reason: 'it is not' });
    const [aborted] = await history('tried-again', '1 Aborted', '1 Failed');
    expect(aborted).toMatchObject({
      kind: 'retry',
      message: 'aborted by alice: it is not',
      actions: [
        { action: 'Retry', by: 'alice', reason: 'the registry is back' },
        { action: 'Abort', by: 'alice', reason: 'it is not' },
      ],
    });
    expect((await fog('history', 'tried-again')).out).toMatch(/^1 +v1 +Aborted \(retry\) +alice /m);
  });

  it.concurrent('has a run that a newer one took the place of, and one that went on as a newer generation', async () => {
    const isInTheFog = (generation: number) =>
      world.untilPhase(
        'overtaken',
        'Progressing',
        ({ status }) => status?.revision?.generation === generation && status.layers?.[1]?.phase === 'Progressing',
      );
    await world.apply(aRollout('overtaken', { images: { fog: NEVER_READY } }));
    await isInTheFog(1);
    const second = { version: 'v2', images: { fog: SLOW }, progressDeadlineSeconds: 300 };
    await world.apply(aRollout('overtaken', second));
    await isInTheFog(2);
    await world.succeeded(await world.apply(aRollout('overtaken', { ...second, progressDeadlineSeconds: 299 })));
    const [, adjusted, superseded] = await history('overtaken', '3 Succeeded', '2 Adjusted', '1 Superseded');
    expect([adjusted?.status, superseded?.status]).toEqual(['ContinuedAsNew', 'ContinuedAsNew']);
    expect(superseded).toMatchObject({
      message: 'superseded by generation 2, v2',
      layers: [{ phase: 'Ready' }, { layer: 'fog', phase: 'Progressing' }, { phase: 'Pending' }],
    });
  });

  it.concurrent('has what failed and what all went back to apart, and what a person goes back to', async () => {
    const strategy = { onFailure: 'Rollback' as const, progressDeadlineSeconds: 5 };
    await world.succeeded(await world.apply(aRollout('gone-back', { strategy })));
    const bad = { version: 'v2', images: { fog: NO_SUCH_IMAGE }, strategy };
    await world.settled(await world.apply(aRollout('gone-back', bad)), 120_000);
    const [back, failed] = await history('gone-back', '2.1 RolledBack', '2 Failed', '1 Succeeded');
    expect(back).toMatchObject({ kind: 'rollback', version: 'v1', status: 'Completed', reason: 'RolledBack' });
    expect(failed).toMatchObject({ version: 'v2', message: expect.stringContaining('fog/gone-back-fog') });
    await world.succeeded(await world.apply(aRollout('gone-back', { version: 'v3', strategy })));
    await ask({ rollout: 'gone-back', action: 'Rollback', revision: 1, reason: 'the tills are slow' });
    const asked = ['3.1 RolledBack', '3 Succeeded', '2.1 RolledBack', '2 Failed', '1 Succeeded'];
    const [byHand] = await history('gone-back', ...asked);
    expect(byHand?.actions).toMatchObject([{ action: 'Rollback', by: 'alice', reason: 'the tills are slow' }]);
    expect((await fog('history', 'gone-back')).out).toMatch(/^3\.1 +v1 +RolledBack \(rollback\) +alice /m);
  });

  it.concurrent('has who opened a gate', async () => {
    const before = [{ name: 'shop', approval: {} }];
    const applied = await world.apply(aRollout('let-through', { strategy: { layers: { edge: { before } } } }));
    await world.untilPhase('let-through', 'WaitingForApproval');
    await ask({ rollout: 'let-through', action: 'Approve' });
    await world.succeeded(applied);
    const [run] = await history('let-through', '1 Succeeded');
    expect(run?.gates).toMatchObject([{ name: 'shop', state: 'Open', decisions: [{ by: 'alice' }] }]);
    expect((await fog('history', 'let-through', '--revision', '1')).out).toMatch(
      /✔ gate shop before the edge.*\n│ +└─ alice, /,
    );
  });
});

describe('What is kept of a generation', () => {
  it.concurrent('is its content and how it went, as long as it is kept', async () => {
    for (const version of ['v1', 'v2', 'v3', 'v4']) {
      const manifest = aRollout('kept-few', { version, strategy: { revisionHistoryLimit: 1 } });
      await world.succeeded(await world.apply(manifest));
    }
    // The present one, and the last that had succeeded before it.
    const { status, body } = await get('kept-few/revisions/3');
    expect([status, body]).toMatchObject([
      200,
      {
        ...{ generation: 3, version: 'v3', strategy: { revisionHistoryLimit: 1 } },
        deployments: { edge: { containers: [{ image: 'nginx:v3' }] } },
        runs: [{ outcome: 'Succeeded', version: 'v3' }],
      },
    ]);
    expect(await get('kept-few/revisions/1')).toMatchObject({
      status: 404,
      body: { detail: `Generation 1 of FogRollout ${NAMESPACE}/kept-few is not kept` },
    });
    expect(await fog('history', 'kept-few', '--revision', '1')).toEqual({
      ...{ code: 1, out: '', err: 'Generation 1 of the FogRollout kept-few is not kept\n' },
    });
  });

  it.concurrent('that somebody edited is unknown, and costs nobody anything', async () => {
    const { status } = await world.succeeded(await world.apply(aRollout('scribbled')));
    await history('scribbled', '1 Succeeded');
    const nonsense = `${RUN_ANNOTATION}${status?.run?.runId}={"outcome":"Splendid","layers":7}`;
    const revision = 'controllerrevision/fgr-scribbled-1';
    await world.must(['annotate', revision, '-n', NAMESPACE, nonsense, '--overwrite']);
    const [run] = await history('scribbled', '1 Unknown');
    expect(run).toMatchObject({ status: 'Unknown', message: 'what is recorded of it cannot be read' });
    expect((await fog('history', 'scribbled')).out).toMatch(/^1 +v1 +Unknown +– +– +what is recorded/m);
    expect((await get('scribbled/revisions/1')).status).toBe(200);
    await world.succeeded(await world.apply(aRollout('scribbled', { version: 'v2' })));
    await history('scribbled', '2 Succeeded', '1 Unknown');
  });

  it.concurrent('of nobody is said to be nobody’s', async () => {
    expect(await fog('history', 'no-such')).toEqual({
      ...{ code: 1, out: '', err: 'There is no FogRollout no-such, and nothing is kept of one\n' },
    });
    const { code, err } = await fog('--as', 'mallory', 'history', 'no-such');
    expect([code, err]).toEqual([1, expect.stringContaining('User "mallory" cannot')]);
  });
});
