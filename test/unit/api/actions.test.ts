import { afterEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance, InjectOptions } from 'fastify';
import pino from 'pino';
import { type Access, AccessBusy, AccessUnavailable, createAccess } from '../../../api/access.ts';
import type { Actions, ApiDeps } from '../../../api/deps.ts';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection } from '../../../kube/connection.ts';
import { KubeConfig } from '../../../kube/kube-config.ts';
import type { AskedAction } from '../../../model/types.ts';
import { createApp, expectDocumented, NOW } from './fixtures.ts';

const ROUTE = '/rollouts/{name}/actions';
const URL = '/rollouts/web/actions?namespace=shop';
const PROBLEM = 'application/problem+json; charset=utf-8';

const access: Access = {
  whoHas: async (token) => (token.startsWith('of-') ? { username: token.slice(3) } : undefined),
  mayAct: async ({ username }, namespace) => username === 'alice' && namespace === 'shop',
  mayRead: async () => true,
};

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** An API whose run answers `said`, and what it was asked. */
async function acting(said: Partial<Actions> = {}, overrides: Partial<ApiDeps> = {}) {
  const asked: AskedAction[] = [];
  const settle: Actions['settle'] = async (action) => {
    asked.push(action);
    return { state: 'Accepted', message: 'It goes on' };
  };
  const app = await createApp({ actions: { access, settle, ...said }, ...overrides });
  apps.push(app);
  const ask = async (payload: unknown, more: InjectOptions = {}) => {
    const given = { authorization: 'Bearer of-alice', 'content-type': 'application/json', ...more.headers };
    const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const response = await app.inject({ method: 'POST', url: URL, payload: body, ...more, headers });
    await expectDocumented(app, ROUTE, response, 'post');
    return response;
  };
  return { app, ask, asked };
}

describe('POST /rollouts/{name}/actions', () => {
  it('hands on what is asked, with who asks, and answers what came of it', async () => {
    const { ask, asked } = await acting();
    const response = await ask({ action: 'Approve', layer: 'edge', gate: 'shop', revision: 4, reason: 'well' });
    const { uid, ...answer } = response.json();
    expect([response.statusCode, answer]).toEqual([
      200,
      {
        namespace: 'shop',
        rollout: 'web',
        action: 'Approve',
        requestedBy: 'alice',
        state: 'Accepted',
        message: 'It goes on',
      },
    ]);
    const spec = { rollout: 'web', action: 'Approve', layer: 'edge', gate: 'shop', revision: 4, reason: 'well' };
    const metadata = { namespace: 'shop', uid, creationTimestamp: NOW.toISOString() };
    expect(asked).toEqual([{ metadata, spec: { ...spec, requestedBy: 'alice' } }]);
  });

  it.each<[string, Actions['settle'], number, string]>([
    ['that is refused', async () => ({ state: 'Refused', message: 'It is not paused' }), 409, 'It is not paused'],
    ['of no FogRollout', async () => undefined, 404, 'FogRollout shop/web was not found'],
    ['that nobody can answer', () => Promise.reject(new Error('10.0.0.1 is away')), 503, 'Nobody can say now'],
  ])('says so of one %s, and under which key', async (_, settle, status, words) => {
    const { ask } = await acting({ settle });
    const response = await ask({ action: 'Resume' }, { headers: { 'idempotency-key': 'k1' } });
    expect([response.statusCode, response.headers['content-type']]).toEqual([status, PROBLEM]);
    expect(response.json().detail).toContain(words);
    expect([response.headers['idempotency-key'], response.headers['retry-after']]).toEqual([
      'k1',
      status === 503 ? '5' : undefined,
    ]);
  });

  it('logs who has done what, and no token', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const { ask } = await acting({}, { logger });
    const { uid } = (await ask({ action: 'Pause' })).json();
    await ask({ action: 'Pause' }, { headers: { authorization: 'Bearer secret' } });
    const settled = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg !== 'Answered');
    expect(settled).toMatchObject([{ rollout: 'shop/web', action: 'Pause', by: 'alice', uid, state: 'Accepted' }]);
    expect(lines.join()).not.toMatch(/of-alice|secret/);
  });
});

