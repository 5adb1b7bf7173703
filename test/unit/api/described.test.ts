/** What is made of the OpenAPI document, right and wrong, is answered as the document says. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import type { Response } from 'light-my-request';
import type { Access } from '../../../api/access.ts';
import { aRollout, createApp, createPlans, createRollouts } from './fixtures.ts';
import { manifests } from './manifests.ts';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema: { enum?: unknown[]; pattern?: string; default?: unknown };
}

interface Operation {
  parameters?: Parameter[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

/** Answers of the HTTP server itself, whatever the operation. */
const OF_ANY = [404, 405, 414, 431];

let app: FastifyInstance;
let operations: { method: 'GET' | 'POST'; path: string; operation: Operation }[];
const ajv = addFormats.default(new Ajv2020.default({ strict: false }));

beforeAll(async () => {
  const access: Access = {
    whoHas: async (token) => (token === 'good' || token === 'other' ? { username: token } : undefined),
    mayAct: async ({ username }) => username === 'good',
    mayRead: async ({ username }) => username === 'good',
  };
  app = await createApp({
    rollouts: createRollouts(aRollout('web')),
    plans: createPlans({ access }),
    actions: {
      access,
      settle: async ({ spec }) =>
        spec.action === 'Resume'
          ? { state: 'Refused', message: 'It is not paused' }
          : { state: 'Accepted', message: 'It is done' },
    },
  });
  const document = (await app.inject('/openapi.json')).json();
  ajv.addSchema(document, 'api');
  operations = Object.entries(document.paths as Record<string, Record<string, Operation>>)
    // A stream does not end.
    .filter(([path]) => !path.endsWith('/events'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase() as 'GET' | 'POST',
        path,
        operation,
      })),
    );
});
afterAll(() => app.close());

const anyText = fc.string({ unit: 'binary', maxLength: 40 }).map((one) => one.toWellFormed());
const rightText = fc.constantFrom('web', 'default', 'a', '1', '20', 'cloud', 'Ready', 'Ready,Failed', 'k-1');
/** More often than not something that one parameter or another takes. */
const value = fc.oneof({ weight: 3, arbitrary: rightText }, { weight: 1, arbitrary: anyText });
/** What HTTP carries in a header. */
const headerValue = value.map((one) => one.replace(/[^\x20-\x7e\x80-\xff]/g, '').trim());

const action = fc.record(
  {
    action: fc.oneof(fc.constantFrom('Approve', 'Pause', 'Resume', 'Delete'), fc.jsonValue()),
    layer: fc.oneof(fc.constantFrom('cloud', 'moon'), fc.jsonValue()),
    gate: fc.oneof(anyText, fc.jsonValue()),
    revision: fc.oneof(fc.integer(), fc.double(), fc.jsonValue()),
    reason: fc.oneof(anyText, fc.string({ minLength: 200, maxLength: 300 }), fc.jsonValue()),
    requestedBy: anyText,
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  manifests,
  fc.constantFrom('Approve', 'Pause', 'Resume').map((one) => JSON.stringify({ action: one })),
  action.map((one) => JSON.stringify(one)),
  fc.json(),
  anyText,
);
const headers = fc.record(
  {
    authorization: fc.oneof(fc.constantFrom('Bearer good', 'Bearer other', 'Bearer', 'Basic YTpi'), headerValue),
    'content-type': fc.oneof(fc.constantFrom('application/json', 'text/plain'), headerValue),
    'idempotency-key': headerValue,
    'if-none-match': headerValue,
    accept: headerValue,
  },
  { requiredKeys: [] },
);

/** Of a path, and no other path: nothing, `.` and `..` lead elsewhere. */
const segment = (one: string) => (/^\.{0,2}$/.test(one) ? 'web' : encodeURIComponent(one));

function complaint({ path, method, operation }: (typeof operations)[number], response: Response): string | undefined {
  const { statusCode: status } = response;
  if (status >= 500) return `a ${status}`;
  const [mediaType = ''] = String(response.headers['content-type'] ?? '').split(';');
  if (status >= 400 && mediaType !== 'application/problem+json') return `a ${status} of ${mediaType}`;
  const documented = operation.responses[status];
  if (!documented) return OF_ANY.includes(status) ? undefined : `a ${status}, which is not documented`;
  if (!mediaType.endsWith('json')) return undefined;
  const pointer = ['paths', path, method.toLowerCase(), 'responses', status, 'content', mediaType, 'schema']
    .map((part) => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const isAsSaid = ajv.getSchema(`api#/${pointer}`);
  return isAsSaid?.(response.json()) ? undefined : `a ${status} that is not as documented: ${response.body}`;
}

it('whatever the parameters, headers and bodies', async () => {
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.array(value, { minLength: 12, maxLength: 12 }),
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      headers,
      body,
      async (which, values, given, sent, payload) => {
        const asked = operations[which % operations.length]!;
        const { parameters = [] } = asked.operation;
        const [query, path] = [new URLSearchParams(), { text: asked.path }];
        for (const [at, parameter] of parameters.entries()) {
          const one = values[at % values.length]!;
          if (parameter.in === 'path') path.text = path.text.replace(`{${parameter.name}}`, () => segment(one));
          if (parameter.in === 'query' && given[at % given.length]) query.append(parameter.name, one);
        }
        const response = await app.inject({
          method: asked.method,
          url: `${path.text}?${query}`,
          headers: sent,
          ...(asked.method === 'POST' && { payload }),
        });
        seen.add(response.statusCode);
        expect({ asked: asked.path, is: complaint(asked, response) }).toEqual({ asked: asked.path, is: undefined });
      },
    ),
    { numRuns: 2_000 },
  );
  // It is of use only where it gets through to what it asks.
  expect([...seen].sort()).toEqual(expect.arrayContaining([200, 400, 401, 404]));
}, 60_000);
