import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection, type RequestInfo } from '../../../kube/connection.ts';
import {
  isConflict,
  isNotFound,
  isNotServed,
  isTransient,
  KubeConnectionError,
  KubeError,
} from '../../../kube/errors.ts';
import { MOST_PAGES, ONE_PIECE_MS } from '../../../kube/list-all.ts';
import { timeoutOf } from '../../../kube/request.ts';
import { DEPLOYMENTS, type KubeObject } from '../../../kube/resources.ts';
import { FakeKube } from '../../support/fakekube.ts';
import type { FakeWatch } from '../../support/fakewatch.ts';

let fake: FakeKube;
let connection: KubeConnection;
let client: KubeClient;
let told: RequestInfo[];

beforeEach(async () => {
  fake = await FakeKube.start();
  told = [];
  connection = new KubeConnection(fake.kubeConfig({ token: 'secret' }), { onRequest: (info) => told.push(info) });
  client = new KubeClient(connection, { fieldManager: 'tester' });
});

afterEach(async () => {
  await connection.close();
  await fake.stop();
});

const web = { namespace: 'edge', name: 'web' };
const aWeb = (fields = {}): KubeObject => ({ metadata: { ...web }, ...fields });

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('It did not fail'),
    (error) => error,
  );
}

describe('Requests', () => {
  it('says who it is, and counts by verb, type and answer', async () => {
    fake.put(aWeb());
    await client.get(DEPLOYMENTS, web);
    await failure(client.get(DEPLOYMENTS, { namespace: 'edge', name: 'nobody' }));
    expect(fake.requests[0]!.headers.authorization).toBe('Bearer secret');
    expect(told).toEqual([
      { verb: 'get', type: 'deployments.apps', code: 200, seconds: expect.any(Number) },
      { verb: 'get', type: 'deployments.apps', code: 404, seconds: expect.any(Number) },
    ]);
  });

  it('finds what is there, and nothing where there is nothing; any other answer is an error', async () => {
    fake.put(aWeb());
    expect(await client.find(DEPLOYMENTS, web)).toMatchObject({ metadata: { name: 'web' } });
    expect(await client.find(DEPLOYMENTS, { namespace: 'edge', name: 'nobody' })).toBeUndefined();
    fake.misbehave('get', { code: 403, reason: 'Forbidden', message: 'not you' });
    expect(await failure(client.find(DEPLOYMENTS, web))).toMatchObject({ code: 403 });
  });

  it('opens no new connection for requests that follow each other', async () => {
    fake.put(aWeb());
    for (let i = 0; i < 20; i++) await client.get(DEPLOYMENTS, web);
    // The next request may be on its way before the answer's connection counts as free.
    expect(fake.connections).toBeLessThanOrEqual(2);
  });

  it.each<[string, (c: KubeClient) => Promise<unknown>, string, string, object, string | undefined]>([
    [
      'apply',
      (c) => c.apply(DEPLOYMENTS, aWeb(), { force: true, dryRun: true }),
      'patch',
      '/apis/apps/v1/namespaces/edge/deployments/web',
      { fieldManager: 'tester', fieldValidation: 'Strict', force: 'true', dryRun: 'All' },
      'application/apply-patch+yaml',
    ],
    [
      'applyStatus',
      (c) => c.applyStatus(DEPLOYMENTS, aWeb()),
      'patch',
      '/apis/apps/v1/namespaces/edge/deployments/web/status',
      { fieldManager: 'tester', fieldValidation: 'Strict' },
      'application/apply-patch+yaml',
    ],
    [
      'merge patch',
      (c) => c.patch(DEPLOYMENTS, web, { type: 'merge', body: {} }),
      'patch',
      '/apis/apps/v1/namespaces/edge/deployments/web',
      { fieldManager: 'tester' },
      'application/merge-patch+json',
    ],
    [
      'replace',
      (c) => c.replace(DEPLOYMENTS, aWeb()),
      'update',
      '/apis/apps/v1/namespaces/edge/deployments/web',
      { fieldManager: 'tester', fieldValidation: 'Strict' },
      'application/json',
    ],
  ])('%s', async (_name, call, verb, path, query, contentType) => {
    fake.put(aWeb());
    await call(client);
    const [request] = fake.requests;
    expect([request!.verb, request!.path]).toEqual([verb, path]);
    expect(Object.fromEntries(request!.query)).toEqual(query);
    expect(request!.headers['content-type']).toBe(contentType);
    if (verb !== 'patch' || contentType?.includes('apply')) {
      expect(JSON.parse(request!.body)).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' });
    }
  });

  it('deletes with preconditions', async () => {
    fake.put(aWeb());
    await client.delete(DEPLOYMENTS, web, { preconditions: { uid: 'u' }, propagationPolicy: 'Foreground' });
    expect(JSON.parse(fake.requests[0]!.body)).toMatchObject({
      kind: 'DeleteOptions',
      preconditions: { uid: 'u' },
      propagationPolicy: 'Foreground',
    });
  });
});

