import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { pageToken } from '../../../api/page-tokens.ts';
import { aRollout, createApp, createRollouts, expectDocumented } from './fixtures.ts';

const PROBLEM = 'application/problem+json; charset=utf-8';
const A_LONG_NAME = 'a'.repeat(254);

let app: FastifyInstance;
beforeAll(async () => {
  app = await createApp({ rollouts: createRollouts(aRollout('web')) });
});
afterAll(() => app.close());

describe('a bad parameter is a 400 that names it', () => {
  it.each([
    ['/rollouts', '/rollouts?namespace=', 'namespace', 'query'],
    ['/rollouts', '/rollouts?namespace=Cloud', 'namespace', 'query'],
    ['/rollouts', '/rollouts?namespace=a.b', 'namespace', 'query'],
    ['/rollouts', '/rollouts?namespace=a&namespace=b', 'namespace', 'query'],
    ['/rollouts', `/rollouts?namespace=${'a'.repeat(64)}`, 'namespace', 'query'],
    ['/rollouts/{name}', '/rollouts/Web', 'name', 'path'],
    ['/rollouts/{name}', '/rollouts/-web', 'name', 'path'],
    ['/rollouts/{name}', '/rollouts/__proto__', 'name', 'path'],
    ['/rollouts/{name}', '/rollouts/a%00', 'name', 'path'],
    ['/rollouts/{name}', '/rollouts/a%2Fb', 'name', 'path'],
    ['/rollouts/{name}', '/rollouts/%F0%9F%92%A9', 'name', 'path'],
    ['/rollouts/{name}', `/rollouts/${A_LONG_NAME}`, 'name', 'path'],
    ['/rollouts/{name}', '/rollouts/web?namespace=%20', 'namespace', 'query'],
    ['/rollouts/{name}/status', '/rollouts/web_/status', 'name', 'path'],
    ['/rollouts/{name}/events', '/rollouts/web_/events', 'name', 'path'],
    ['/rollouts/{name}/history', '/rollouts/web/history?limit=0', 'limit', 'query'],
    ['/rollouts/{name}/history', '/rollouts/web/history?limit=501', 'limit', 'query'],
    ['/rollouts/{name}/history', '/rollouts/web/history?limit=1.5', 'limit', 'query'],
    ['/rollouts/{name}/history', '/rollouts/web/history?limit=many', 'limit', 'query'],
    ['/rollouts/{name}/history', '/rollouts/web/history?limit=', 'limit', 'query'],
    ['/rollouts/{name}/history', '/rollouts/web/history?continue=%3Cb%3E', 'continue', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web_/sites', 'name', 'path'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?limit=0', 'limit', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?limit=1001', 'limit', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?phase=', 'phase', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?phase=Broken', 'phase', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?phase=Ready,', 'phase', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?phase=Ready&phase=constructor', 'phase', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?layer=moon', 'layer', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?layer=fog&layer=edge', 'layer', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?continue=', 'continue', 'query'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites?continue=abc', 'continue', 'query'],
    ['/api/v1/rollouts', '/api/v1/rollouts?namespace=', 'namespace', 'query'],
    ['/api/v1/rollouts', '/api/v1/rollouts?phase=Ready', 'phase', 'query'],
    ['/api/v1/rollouts', '/api/v1/rollouts?labelSelector=a%20b', 'labelSelector', 'query'],
    ['/api/v1/rollouts', '/api/v1/rollouts?limit=0', 'limit', 'query'],
    ['/api/v1/rollouts', '/api/v1/rollouts?continue=abc', 'continue', 'query'],
    ['/api/v1/rollouts', `/api/v1/rollouts?continue=${pageToken('sites1', 'a')}`, 'continue', 'query'],
    ['/api/v1/rollouts', `/api/v1/rollouts?continue=${pageToken('rollouts1', '')}`, 'continue', 'query'],
    ['/api/v1/sites', '/api/v1/sites?layer=moon', 'layer', 'query'],
    ['/api/v1/sites', '/api/v1/sites?phase=Paused', 'phase', 'query'],
    ['/api/v1/sites', '/api/v1/sites?labelSelector=%21', 'labelSelector', 'query'],
    ['/api/v1/sites', '/api/v1/sites?limit=1001', 'limit', 'query'],
    ['/api/v1/sites', `/api/v1/sites?continue=${pageToken('rollouts1', 'a/b')}`, 'continue', 'query'],
  ])('%s: %s', async (route, url, field, where) => {
    const response = await app.inject(url);
    expect([response.statusCode, response.headers['content-type']]).toEqual([400, PROBLEM]);
    expect(response.json()).toMatchObject({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: expect.stringContaining(`"${field}" must be `),
      instance: url.split('?')[0],
      errors: [{ field, in: where }],
    });
    await expectDocumented(app, route, response);
  });
});

describe('what no route takes', () => {
  it.each<[string, InjectOptions, number, object]>([
    ['an unknown path', { url: '/nothing' }, 404, { detail: 'There is nothing at this path' }],
    ['a path below a rollout', { url: '/rollouts/web/secrets' }, 404, {}],
    ['broken percent-encoding', { url: '/rollouts/%zz' }, 400, { detail: expect.stringContaining('percent-encoding') }],
    ['a very long path', { url: `/rollouts/${'a'.repeat(15_000)}` }, 400, { errors: [{ field: 'name' }] }],
    [
      'another method',
      { method: 'POST', url: '/rollouts' },
      405,
      { detail: 'POST is not possible here, only GET, HEAD' },
    ],
    [
      'another method with a body that is not JSON',
      {
        method: 'PUT',
        url: '/rollouts/web/?namespace=a',
        payload: '{',
        headers: { 'content-type': 'application/json' },
      },
      405,
      {},
    ],
    [
      'another method with a body of any kind',
      { method: 'PATCH', url: '/docs', payload: 'a', headers: { 'content-type': 'x/y' } },
      405,
      {},
    ],
    ['a method of WebDAV', { method: 'PROPFIND', url: '/rollouts' }, 405, {}],
    ['another method at an unknown path', { method: 'DELETE', url: '/nothing' }, 404, {}],
  ])('%s', async (_case, request, status, problem) => {
    const response = await app.inject(request);
    expect([response.statusCode, response.headers['content-type']]).toEqual([status, PROBLEM]);
    expect(response.json()).toMatchObject({ status, detail: expect.any(String), ...problem });
    expect(response.headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
    expect(response.headers['x-content-type-options']).toBe('nosniff');
  });

  it('ignores the body of a GET', async () => {
    const response = await app.inject({
      url: '/rollouts',
      payload: '{',
      headers: { 'content-type': 'application/json' },
    });
    expect(response.statusCode).toBe(200);
  });
});

describe('before the first list is complete', () => {
  it.each([
    ['/rollouts', '/rollouts'],
    ['/rollouts/{name}', '/rollouts/web'],
    ['/rollouts/{name}/status', '/rollouts/web/status'],
    ['/rollouts/{name}/sites', '/rollouts/web/sites'],
    ['/rollouts/{name}/history', '/rollouts/web/history'],
    ['/rollouts/{name}/revisions/{generation}', '/rollouts/web/revisions/1'],
    ['/rollouts/{name}/events', '/rollouts/web/events'],
  ])('%s says so rather than that there is nothing', async (route, url) => {
    const unsynced = await createApp({ rollouts: { ...createRollouts(), hasSynced: false } });
    const response = await unsynced.inject(url);
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '5']);
    await expectDocumented(unsynced, route, response);
    await unsynced.close();
  });
});

it('a defect of ours is a 500 without its inner workings', async () => {
  const broken = await createApp({ rollouts: { ...createRollouts(), get: () => JSON.parse('{') } });
  const response = await broken.inject('/rollouts/web');
  expect(response.statusCode).toBe(500);
  expect(response.json().detail).toBe('An unexpected error occurred; the log of the API says more');
  expect(response.body).not.toMatch(/JSON|\.ts/);
  await broken.close();
});
