import { describe, expect, it } from '@jest/globals';
import type { Static } from 'typebox';
import { ViewSchema } from '../../../api/schemas/view.ts';
import type { RolloutView } from '../../../model/view.ts';
import { aRollout, createApp, createRollouts, expectDocumented } from './fixtures.ts';

describe('GET /rollouts', () => {
  it.each([
    [
      'names and versions, sorted by name',
      '/rollouts?namespace=cloud',
      [
        { name: 'api', version: 'v2' },
        { name: 'web', version: 'v1' },
      ],
    ],
    ['namespace default when none is named', '/rollouts', [{ name: 'lone', version: 'v3' }]],
    ['none in a namespace without rollouts', '/rollouts?namespace=nowhere', []],
    ['unknown query parameters are ignored', '/rollouts?color=blue', [{ name: 'lone', version: 'v3' }]],
    ['a trailing slash is no other path', '/rollouts/?namespace=nowhere', []],
  ])('%s', async (_case, url, fogrollouts) => {
    const app = await createApp({
      rollouts: createRollouts(
        aRollout('web', { namespace: 'cloud', version: 'v1' }),
        aRollout('api', { namespace: 'cloud', version: 'v2' }),
        aRollout('lone', { version: 'v3' }),
      ),
    });
    const response = await app.inject(url);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.body).toBe(JSON.stringify({ fogrollouts }));
    await expectDocumented(app, '/rollouts', response);
    await app.close();
  });

  it('follows rollouts that come, change their version and go', async () => {
    const rollouts = createRollouts();
    const app = await createApp({ rollouts });
    const list = async () => (await app.inject('/rollouts')).json().fogrollouts;
    const seen = [await list()];
    rollouts.put(aRollout('web', { version: 'v1' }));
    seen.push(await list());
    rollouts.put(aRollout('web', { version: 'v2' }));
    seen.push(await list());
    rollouts.remove(aRollout('web'));
    seen.push(await list());
    expect(seen).toEqual([[], [{ name: 'web', version: 'v1' }], [{ name: 'web', version: 'v2' }], []]);
    await app.close();
  });

  it('keeps its ETag through a status report and changes it with a version', async () => {
    const rollouts = createRollouts(aRollout('web', { version: 'v1' }));
    const app = await createApp({ rollouts });
    const etag = async () => (await app.inject('/rollouts')).headers.etag;
    const first = await etag();
    rollouts.put(aRollout('web', { version: 'v1', status: { observedGeneration: 1, phase: 'Succeeded' } }));
    expect(await etag()).toBe(first);
    rollouts.put(aRollout('web', { version: 'v2' }));
    expect(await etag()).not.toBe(first);
    await app.close();
  });
});

describe('GET /rollouts/{name}', () => {
  it('answers the whole object, without the bookkeeping of field ownership', async () => {
    const web = aRollout('web', { namespace: 'cloud' });
    const { managedFields: _, ...metadata } = web.metadata;
    const app = await createApp({ rollouts: createRollouts(web) });
    const response = await app.inject('/rollouts/web?namespace=cloud');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ ...web, metadata });
    await expectDocumented(app, '/rollouts/{name}', response);
    await app.close();
  });

  it('answers 304 until the object changes, and then the new one', async () => {
    const rollouts = createRollouts(aRollout('web', { version: 'v1' }));
    const app = await createApp({ rollouts });
    const { headers } = await app.inject('/rollouts/web');
    const again = () =>
      app.inject({ url: '/rollouts/web', headers: { 'if-none-match': `"other", W/${headers.etag}` } });
    const unchanged = await again();
    expect([unchanged.statusCode, unchanged.body]).toEqual([304, '']);
    await expectDocumented(app, '/rollouts/{name}', unchanged);
    rollouts.put(aRollout('web', { version: 'v2' }));
    const changed = await again();
    expect([changed.statusCode, changed.json().spec.version]).toEqual([200, 'v2']);
    await app.close();
  });

  it.each(['/rollouts/missing', '/rollouts/web?namespace=other', '/rollouts/constructor'])(
    '404 with a detail for %s',
    async (url) => {
      const app = await createApp({ rollouts: createRollouts(aRollout('web')) });
      const response = await app.inject(url);
      expect(response.statusCode).toBe(404);
      expect(response.json()).toMatchObject({
        status: 404,
        detail: expect.stringMatching(/^FogRollout .* was not found$/),
      });
      await expectDocumented(app, '/rollouts/{name}', response);
      await app.close();
    },
  );
});

/** Not the number of its last report, which is ours. */
const RUN_FIELDS = ['workflowId', 'runId', 'startedAt'];

/** Does not compile when the view is not what is documented. */
const documented = (view: RolloutView): Static<typeof ViewSchema> => view;

