import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { aRollout, createApp, createRollouts } from './fixtures.ts';

let app: FastifyInstance;
beforeAll(async () => {
  app = await createApp({ rollouts: createRollouts(aRollout('web')) });
});
afterAll(() => app.close());

const raw = fc.string({ unit: 'binary-ascii', maxLength: 30 }).map((text) => text.replace(/[\r\n\0]/g, ''));
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
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => encodeURIComponent(text.toWellFormed())),
);
const path = fc.oneof(
  fc.array(part, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
  part.map((name) => `/rollouts/${name}`),
  part.map((name) => `/rollouts/${name}/history`),
);
const query = fc
  .array(
    fc.tuple(fc.oneof(fc.constantFrom('namespace', 'limit', 'continue', '__proto__', 'namespace[]'), part), part),
    { maxLength: 4 },
  )
  .map((pairs) => pairs.map(([key, value]) => `${key}=${value}`).join('&'));
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'TRACE');
const headers = fc.record({ 'if-none-match': raw, accept: raw, 'content-type': raw }, { requiredKeys: [] });

it('no path, query or header ends in a 5xx, and what is refused is refused with a problem', async () => {
  await fc.assert(
    fc.asyncProperty(method, path, query, headers, async (verb, where, what, fields) => {
      // A stream does not end, and light-my-request parses what node's HTTP parser would refuse.
      fc.pre(!/events/.test(where));
      const response = await app.inject({ method: verb, path: `${where}?${what}`, headers: fields });
      expect(response.statusCode).toBeLessThan(500);
      if (response.statusCode >= 400 && verb !== 'HEAD') expect(response.json().detail).toEqual(expect.any(String));
    }),
    { numRuns: 1_000 },
  );
});
