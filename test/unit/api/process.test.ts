import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { Registry } from 'prom-client';
import { buildProbes } from '../../../api/app.ts';
import type { ApiDeps } from '../../../api/deps.ts';
import { listen } from '../../../api/server.ts';
import { aRollout, createApp, createDeps, createRollouts, expectDocumented } from './fixtures.ts';

/** What it does not recommend, though it knows of it. */
const LINTED_TOO = { 'no-invalid-schema-examples': 'error', 'no-invalid-parameter-examples': 'error' } as const;

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function started(app: Promise<FastifyInstance>): Promise<FastifyInstance> {
  apps.push(await app);
  return apps.at(-1)!;
}

describe('probes', () => {
  const waiting = { ready: () => ({ ok: false, checks: { kubernetes: 'ok', temporal: 'no connection' } }) };

  const degraded = { ready: () => ({ ok: true, checks: { kubernetes: 'cut off', temporal: 'ok' } }) };

  it.each([
    ['/healthz', {}, 200, { status: 'ok' }],
    ['/healthz', { readiness: waiting }, 200, { status: 'ok' }],
    ['/readyz', {}, 200, { status: 'ok', checks: { kubernetes: 'ok' } }],
    ['/readyz', { readiness: degraded }, 200, { status: 'degraded', checks: { kubernetes: 'cut off' } }],
    ['/readyz', { readiness: waiting }, 503, { detail: 'Not ready: temporal', checks: { temporal: 'no connection' } }],
  ])('%s with %j answers %d', async (url, overrides, status, body) => {
    const app = await started(createApp(overrides));
    const response = await app.inject(url);
    expect([response.statusCode, response.json()]).toMatchObject([status, body]);
    await expectDocumented(app, url, response);
  });

  it('/metrics counts requests by route pattern, whatever was asked for', async () => {
    const app = await started(createApp({ rollouts: createRollouts(aRollout('web')) }));
    for (const url of ['/rollouts/web', '/rollouts/a', '/rollouts/b', '/x', '/y']) await app.inject(url);
    const response = await app.inject('/metrics');
    const counts = response.body.split('\n').filter((line) => line.includes('http_request_duration_seconds_count'));
    expect(counts.map((line) => line.replace(/^[^{]*/, '')).sort()).toEqual([
      '{method="GET",route="/rollouts/:name",status="200"} 1',
      '{method="GET",route="/rollouts/:name",status="404"} 2',
      '{method="GET",route="none",status="404"} 2',
    ]);
    const web = /_duration_seconds_bucket\{le="\+Inf",method="GET",route="\/rollouts\/:name",status="404"\} 2/;
    expect(response.body).toMatch(web);
    expect(response.body).toMatch(/# TYPE fog_rollouts_http_request_duration_seconds histogram/);
    expect(response.body).toContain('process_cpu_user_seconds_total');
    await expectDocumented(app, '/metrics', response);
  });

  it('serve a role without an API too, with one registry for all of a process', async () => {
    const metrics = new Registry();
    const probes = await started(buildProbes(createDeps({ metrics })));
    const api = await started(createApp({ metrics }));
    expect((await probes.inject('/readyz')).statusCode).toBe(200);
    expect((await probes.inject('/rollouts')).statusCode).toBe(404);
    expect((await api.inject('/metrics')).statusCode).toBe(200);
  });
});

describe('requests are logged', () => {
  const reads = { whoHas: async () => ({ username: 'alice' }), may: async () => true };
  const headers = { authorization: 'Bearer secret' };

  it.each([
    [
      'debug',
      [
        { method: 'GET', url: '/rollouts?namespace=shop', status: 200, by: 'alice' },
        { method: 'GET', url: '/rollouts/web/status', status: 404, by: 'alice' },
        { method: 'GET', url: '/healthz', status: 200 },
      ],
    ],
    ['info', []],
  ])('at the level %s, without tokens', async (level, expected) => {
    const lines: string[] = [];
    const logger = pino({ level, base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
    const app = await started(createApp({ logger, reads }));
    for (const url of ['/rollouts?namespace=shop', '/rollouts/web/status', '/healthz'])
      await app.inject({ url, headers });
    const ours = { level: 20, msg: 'Answered', ms: expect.any(Number) };
    expect(lines.map((line) => JSON.parse(line))).toEqual(expected.map((line) => ({ ...ours, ...line })));
  });
});

describe('description', () => {
  it('/openapi.json is valid OpenAPI 3.1 with every route', async () => {
    const app = await started(createApp());
    const response = await app.inject('/openapi.json');
    const validator = new Validator();
    expect(await validator.validate(response.json())).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
    expect(Object.keys(response.json().paths)).toEqual([
      '/healthz',
      '/readyz',
      '/metrics',
      '/rollouts',
      '/rollouts/{name}',
      '/api/v1/rollouts',
      '/api/v1/sites',
      '/rollouts/{name}/status',
      '/rollouts/{name}/sites',
      '/rollouts/{name}/sites/{site}',
      '/rollouts/{name}/grid',
      '/rollouts/{name}/history',
      '/rollouts/{name}/revisions/{generation}',
      '/rollouts/{name}/windows',
      '/rollouts/{name}/events',
      '/events',
      '/rollouts/{name}/actions',
      '/plan',
      '/page.json',
      '/openapi.json',
      '/',
    ]);
    await expectDocumented(app, '/openapi.json', response);
  });

  it.each<[string, Partial<ApiDeps>]>([
    ['reading is open', {}],
    ['those who read are asked who they are', { reads: { whoHas: async () => undefined, may: async () => false } }],
  ])('/openapi.json is what Redocly recommends, its examples too, where %s', async (_, deps) => {
    const app = await started(createApp(deps));
    const { body: source } = await app.inject('/openapi.json');
    const config = await createConfig({ extends: ['recommended-strict'], rules: LINTED_TOO });
    const found = await lintFromString({ source, absoluteRef: 'openapi.json', config });
    expect(found.map(({ ruleId, message, location: [at] }) => [ruleId, message, at?.pointer])).toEqual([]);
  });

  it.each([
    ['/docs/', 'text/html'],
    ['/docs/static/swagger-ui-bundle.js', 'javascript'],
    ['/docs/static/swagger-ui.css', 'text/css'],
    ['/docs/static/swagger-initializer.js', 'javascript'],
  ])('%s comes from here, and lets nothing in from elsewhere', async (url, mediaType) => {
    const response = await (await started(createApp())).inject(url);
    expect([response.statusCode, response.headers['content-type']]).toEqual([200, expect.stringContaining(mediaType)]);
    expect(response.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    if (mediaType === 'text/html')
      expect(response.body).not.toMatch(/<style|<script>|\bon[a-z]+=|(src|href)="(?!\.\/)/);
  });

  it('/docs leads to where its relative addresses are right, behind a path of an Ingress too', async () => {
    const response = await (await started(createApp())).inject('/docs?from=here');
    expect([response.statusCode, response.headers.location]).toEqual([302, 'docs/']);
  });

  it('a file that the page does not have is a problem', async () => {
    const response = await (await started(createApp())).inject('/docs/static/../../package.json');
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  });
});

describe('listening', () => {
  it('says which port is taken and what to do', async () => {
    const first = await started(createApp());
    const port = Number(new URL(await listen(first, { host: '127.0.0.1', port: 0 })).port);
    const second = await started(createApp());
    await expect(listen(second, { host: '127.0.0.1', port })).rejects.toThrow(
      `Could not listen on 127.0.0.1:${port}: another process has the port; end it or set FOG_ROLLOUTS_PORT to another one`,
    );
  });

  it.each([
    ['what is not HTTP', 'HELLO\r\n\r\n', 400],
    ['a header that is too long', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a URL that is too long', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ['a NUL in the URL', 'GET /rollouts/\0 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ])('%s is answered with a problem', async (_case, request, status) => {
    const app = await started(createApp());
    const { port, hostname } = new URL(await listen(app, { host: '127.0.0.1', port: 0 }));
    const socket = net.connect(Number(port), hostname);
    socket.write(request);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    await once(socket, 'close');
    const [head, body] = answer.split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body!)).toMatchObject({ status, detail: expect.any(String) });
  });

  it('ends although a client holds a connection over which it asks nothing', async () => {
    const app = await createApp();
    const { port, hostname } = new URL(await listen(app, { host: '127.0.0.1', port: 0 }));
    const accepted = once(app.server, 'connection');
    const socket = net.connect(Number(port), hostname);
    await accepted;
    socket.resume();
    const dropped = once(socket, 'close', { signal: AbortSignal.timeout(4_000) }).finally(() => socket.destroy());
    await Promise.all([app.close(), dropped]);
  });
});