describe('GET /rollouts/{name}/status', () => {
  it('answers the view of a rollout under way, as documented', async () => {
    const sites = { total: 1, updated: 1, ready: 0, failed: 0, deferred: 0 };
    const web = aRollout('web', {
      status: {
        observedGeneration: -1,
        phase: 'Progressing',
        revision: { generation: 1, version: 'v1.0.0', hash: 'abc' },
        run: { workflowId: 'fogrollout/default/web', runId: 'r1', startedAt: '2026-11-22T11:59:00Z', reports: 2 },
        layers: [
          { name: 'cloud', phase: 'Progressing', version: 'v1.0.0', sites, startedAt: '2026-11-22T11:59:30Z' },
          { name: 'edge', phase: 'Pending', sites: { ...sites, updated: 0 } },
        ],
        failures: [{ site: 'cloud', layer: 'cloud', reason: 'Transient', message: 'cloud/web-cloud: no answer' }],
      },
    });
    const app = await createApp({ rollouts: createRollouts(web) });
    const response = await app.inject('/rollouts/web/status');
    expect(response.json()).toMatchObject({
      phase: 'Progressing',
      version: 'v1.0.0',
      ready: false,
      stages: [
        { layer: 'cloud', phase: 'Progressing', ready: '0/1', durationSeconds: 30 },
        { layer: 'edge', phase: 'Pending', waits: 'waiting for cloud' },
      ],
    });
    expect(response.headers['cache-control']).toBe('no-store');
    const whole = (await app.inject('/rollouts/web')).json();
    for (const { run } of [response.json(), whole.status]) expect(Object.keys(run)).toEqual(RUN_FIELDS);
    const undocumented = Object.keys(documented(response.json())).filter((field) => !(field in ViewSchema.properties));
    expect(undocumented).toEqual([]);
    await expectDocumented(app, '/rollouts/{name}/status', response);
    await app.close();
  });

  it('answers a rollout that no run has seen yet', async () => {
    const app = await createApp({ rollouts: createRollouts(aRollout('web')) });
    const response = await app.inject('/rollouts/web/status');
    expect(response.json()).toMatchObject({ phase: 'Pending', observedGeneration: -1, ready: false });
    await expectDocumented(app, '/rollouts/{name}/status', response);
    await app.close();
  });
});

describe('HEAD', () => {
  it.each([
    '/rollouts',
    '/rollouts/web',
    '/rollouts/web/status',
    '/rollouts/web/sites',
    '/rollouts/web/history',
    '/openapi.json',
    '/docs/',
    '/healthz',
    '/readyz',
    '/metrics',
  ])('%s has the headers of GET and no body', async (url) => {
    const app = await createApp({ rollouts: createRollouts(aRollout('web')) });
    const [get, head] = [await app.inject(url), await app.inject({ method: 'HEAD', url })];
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect([head.headers['content-type'], head.headers.etag]).toEqual([get.headers['content-type'], get.headers.etag]);
    await app.close();
  });

  it('/rollouts/{name}/events answers at once', async () => {
    const app = await createApp({ rollouts: createRollouts(aRollout('web')) });
    const [known, unknown] = await Promise.all(
      ['web', 'gone'].map((name) => app.inject({ method: 'HEAD', url: `/rollouts/${name}/events` })),
    );
    expect([known!.statusCode, unknown!.statusCode]).toEqual([200, 404]);
    await app.close();
  });
});

describe('How old an answer may be', () => {
  const web = aRollout('web');
  const of = (ageMs: number | undefined) => Object.assign(createRollouts(web), { ageMs });

  it.each([
    ['/rollouts', 200],
    ['/rollouts?namespace=nowhere', 200],
    ['/rollouts/web', 200],
    ['/rollouts/missing', 404],
    ['/rollouts/web/status', 200],
    ['/rollouts/missing/status', 404],
    ['/rollouts/web/sites', 200],
  ])('is said with %s, %d, and changes nothing of the body', async (url, status) => {
    const app = await createApp({ rollouts: of(12_900) });
    const response = await app.inject(url);
    expect([response.statusCode, response.headers['fog-rollouts-data-age']]).toEqual([status, '12']);
    const unknown = await createApp({ rollouts: of(undefined) });
    const before = await unknown.inject(url);
    const names = ({ headers }: typeof before) => Object.keys(headers).sort();
    expect(names(response).filter((name) => name !== 'fog-rollouts-data-age')).toEqual(names(before));
    expect(response.body).toBe(before.body);
    await app.close();
    await unknown.close();
  });

  it('is said with a 304, and is that of the oldest of several caches', async () => {
    const sites = { hasSynced: true, ageMs: 180_000, get: () => undefined, list: () => [] };
    const app = await createApp({ rollouts: of(1_000), sites });
    const { headers } = await app.inject('/rollouts/web');
    const unchanged = await app.inject({ url: '/rollouts/web', headers: { 'if-none-match': String(headers.etag) } });
    expect([unchanged.statusCode, unchanged.headers['fog-rollouts-data-age']]).toEqual([304, '1']);
    expect((await app.inject('/rollouts/web/sites')).headers['fog-rollouts-data-age']).toBe('180');
    await app.close();
  });
});