describe('Failures', () => {
  const RUBBISH = 'is this a Kubernetes API server?';
  it('names the request and gives the server’s own words', async () => {
    fake.misbehave('get', { code: 403, reason: 'Forbidden', message: 'exceeded quota: small' });
    const error = await failure(client.get(DEPLOYMENTS, web));
    expect(error).toBeInstanceOf(KubeError);
    expect(error.message).toBe('GET deployments.apps edge/web: exceeded quota: small');
  });

  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '3' }, 3],
    ['a date long past', { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }, 0],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['ten years', { 'retry-after': '315360000' }, 60],
    ['nothing', {}, undefined],
  ])('reads Retry-After: %s', async (_name, headers, expected) => {
    fake.misbehave('get', { code: 429, reason: 'TooManyRequests', headers });
    expect(await failure(client.get(DEPLOYMENTS, web))).toMatchObject({ code: 429, retryAfterSeconds: expected });
  });

  it('survives an answer that is no Status', async () => {
    fake.misbehave('get', { code: 502, text: '<html>Bad gateway</html>' });
    const error = await failure(client.get(DEPLOYMENTS, web));
    expect(error.message).toBe('GET deployments.apps edge/web: <html>Bad gateway</html>');
  });

  it.each<[string, number, string]>([
    ['a page that is not found', 404, '<h1>Not Found</h1>'],
    ['a page that may not be seen', 403, 'Access denied'],
    ['a request for TLS', 400, 'Client sent an HTTP request to an HTTPS server.'],
    ['a redirection to a login', 302, ''],
    ['JSON of somebody else', 404, '{"error": "no route"}'],
  ])('does not take %s for the word of Kubernetes', async (_name, code, text) => {
    fake.misbehave('get', { code, text });
    const error = await failure(client.find(DEPLOYMENTS, web));
    const said = text && ` (${text})`;
    const words = `GET deployments.apps edge/web: ${fake.url}: The answer is ${code}${said} without a Status; ${RUBBISH}`;
    expect([error.name, error.message]).toEqual(['KubeConnectionError', words]);
    fake.misbehave('watch', { code, text });
    const events = client.watch(DEPLOYMENTS, { resourceVersion: '1' }, { signal: AbortSignal.timeout(5_000) });
    expect((await failure(events.next())).message).toContain(`The answer is ${code}`);
  });

  it('does not take a type that is not served for an object that is gone', async () => {
    fake.misbehave('get', { code: 404, text: '404 page not found\n' });
    const error = await failure(client.find(DEPLOYMENTS, web));
    expect([isNotServed(error), isNotFound(error)]).toEqual([true, false]);
  });

  it('does not wait for less than no time', async () => {
    const text = JSON.stringify({ kind: 'Status', details: { retryAfterSeconds: -5 } });
    fake.misbehave('get', { code: 429, text });
    expect(await failure(client.get(DEPLOYMENTS, web))).toMatchObject({ code: 429, retryAfterSeconds: 0 });
  });

  it('repeats only the beginning of what is endless', async () => {
    const text = JSON.stringify({ kind: 'Status', reason: 'Invalid', message: `no ${'x'.repeat(5_000_000)}` });
    fake.misbehave('get', { code: 422, text });
    const { message } = await failure(client.get(DEPLOYMENTS, web));
    expect(message).toMatch(/^GET deployments.apps edge\/web: no x+…$/);
    expect(message.length).toBeLessThan(5_000);
  });

  it('does not read on in an answer that is larger than any', async () => {
    const small = new KubeConnection(fake.kubeConfig(), { mostAnswer: 10_000 });
    fake.misbehave('get', { code: 200, text: 'x'.repeat(20_000) });
    const error = await failure(new KubeClient(small, { fieldManager: 'tester' }).get(DEPLOYMENTS, web));
    expect(error).toBeInstanceOf(KubeConnectionError);
    await small.close();
  });

  it('survives a Status whose fields are anything', async () => {
    const text = JSON.stringify({
      kind: 'Status',
      message: {},
      reason: 1,
      code: 'x',
      details: { causes: {}, kind: 2 },
    });
    fake.misbehave('get', { code: 409, text });
    const error = await failure(client.get(DEPLOYMENTS, web));
    expect(error.message).toBe('GET deployments.apps edge/web: The API server answered 409');
    expect([isConflict(error), isTransient(error)]).toEqual([true, true]);
  });

  it.each<[string, string, string]>([
    ['no JSON', '<html>hello</html>', 'The answer is not JSON'],
    ['null', 'null', 'The answer is no Deployment'],
    ['a text', '"hello"', 'The answer is no Deployment'],
    ['a list', '[]', 'The answer is no Deployment'],
    ['another kind', '{"kind": "Pod", "metadata": {"name": "web"}}', 'The answer is "Pod" instead of Deployment'],
    ['no object at all', '{"ok": true}', 'The answer is a Deployment without a name'],
    ['an object without a name', '{"metadata": {}}', 'The answer is a Deployment without a name'],
  ])('survives a yes that is %s', async (_name, text, words) => {
    fake.misbehave('get', { code: 200, text });
    const error = await failure(client.get(DEPLOYMENTS, web));
    expect(error).toBeInstanceOf(KubeConnectionError);
    expect(error.message).toBe(`GET deployments.apps edge/web: ${fake.url}: ${words}; ${RUBBISH}`);
    fake.misbehave('patch', { code: 200, text });
    expect(await failure(client.apply(DEPLOYMENTS, aWeb()))).toBeInstanceOf(KubeConnectionError);
  });

  const metadata = { resourceVersion: '1' };
  it.each<[string, unknown, string]>([
    ['null', null, 'The answer is no list of Deployment'],
    ['of another kind', { kind: 'PodList', metadata, items: [] }, 'The answer is "PodList" instead of DeploymentList'],
    ['without items', { metadata }, 'The list of Deployment has no items'],
    ['whose items are none', { metadata, items: { a: 1 } }, 'The list of Deployment has no items'],
    ['without a version', { items: [] }, 'The list of Deployment has no resourceVersion'],
    ['with an item that is null', { metadata, items: [null] }, 'An item of the list is no Deployment'],
    ['with an item without metadata', { metadata, items: [{}] }, 'An item of the list is a Deployment without a name'],
  ])('survives a list that is %s', async (_name, answer, words) => {
    fake.misbehave('list', { code: 200, text: JSON.stringify(answer) });
    const error = await failure(client.list(DEPLOYMENTS));
    expect(error).toBeInstanceOf(KubeConnectionError);
    expect(error.message).toBe(`GET deployments.apps: ${fake.url}: ${words}; ${RUBBISH}`);
  });

  it('takes a list whose items are null for an empty one, as Go writes it', async () => {
    fake.misbehave('list', { code: 200, text: JSON.stringify({ metadata, items: null }) });
    expect(await client.list(DEPLOYMENTS)).toEqual({ items: [], resourceVersion: '1' });
  });

  it('says so when the connection breaks, when nobody answers and when nobody listens', async () => {
    fake.misbehave('get', 'reset', 'hang');
    const reset = await failure(client.get(DEPLOYMENTS, web));
    expect(reset).toBeInstanceOf(KubeConnectionError);
    expect(reset.message).toMatch(/^GET deployments.apps edge\/web: http:\/\/127.0.0.1:\d+: /);
    const late = await failure(client.get(DEPLOYMENTS, web, { timeoutMs: 50 }));
    expect(late).toMatchObject({ name: 'KubeConnectionError', timedOut: true });
    expect(late.message).toMatch(/No answer from .* within 0.05 s$/);
    await fake.stop();
    const away = await failure(client.get(DEPLOYMENTS, web));
    expect(away.message).toMatch(/ECONNREFUSED|other side closed/);
    expect(told.map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  it('waits longer for a write than an admission webhook may take, which the API server then names', () => {
    expect([timeoutOf('GET'), timeoutOf('PATCH'), timeoutOf('POST')]).toEqual([30_000, 45_000, 45_000]);
  });

  it('ends with the reason of its signal', async () => {
    fake.misbehave('get', 'hang');
    const stop = new AbortController();
    const call = failure(client.get(DEPLOYMENTS, web, { signal: stop.signal }));
    await fake.when(() => fake.requests.length === 1);
    stop.abort(new Error('enough'));
    expect((await call).message).toBe('enough');
    expect((await failure(client.get(DEPLOYMENTS, web, { signal: stop.signal }))).message).toBe('enough');
    expect(fake.requests).toHaveLength(1);
  });
});

describe('Lists', () => {
  beforeEach(() => {
    for (let i = 0; i < 5; i++) fake.put({ metadata: { namespace: 'edge', name: `web-${i}` } });
  });
  const names = (page: { items: KubeObject[] }) => page.items.map((item) => item.metadata.name);

  it('gives one page at a time', async () => {
    const first = await client.list(DEPLOYMENTS, { namespace: 'edge', limit: 2 });
    expect(first).toMatchObject({ remaining: 3, continue: expect.any(String), resourceVersion: expect.any(String) });
    expect(first.items[0]).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' });
    const second = await client.list(DEPLOYMENTS, { namespace: 'edge', limit: 2, continue: first.continue });
    expect([...names(first), ...names(second)]).toEqual(['web-0', 'web-1', 'web-2', 'web-3']);
  });

  it('puts the pages together', async () => {
    expect(names(await client.listAll(DEPLOYMENTS, { limit: 2 }))).toHaveLength(5);
    expect(fake.seen('list')).toHaveLength(3);
  });

  /** Each page but the first of a list meets an expired snapshot, so many times. */
  function expire(times: number): void {
    const { list } = client;
    client.list = function (this: KubeClient, ...args: Parameters<typeof list>) {
      if (args[1]?.continue && times-- > 0) {
        fake.put({ metadata: { namespace: 'edge', name: `late-${times}` } });
        fake.compact();
      }
      return list.apply(this, args);
    } as typeof list;
  }
  const limits = () => fake.seen('list').map(({ query }) => query.get('limit'));

  it('begins anew when the pages expire, and has what came meanwhile', async () => {
    expire(1);
    expect(names(await client.listAll(DEPLOYMENTS, { limit: 3 }))).toHaveLength(6);
    expect(limits()).toEqual(['3', '3', '3', '3']);
  });

  it('lists in one piece when the pages expire again and again, and waits longer for that', async () => {
    expire(3);
    const asked: unknown[] = [];
    const { request } = connection;
    connection.request = function (this: KubeConnection, ...args: Parameters<typeof request>) {
      asked.push(args[1]?.timeoutMs);
      return request.apply(this, args);
    } as typeof request;
    expect(names(await client.listAll(DEPLOYMENTS, { limit: 3 }))).toHaveLength(8);
    expect(limits()).toEqual(['3', '3', '3', '3', '3', '3', null]);
    expect(asked.at(-1)).toBe(ONE_PIECE_MS);
  });

  it.each([
    ['the same page', ['again', 'again']],
    ['the same two pages in turn', ['one', 'other', 'one', 'other']],
  ])('does not follow a server that gives %s for ever', async (_, tokens) => {
    const pages = tokens.map((token) => ({ metadata: { resourceVersion: '1', continue: token }, items: [] }));
    fake.misbehave('list', ...pages.map((page) => ({ code: 200, text: JSON.stringify(page) })));
    await expect(client.listAll(DEPLOYMENTS)).rejects.toThrow(/gives the same page for ever$/);
  });

  it('does not follow a server that has another page for ever', async () => {
    let pages = 0;
    client.list = async () => ({ items: [], resourceVersion: '1', continue: `page-${++pages}` });
    await expect(client.listAll(DEPLOYMENTS)).rejects.toThrow(/gives more than 10000 pages$/);
    expect(pages).toBe(MOST_PAGES + 1);
  });
});

describe('Watches', () => {
  const watch = (signal = new AbortController().signal, idleTimeoutMs = 5000) =>
    client.watch(DEPLOYMENTS, { namespace: 'edge', resourceVersion: '100', idleTimeoutMs }, { signal });
  const collect = async (events: AsyncIterable<{ type: string; object: KubeObject }>) => {
    const seen: string[] = [];
    for await (const { type, object } of events) seen.push(`${type} ${object.metadata.name}`);
    return seen;
  };
  const theWatch = async () => {
    await fake.when(() => fake.watches.size === 1);
    return [...fake.watches][0]!;
  };

  it('gives the changes of its namespace until the server ends it', async () => {
    const seen = collect(watch());
    const open = await theWatch();
    fake.put(aWeb({ spec: { text: 'ünïcödé '.repeat(20_000) } }));
    fake.put({ metadata: { namespace: 'fog', name: 'other' } });
    fake.remove('edge', 'web');
    open.end();
    expect(await seen).toEqual(['ADDED web', 'DELETED web']);
    expect(told).toEqual([{ verb: 'watch', type: 'deployments.apps', code: 200, seconds: expect.any(Number) }]);
  });

  it.each<[string, (open: FakeWatch) => void, object]>([
    ['an ERROR event', (open) => open.fail(410, 'Expired'), { name: 'KubeError', code: 410, reason: 'Expired' }],
    ['a reset in mid-line', (open) => open.cutMidLine(), { name: 'KubeConnectionError' }],
    ['an end in mid-line', (open) => open.endMidLine(), { name: 'KubeConnectionError' }],
    ['silence', (open) => open.freeze(), { name: 'KubeConnectionError', timedOut: true }],
    ['an event of a type that is none', (open) => open.send('HELLO', {}), { name: 'KubeConnectionError' }],
    ['an event without an object', (open) => open.send('ADDED', null), { name: 'KubeConnectionError' }],
    ['an event of another kind', (open) => open.send('ADDED', { kind: 'Pod' }), { name: 'KubeConnectionError' }],
    ['a bookmark without metadata', (open) => open.send('BOOKMARK', {}), { name: 'KubeConnectionError' }],
    ['an ERROR event of nothing', (open) => open.send('ERROR', null), { name: 'KubeError', code: 500 }],
    ['a line that is no event', (open) => open.say('null'), { name: 'KubeConnectionError' }],
    ['a line that is no JSON', (open) => open.say('<html>'), { name: 'KubeConnectionError' }],
  ])('fails after %s', async (_name, hurt, expected) => {
    const seen = failure(collect(watch(undefined, 300)));
    hurt(await theWatch());
    expect(await seen).toMatchObject(expected);
  });

  it('fails when it is refused', async () => {
    fake.compact();
    const events = client.watch(DEPLOYMENTS, { resourceVersion: '1' }, { signal: new AbortController().signal });
    expect(await failure(collect(events))).toMatchObject({ code: 410 });
  });

  it('ends with the reason of its signal, and leaves no connection', async () => {
    const stop = new AbortController();
    const seen = failure(collect(watch(stop.signal)));
    await theWatch();
    stop.abort(new Error('enough'));
    expect((await seen).message).toBe('enough');
    await fake.when(() => fake.watches.size === 0);
  });

  it('leaves no connection when the reader goes away', async () => {
    fake.put(aWeb());
    for await (const _ of watch()) break;
    await fake.when(() => fake.watches.size === 0);
  });

  it('does not keep requests waiting, however many there are', async () => {
    const narrow = new KubeConnection(fake.kubeConfig(), { connections: 1 });
    const one = new KubeClient(narrow, { fieldManager: 'tester' });
    const stop = new AbortController();
    const watches = Array.from({ length: 5 }, () =>
      failure(collect(one.watch(DEPLOYMENTS, { resourceVersion: '100' }, { signal: stop.signal }))),
    );
    await fake.when(() => fake.watches.size === 5);
    fake.put(aWeb());
    await one.get(DEPLOYMENTS, web);
    stop.abort();
    await Promise.all(watches);
    await narrow.close();
  });
});
