/** Who reads is asked who they are, where that is turned on: they see what Kubernetes would show them, and learn of nothing else. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { AccessBusy, AccessUnavailable, type ReadAccess } from '../../../api/access.ts';
import type { ApiDeps } from '../../../api/deps.ts';
import { type Attempt, attemptText } from '../../../kube/reviews.ts';
import { aRollout, createApp, createPlans, createRollouts, expectDocumented } from './fixtures.ts';

const OF_ONE = [
  '/rollouts/web',
  '/rollouts/web/status',
  '/rollouts/web/sites',
  '/rollouts/web/sites/cloud',
  '/rollouts/web/grid',
  '/rollouts/web/history',
  '/rollouts/web/windows',
  '/rollouts/web/revisions/1',
  '/rollouts/web/events',
];
const OF_MANY = ['/rollouts', '/events', '/api/v1/rollouts'];
const OPEN = ['/', '/healthz', '/readyz', '/metrics', '/openapi.json', '/page.json'];

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** An API whose readers may do what `mays` has; and what was asked of them. */
async function guarded(
  mays: string[],
  { access = {}, ...deps }: Partial<ApiDeps> & { access?: Partial<ReadAccess> } = {},
) {
  const attempts: string[] = [];
  const reads: ReadAccess = {
    whoHas: async (token) => (token === 'of-alice' ? { username: 'alice' } : undefined),
    may: async (_: unknown, attempt: Attempt) => {
      attempts.push(attemptText(attempt));
      return mays.includes(attemptText(attempt));
    },
    ...access,
  };
  const app = await createApp({ reads, rollouts: createRollouts(aRollout('web', { namespace: 'shop' })), ...deps });
  apps.push(app);
  const ask = (url: string, authorization: string | undefined = 'Bearer of-alice', method: 'GET' | 'HEAD' = 'GET') =>
    app.inject({ method, url, headers: authorization === '' ? {} : { authorization } });
  return { app, ask, attempts };
}

describe('Without a token that is good', () => {
  it('everything but the probes and the description is answered with 401, whatever there is', async () => {
    const { app, attempts } = await guarded([]);
    const document = (await app.inject('/openapi.json')).json();
    const open: string[] = [];
    for (const [path, methods] of Object.entries(document.paths as Record<string, object>)) {
      if ('post' in methods) continue; // asks for a token by itself, or is turned off
      const url = path.replace('{name}', 'web').replace('{generation}', '1').replace('{site}', 'cloud');
      for (const method of ['GET', 'HEAD'] as const) {
        const response = await app.inject({ method, url });
        if (response.statusCode !== 401) open.push(path);
        else expect(response.headers['www-authenticate']).toBe('Bearer realm="fog-rollouts"');
      }
    }
    expect(new Set(open)).toEqual(new Set(OPEN));
    expect(attempts).toEqual([]);
  });

  it.each(['Bearer of-bob', 'Bearer', 'Basic YTpi'])('such as "%s"', async (authorization) => {
    const { app, ask } = await guarded([]);
    const response = await ask('/rollouts', authorization);
    expect([response.statusCode, response.headers['www-authenticate']]).toEqual([
      401,
      'Bearer realm="fog-rollouts", error="invalid_token"',
    ]);
    await expectDocumented(app, '/rollouts', response);
  });
});

