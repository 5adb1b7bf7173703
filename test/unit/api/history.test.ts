import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type RevisionReader, RevisionsUnavailable } from '../../../api/deps.ts';
import { createRevisionReader } from '../../../api/revisions.ts';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection } from '../../../kube/connection.ts';
import type { KubeObject } from '../../../kube/resources.ts';
import type { KeptGeneration } from '../../../model/history/kept.ts';
import { keptOf } from '../../../model/kept-revision.ts';
import { RUN_ANNOTATION } from '../../../model/names.ts';
import { revisionOf } from '../../../model/revision.ts';
import { FakeKube } from '../../support/fakekube.ts';
import { aKept, aRecord, at, keptMetadata } from '../model/history/runs.ts';
import { aRollout, createApp, createRollouts, expectDocumented } from './fixtures.ts';

const uid = aRollout('web').metadata.uid;
const mine = (...kept: KeptGeneration[]) => kept.map((one) => ({ ...one, uid }));
const reader = (...kept: KeptGeneration[]): RevisionReader => ({
  list: async () => kept,
  read: async (_namespace, _name, generation) => kept.find((one) => one.generation === generation),
});
const away: RevisionReader = {
  list: () => Promise.reject(new RevisionsUnavailable('away')),
  read: () => Promise.reject(new RevisionsUnavailable('away')),
};

