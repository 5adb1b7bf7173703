import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { listen } from '../../../api/server.ts';
import { aRollout, createApp, createRollouts } from './fixtures.ts';

let app: FastifyInstance;
let url: string;
const agent = new http.Agent({ keepAlive: true });
beforeAll(async () => {
  app = await createApp({ rollouts: createRollouts(aRollout('web')) });
  url = await listen(app, { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  agent.destroy();
  await app.close();
});

async function ask(method: string, path: string, headers: http.OutgoingHttpHeaders) {
  const signal = AbortSignal.timeout(10_000);
  const request = http.request(url, { agent, method, path, headers, signal }).end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return { status: response.statusCode!, body: await text(response) };
}

/** All that node's client sends in a URL as it is. */
const raw = fc.string({ unit: 'binary-ascii', maxLength: 30 }).map((one) => one.replace(/[^!-~]/g, ''));
const part = fc.oneof(
  fc.constantFrom(
    'rollouts',
    'web',
    'history',
    'status',
    '..',
    '',
    '__proto__',
    'constructor',
    '%00',
    '%',
    '%2e%2e',
    '%ff',
    '*',
  ),
  raw,
  fc.string({ unit: 'binary', maxLength: 30 }).map((one) => encodeURIComponent(one.toWellFormed())),
);
const path = fc.oneof(
  fc.array(part, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
  part.map((name) => `/rollouts/${name}`),
  part.map((name) => `/rollouts/${name}/history`),
  part.map((name) => `/rollouts/${name}/sites`),
  part.map((generation) => `/rollouts/web/revisions/${generation}`),
);
const query = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom('namespace', 'limit', 'continue', 'phase', 'layer', '__proto__', 'namespace[]'), part),
      part,
    ),
    { maxLength: 4 },
  )
  .map((pairs) => pairs.map(([key, value]) => `${key}=${value}`).join('&'));
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'TRACE');
const headers = fc.record({ 'if-none-match': raw, accept: raw, 'content-type': raw }, { requiredKeys: [] });

it('no path, query or header ends in a 5xx, and what is refused is refused with a problem', async () => {
  await fc.assert(
    fc.asyncProperty(method, path, query, headers, async (verb, where, what, fields) => {
      // A stream does not end.
      fc.pre(!where.includes('events'));
      const { status, body } = await ask(verb, `${where}?${what}`, fields);
      expect(status).toBeLessThan(500);
      if (status >= 400 && verb !== 'HEAD') expect(JSON.parse(body).detail).toEqual(expect.any(String));
    }),
    { numRuns: 500 },
  );
}, 60_000);

it.each([
  ['nonsense', 'nonsense'],
  ['what there is not', 'application/xml'],
  ['by a weight that is none', 'text/html;q=7'],
  ['punctuation', ';;,,='],
  ['nothing', '*/*;q=0'],
  ['4,000 letters', 'x'.repeat(4_000)],
])('says what it has to say to whoever accepts only %s', async (_, accept) => {
  const { status, body } = await ask('GET', '/rollouts/web?namespace=default', { accept });
  expect([status, JSON.parse(body)]).toEqual([200, expect.objectContaining({ kind: 'FogRollout' })]);
  const missing = await ask('GET', '/rollouts/none?namespace=default', { accept });
  expect([missing.status, JSON.parse(missing.body).detail]).toEqual([404, expect.stringContaining('none')]);
});