describe('Who may not', () => {
  it.each(OF_ONE)('get a FogRollout is not told by %s whether there is one', async (path) => {
    const { ask, attempts } = await guarded([]);
    const answers = await Promise.all(
      ['web', 'nowhere'].map((name) => ask(`${path.replace('web', name)}?namespace=shop`)),
    );
    const [there, nowhere] = answers.map(({ statusCode, headers, body }) => {
      const { date: _, ...others } = headers;
      return JSON.stringify([statusCode, others, body])
        .replaceAll('nowhere', 'web')
        .replace(/"content-length":"\d+"/, '');
    });
    expect(there).toBe(nowhere);
    expect(answers[0]!.json()).toMatchObject({
      status: 403,
      detail: 'alice may not get fogrollouts.paguos.io web in the namespace shop',
    });
    expect(attempts).toHaveLength(2);
  });

  it.each(OF_MANY)('list FogRollouts there is not told by %s of any', async (path) => {
    const { ask } = await guarded(['list fogrollouts.paguos.io in the namespace other']);
    const [there, nowhere] = [await ask(`${path}?namespace=shop`), await ask(`${path}?namespace=none`)];
    expect([there.statusCode, nowhere.statusCode]).toEqual([403, 403]);
    expect(there.json().detail).toBe('alice may not list fogrollouts.paguos.io in the namespace shop');
    expect(nowhere.body.replaceAll('none', 'shop')).toBe(there.body);
    expect(Object.keys(there.headers)).toEqual(Object.keys(nowhere.headers));
  });

  it.each([
    ['/api/v1/rollouts', 'list fogrollouts.paguos.io in all namespaces'],
    ['/events', 'list fogrollouts.paguos.io in all namespaces'],
    ['/api/v1/sites', 'list fogsites.paguos.io'],
  ])('list all is told so by %s', async (path, what) => {
    const { app, ask } = await guarded(['list fogrollouts.paguos.io in the namespace shop']);
    const response = await ask(path);
    expect([response.statusCode, response.json().detail]).toEqual([403, `alice may not ${what}`]);
    await expectDocumented(app, path, response);
  });

  it('is asked of nobody where the parameters can be none', async () => {
    const { ask, attempts } = await guarded([]);
    expect((await ask('/rollouts?namespace=Shop')).statusCode).toBe(400);
    expect(attempts).toEqual([]);
  });
});

describe('Who may', () => {
  it('reads what they may, by HEAD too', async () => {
    const { ask, attempts } = await guarded([
      'get fogrollouts.paguos.io web in the namespace shop',
      'list fogrollouts.paguos.io in the namespace shop',
    ]);
    for (const path of [...OF_ONE.slice(0, 4), '/rollouts', '/api/v1/rollouts']) {
      const answers = [await ask(`${path}?namespace=shop`), await ask(`${path}?namespace=shop`, undefined, 'HEAD')];
      expect([path, ...answers.map(({ statusCode }) => statusCode)]).toEqual([path, 200, 200]);
    }
    expect(attempts).toHaveLength(12);
  });

  it('is told what there is not', async () => {
    const { ask } = await guarded(['get fogrollouts.paguos.io nowhere in the namespace shop']);
    expect((await ask('/rollouts/nowhere?namespace=shop')).statusCode).toBe(404);
  });

  it('follows a stream until it is time to say again who they are', async () => {
    const { ask } = await guarded(['get fogrollouts.paguos.io web in the namespace shop'], {
      events: { withToken: 20 },
    });
    const { body } = await ask('/rollouts/web/events?namespace=shop');
    expect(body).toContain('event: status');
  });
});

describe('Where it cannot be found out now', () => {
  it.each([
    [new AccessUnavailable('Kubernetes does not answer'), 503, '5'],
    [new AccessBusy('Too many tokens are being looked at'), 429, '1'],
  ])('nothing is shown: %s', async (error, status, after) => {
    const fails = () => Promise.reject(error);
    for (const access of [{ whoHas: fails }, { may: fails }]) {
      const { app, ask } = await guarded([], { access });
      const response = await ask('/rollouts/web/status?namespace=shop');
      expect([response.statusCode, response.headers['retry-after']]).toEqual([status, after]);
      await expectDocumented(app, '/rollouts/{name}/status', response);
    }
  });
});

it('Where nothing is turned on nobody is asked for a token', async () => {
  const access = { whoHas: async () => undefined, mayAct: async () => false, mayRead: async () => false };
  const app = await createApp({ rollouts: createRollouts(aRollout('web')), plans: createPlans({ access }) });
  apps.push(app);
  for (const path of ['/rollouts', '/rollouts/web', '/api/v1/rollouts']) {
    expect([path, (await app.inject(path)).statusCode]).toEqual([path, 200]);
  }
});