describe('An action is known by its key', () => {
  const uidOf = async (body: object, key: string, { by = 'alice', name = 'web' } = {}) => {
    const everybody = { ...access, mayAct: async () => true };
    const { ask } = await acting({ access: everybody });
    const headers = { 'idempotency-key': key, authorization: `Bearer of-${by}` };
    return (await ask(body, { url: `/rollouts/${name}/actions?namespace=shop`, headers })).json().uid;
  };
  const pause = { action: 'Pause', reason: 'why' };

  it('so that the same one, sent again, is the same action', async () => {
    expect(await uidOf({ reason: 'why', action: 'Pause' }, 'k')).toBe(await uidOf(pause, 'k'));
  });

  it.each<[string, Parameters<typeof uidOf>]>([
    ['another key', [pause, 'l']],
    ['another person', [pause, 'k', { by: 'bob' }]],
    ['another FogRollout', [pause, 'k', { name: 'api' }]],
    ['another action', [{ ...pause, action: 'Resume' }, 'k']],
    ['another reason', [{ ...pause, reason: 'because' }, 'k']],
  ])('and %s is another action', async (_, asked) => {
    expect(await uidOf(...asked)).not.toBe(await uidOf(pause, 'k'));
  });

  it('and who gives none is given one', async () => {
    const { ask } = await acting();
    const [one, two] = [await ask(pause), await ask(pause)];
    expect(one.headers['idempotency-key']).not.toBe(two.headers['idempotency-key']);
    const headers = { 'idempotency-key': String(one.headers['idempotency-key']) };
    expect((await ask(pause, { headers })).json().uid).toBe(one.json().uid);
  });
});

describe('Who may not act is told so, and nothing is handed on', () => {
  const challenge = 'Bearer realm="fog-rollouts"';
  const invalid = `${challenge}, error="invalid_token"`;

  it.each<[string, string | undefined, number, string | undefined]>([
    ['no token', undefined, 401, challenge],
    ['another scheme', 'Basic YTpi', 401, invalid],
    ['a scheme without a token', 'Bearer', 401, invalid],
    ['what is no token', 'Bearer a b', 401, invalid],
    ['a token of nobody’s', 'Bearer nobody', 401, invalid],
    ['a token of somebody who may not', 'Bearer of-bob', 403, undefined],
  ])('%s', async (_, authorization, status, expected) => {
    const { ask, asked } = await acting();
    const response = await ask({ action: 'Pause' }, { headers: { authorization } });
    expect([response.statusCode, response.headers['www-authenticate'], asked]).toEqual([status, expected, []]);
  });

  it('in any namespace but those where they may', async () => {
    const { ask } = await acting();
    const response = await ask({ action: 'Pause' }, { url: '/rollouts/web/actions' });
    expect([response.statusCode, response.json().detail]).toEqual([
      403,
      'alice may not create fogactions.paguos.io in the namespace default',
    ]);
  });

  it('before the body is looked at', async () => {
    const { ask } = await acting();
    const response = await ask('{', { headers: { authorization: undefined } });
    expect(response.statusCode).toBe(401);
  });

  it.each([
    [new AccessUnavailable('Kubernetes does not answer'), 503, '5'],
    [new AccessBusy('Too many tokens are being looked at'), 429, '1'],
  ])('later, where it cannot be found out now: %s', async (error, status, after) => {
    const fails = () => Promise.reject(error);
    for (const broken of [{ whoHas: fails }, { mayAct: fails }]) {
      const { ask, asked } = await acting({ access: { ...access, ...broken } });
      const response = await ask({ action: 'Pause' });
      expect([response.statusCode, response.headers['retry-after'], asked]).toEqual([status, after, []]);
    }
  });

  it('wherever it is not turned on', async () => {
    const app = await createApp();
    apps.push(app);
    const response = await app.inject({ method: 'POST', url: URL, payload: { action: 'Pause' } });
    expect([response.statusCode, response.headers['content-type']]).toEqual([404, PROBLEM]);
    expect(response.json().detail).toContain('FOG_ROLLOUTS_API_ACTIONS');
    await expectDocumented(app, ROUTE, response, 'post');
  });
});