describe('GET /rollouts/{name}/history', () => {
  const shown = {
    ...{ runId: 'run-1', generation: 1, status: 'Completed', outcome: 'Succeeded', kind: 'rollout', version: 'v1' },
    ...{ phase: 'Succeeded', startTime: at(0), closeTime: at(12), message: 'v1 is ready in cloud' },
    layers: [{ layer: 'cloud', phase: 'Ready', startedAt: at(1), finishedAt: at(9) }],
    ...{ gates: [], actions: [] },
  };

  it.each<[string, RevisionReader, string, number, object]>([
    [
      'the runs that are kept',
      reader(...mine(aKept(1, aRecord()))),
      'web',
      200,
      { namespace: 'default', name: 'web', runs: [shown] },
    ],
    ['a rollout that never ran', reader(), 'web', 200, { runs: [] }],
    ['what a rollout left that is gone', reader(aKept(1, aRecord())), 'gone', 200, { runs: [shown] }],
    ['nothing of an earlier object', reader(aKept(1, aRecord())), 'web', 200, { runs: [] }],
    ['a rollout that never was', reader(), 'gone', 404, { detail: 'FogRollout default/gone was not found' }],
    ['Kubernetes away', away, 'web', 503, { detail: expect.stringContaining('Kubernetes') }],
  ])('%s', async (_case, revisions, name, status, body) => {
    const app = await createApp({ rollouts: createRollouts(aRollout('web')), revisions });
    const response = await app.inject(`/rollouts/${name}/history`);
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject(body);
    expect(response.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
    await expectDocumented(app, '/rollouts/{name}/history', response);
    expect((await app.inject('/rollouts/web')).statusCode).toBe(200);
    await app.close();
  });

  it.each([
    ['Succeeded', 'Completed', undefined],
    ['Failed', 'Failed', 'v1 is ready in cloud'],
    ['Aborted', 'Failed', 'v1 is ready in cloud'],
    ['Superseded', 'ContinuedAsNew', undefined],
    ['Adjusted', 'ContinuedAsNew', undefined],
    ['Interrupted', 'Terminated', undefined],
  ] as const)('a run that %s has the status %s', async (outcome, status, failure) => {
    const revisions = reader(...mine(aKept(1, aRecord({ outcome }))));
    const app = await createApp({ rollouts: createRollouts(aRollout('web')), revisions });
    const { runs } = (await app.inject('/rollouts/web/history')).json();
    expect([runs[0].status, runs[0].outcome, runs[0].failure]).toEqual([status, outcome, failure]);
    await app.close();
  });

  it('goes page by page, with a token that fits a URL', async () => {
    const again = aRecord({ runId: 'run-2', startedAt: at(60) });
    const unreadable = ['a.b', 'c'].map((runId) => ({ runId, outcome: 'Unknown' as const }));
    const kept = mine(aKept(1, aRecord()), aKept(2, ...unreadable), aKept(3, aRecord(), again));
    const app = await createApp({ rollouts: createRollouts(aRollout('web')), revisions: reader(...kept) });
    const seen: string[] = [];
    for (let path = '/rollouts/web/history?limit=1'; path !== ''; ) {
      const { runs, continue: next } = (await app.inject(path)).json();
      seen.push(...runs.map((run: { generation: number; runId: string }) => `${run.generation} ${run.runId}`));
      expect(next ?? 'a').toMatch(/^[A-Za-z0-9_-]+$/);
      path = next ? `/rollouts/web/history?limit=1&continue=${next}` : '';
    }
    expect(seen).toEqual(['3 run-2', '3 run-1', '2 a.b', '2 c', '1 run-1']);
    for (const token of ['abc', 'MS5lZGdlLjEuMg', Buffer.from('h1.x.1.').toString('base64url')]) {
      const response = await app.inject(`/rollouts/web/history?continue=${token}`);
      expect([response.statusCode, response.json().errors]).toMatchObject([400, [{ field: 'continue', in: 'query' }]]);
    }
    await app.close();
  });
});

describe('GET /rollouts/{name}/revisions/{generation}', () => {
  const content = revisionOf(aRollout('web'));

  it.each<[string, RevisionReader, string, number, object]>([
    [
      'a generation that is kept, with its runs',
      reader({ ...mine(aKept(2, aRecord()))[0]!, ...{ content } }),
      '/rollouts/web/revisions/2',
      200,
      {
        generation: 2,
        version: content.version,
        hash: content.hash,
        deployments: content.layers,
        runs: [{ generation: 2 }],
      },
    ],
    [
      'one whose content somebody made nonsense of',
      reader(...mine(aKept(2))),
      '/rollouts/web/revisions/2',
      200,
      { generation: 2, version: 'v2', runs: [] },
    ],
    [
      'one that is not kept',
      reader(...mine(aKept(2))),
      '/rollouts/web/revisions/7',
      404,
      { detail: 'Generation 7 of FogRollout default/web is not kept' },
    ],
    ['one of an earlier object', reader(aKept(2)), '/rollouts/web/revisions/2', 404, {}],
    [
      'one of a rollout that never was',
      reader(),
      '/rollouts/gone/revisions/1',
      404,
      { detail: 'FogRollout default/gone was not found' },
    ],
    ['no number', reader(), '/rollouts/web/revisions/x', 400, { errors: [{ field: 'generation', in: 'path' }] }],
    ['none that can be', reader(), '/rollouts/web/revisions/0', 400, { errors: [{ field: 'generation' }] }],
    ['a very long number', reader(), `/rollouts/web/revisions/${'9'.repeat(40)}`, 400, {}],
    ['Kubernetes away', away, '/rollouts/web/revisions/1', 503, {}],
  ])('%s', async (_case, revisions, url, status, body) => {
    const app = await createApp({ rollouts: createRollouts(aRollout('web')), revisions });
    const response = await app.inject(url);
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject(body);
    await expectDocumented(app, '/rollouts/{name}/revisions/{generation}', response);
    await app.close();
  });
});

describe('What is kept, as it is read from Kubernetes', () => {
  let kube: FakeKube;
  let connection: KubeConnection;
  let revisions: RevisionReader;
  beforeEach(async () => {
    kube = await FakeKube.start();
    connection = new KubeConnection(kube.kubeConfig());
    revisions = createRevisionReader(new KubeClient(connection, { fieldManager: 'api' }));
  });
  afterEach(async () => {
    await connection.close();
    await kube.stop();
  });
  const put = (generation: number, data: unknown, annotations: object = {}) => {
    const metadata = keptMetadata(generation, aRecord());
    const object = {
      metadata: { ...metadata, namespace: 'shop', annotations: { ...metadata.annotations, ...annotations } },
    };
    kube.put({ ...object, data } as unknown as KubeObject);
  };

  it('is one list of metadata, and for the content one object', async () => {
    const revision = revisionOf(aRollout('web'));
    put(1, keptOf(revision));
    put(2, keptOf(revision), { [`${RUN_ANNOTATION}x`]: 'nonsense' });
    const listed = await revisions.list('shop', 'web');
    expect(listed.map(({ generation, runs }) => [generation, runs.length])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect((await revisions.read('shop', 'web', 1))?.content).toEqual(revision);
    expect(await revisions.read('shop', 'web', 3)).toBeUndefined();
    const [list] = kube.seen('list');
    expect(list!.query.get('labelSelector')).toBe('fog-rollout=web');
    expect(list!.headers.accept).toContain('PartialObjectMetadataList');
    expect(kube.requests).toHaveLength(3);
  });

  it.each([
    ['null', null],
    ['a list', { json: '[]' }],
    ['a revision without layers', { json: '{"version":"v1","hash":"h"}' }],
    ['layers that are none', { json: '{"version":"v1","hash":"h","layers":{"edge":null}}' }],
  ])('has no content where somebody wrote %s', async (_, data) => {
    put(1, data);
    expect(await revisions.read('shop', 'web', 1)).not.toHaveProperty('content');
  });

  it.each([403, 500])('is not available where Kubernetes answers %d', async (code) => {
    kube.misbehave('list', { code, reason: 'No' });
    await expect(revisions.list('shop', 'web')).rejects.toThrow(RevisionsUnavailable);
  });
});