describe('Bad input is a problem that names it', () => {
  it.each<[string, unknown, string]>([
    ['no object', [], ''],
    ['nothing', 'null', ''],
    ['no action', {}, 'action'],
    ['another action', { action: 'Delete' }, 'action'],
    ['an action that is a list', { action: ['Pause'] }, 'action'],
    ['a name of who asks', { action: 'Pause', requestedBy: 'bob' }, 'requestedBy'],
    ['a FogRollout', { action: 'Pause', rollout: 'api' }, 'rollout'],
    ['what it does not know', { action: 'Pause', colour: 'red' }, 'colour'],
    ['a field of every object', { action: 'Pause', toString: 1 }, 'toString'],
    ['a layer that there is not', { action: 'Approve', layer: 'moon' }, 'layer'],
    ['a layer of a pause', { action: 'Pause', layer: 'fog' }, 'layer'],
    ['a gate of a pause', { action: 'Pause', gate: 'shop' }, 'gate'],
    ['a gate without a name', { action: 'Approve', gate: '' }, 'gate'],
    ['a generation in quotes', { action: 'Pause', revision: '4' }, 'revision'],
    ['a generation before the first', { action: 'Pause', revision: 0 }, 'revision'],
    ['half a generation', { action: 'Pause', revision: 1.5 }, 'revision'],
    ['a generation that no number can hold', { action: 'Pause', revision: 1e300 }, 'revision'],
    ['a reason that is none', { action: 'Pause', reason: null }, 'reason'],
    ['a long reason', { action: 'Pause', reason: 'a'.repeat(257) }, 'reason'],
  ])('%s', async (_, body, field) => {
    const { ask, asked } = await acting();
    const response = await ask(body);
    expect([response.statusCode, response.json().errors]).toEqual([
      400,
      [expect.objectContaining({ field, in: 'body' })],
    ]);
    expect(response.json().detail).toMatch(
      field === '' ? /^The body must be/ : new RegExp(`^Field "${field}" (must|is)`),
    );
    expect(asked).toEqual([]);
  });

  it.each<[string, string, InjectOptions, number]>([
    ['what is no JSON', '{"action":', {}, 400],
    ['no body', '', {}, 400],
    ['a prototype', '{"__proto__":{"action":"Pause"}}', {}, 400],
    ['a body that is too large', JSON.stringify({ action: 'Pause', reason: 'a'.repeat(9_000) }), {}, 413],
    ['text', '{"action":"Pause"}', { headers: { 'content-type': 'text/plain' } }, 415],
    ['a form', 'action=Pause', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['a name that is none', '{"action":"Pause"}', { url: '/rollouts/Web/actions?namespace=shop' }, 400],
    ['a namespace that is none', '{"action":"Pause"}', { url: '/rollouts/web/actions?namespace=Shop' }, 400],
    ['a key with a space', '{"action":"Pause"}', { headers: { 'idempotency-key': 'a b' } }, 400],
    ['a key without end', '{"action":"Pause"}', { headers: { 'idempotency-key': 'a'.repeat(129) } }, 400],
    ['an empty key', '{"action":"Pause"}', { headers: { 'idempotency-key': '' } }, 400],
  ])('%s', async (_, body, more, status) => {
    const { ask, asked } = await acting();
    const response = await ask(body, more);
    expect([response.statusCode, response.headers['content-type'], asked]).toEqual([status, PROBLEM, []]);
  });

  it('names the header that is wrong', async () => {
    const { ask } = await acting();
    const response = await ask({ action: 'Pause' }, { headers: { 'idempotency-key': 'a b' } });
    expect(response.json()).toMatchObject({
      detail: 'Header "idempotency-key" must be 1 to 128 printable ASCII characters without spaces',
      errors: [{ field: 'idempotency-key', in: 'header' }],
    });
  });

  it('but half of a character is only replaced', async () => {
    const { ask, asked } = await acting();
    await ask('{"action":"Pause","reason":"\\ud800"}');
    expect(asked[0]?.spec.reason).toBe('\ufffd');
  });
});

it('GET of it names the method that it takes', async () => {
  const { app } = await acting();
  const response = await app.inject(URL);
  expect([response.statusCode, response.headers.allow]).toEqual([405, 'POST']);
});

describe('Who asks is asked of the API server', () => {
  it('and nobody can act while it is away; no more wait for it than are let through', async () => {
    const config = new KubeConfig({
      clusters: [{ name: 'away', server: 'http://127.0.0.1:1', skipTLSVerify: false }],
      users: [{ name: 'us' }],
      contexts: [{ name: 'away', cluster: 'away', user: 'us' }],
      currentContext: 'away',
    });
    const connection = new KubeConnection(config, { environment: {} });
    const away = createAccess(new KubeClient(connection, { fieldManager: 'test' }));
    const asked = Array.from({ length: 51 }, () => away.whoHas('of-alice'));
    const said = await Promise.allSettled(asked);
    expect(said.map((one) => one.status === 'rejected' && one.reason.name)).toEqual([
      ...Array.from({ length: 50 }, () => 'AccessUnavailable'),
      'AccessBusy',
    ]);
    await connection.close();
  });
});
