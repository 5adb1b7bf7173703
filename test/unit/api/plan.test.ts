import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { type Access, AccessBusy, AccessUnavailable } from '../../../api/access.ts';
import type { ApiDeps, Plans, WindowReader } from '../../../api/deps.ts';
import { PLAN_HASH } from '../../../model/plan-hash.ts';
import type { FogWindow } from '../../../model/types.ts';
import { aSite } from '../model/fleet/sites.ts';
import {
  aRollout,
  createApp,
  createPlans,
  createRollouts,
  createSites,
  createWindows,
  expectDocumented,
} from './fixtures.ts';
import { aManifest, manifests } from './manifests.ts';

const PROBLEM = 'application/problem+json; charset=utf-8';

const access: Access = {
  whoHas: async (token) => (token.startsWith('of-') ? { username: token.slice(3) } : undefined),
  mayAct: async () => false,
  mayRead: async ({ username }, namespace) => username === 'alice' && namespace === 'shop',
};

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function planning(plans: Partial<Plans> = {}, overrides: Partial<ApiDeps> = {}) {
  const app = await createApp({ plans: createPlans({ access, ...plans }), ...overrides });
  apps.push(app);
  const ask = async (payload: unknown, more: InjectOptions = {}) => {
    const given = { authorization: 'Bearer of-alice', 'content-type': 'application/json', ...more.headers };
    const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const response = await app.inject({ method: 'POST', url: '/plan', payload: body, ...more, headers });
    await expectDocumented(app, '/plan', response, 'post');
    return response;
  };
  return { app, ask };
}

const manifest = aManifest('shop');

describe('POST /plan', () => {
  it('says what would become of a FogRollout, with the defaults of its CRD', async () => {
    const nights = {
      ...{ metadata: { name: 'nights', namespace: 'shop' }, spec: { rollouts: { names: ['other'] } } },
      status: { open: false, nextOpening: '2026-11-22T22:00:00Z' },
    } as FogWindow;
    const { ask } = await planning(
      {},
      {
        windows: createWindows({ about: (namespace) => (namespace === 'shop' ? [nights] : []) }),
        rollouts: createRollouts(aRollout('web', { namespace: 'shop' })),
        sites: createSites(...['a', 'b', 'c'].map((ring, at) => aSite(`edge-${at}`, { labels: { ring } }))),
      },
    );
    const response = await ask(manifest);
    expect(response.statusCode).toBe(200);
    expect(response.headers['cache-control']).toBe('no-store');
    const { hash, unknown, ...plan } = response.json();
    expect(hash).toMatch(PLAN_HASH);
    expect(unknown).toEqual([]);
    expect(plan).toMatchObject({
      namespace: 'shop',
      name: 'web',
      version: 'v2',
      change: 'content',
      refusals: [],
      waits: [],
    });
    expect(plan.steps.map(({ kind, layer }: { kind: string; layer: string }) => `${kind} ${layer}`)).toEqual([
      'stage cloud',
      'gate cloud',
      'gate edge',
      'stage edge',
    ]);
    expect(plan.steps[3]).toMatchObject({ total: 1, waves: [{ name: 'wave 1', first: ['edge-0'] }] });
    expect(plan.steps[1].gates).toEqual([
      { name: 'approval', waitsFor: 'approvals of 2 different people' },
      { name: 'soak', waitsFor: '5 s of readiness without interruption', seconds: 5 },
    ]);
  });

  it.each([
    ['of something new', 'new', {}],
    ['of what is there, in which nothing differs', 'none', { spec: aRollout('web').spec }],
  ])('%s', async (_, change, more) => {
    const rollouts = createRollouts(...(change === 'new' ? [] : [aRollout('web', { namespace: 'shop' })]));
    const { ask } = await planning({}, { rollouts });
    expect((await ask({ ...manifest, ...more })).json()).toMatchObject({ change });
  });

  it('says why it would fail', async () => {
    const { ask } = await planning({}, { sites: createSites(aSite('edge-1', { labels: { ring: 'b' } })) });
    expect((await ask(manifest)).json().refusals).toEqual([
      expect.stringContaining('edge: no usable site is selected'),
    ]);
  });

  it('says which sites wait for their own windows', async () => {
    const sites = createSites(...['a', 'a', 'b'].map((ring, at) => aSite(`edge-${at}`, { labels: { ring } })));
    const closed: WindowReader['atSites'] = ({ name }) => ({
      at: ({ metadata }) => ({ open: metadata.name !== 'edge-1', text: `closed for ${name}` }),
    });
    const { ask } = await planning({}, { windows: createWindows({ atSites: closed }), sites });
    const { steps } = (await ask(manifest)).json();
    expect(steps.at(-1)).toMatchObject({
      total: 2,
      closed: [{ because: 'closed for web', total: 1, first: ['edge-1'] }],
    });
  });

  it('has Kubernetes asked in the name of who plans, and says what it refuses and what it was not asked', async () => {
    const asked: string[] = [];
    const judged: Plans['ask'] = (token, question) =>
      question({
        async judge(namespace, objects) {
          const what = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ');
          asked.push(`${token} ${namespace}: ${what}`);
          if (namespace === 'shop') return { refused: 'the quota is used up' };
          return namespace === 'edge' ? { unanswered: 'alice may not' } : { noNamespace: true };
        },
      });
    const { ask } = await planning({ ask: judged });
    const { refusals, unknown } = (await ask(manifest)).json();
    expect(asked).toEqual([
      'of-alice shop: FogRollout web',
      'of-alice cloud: Deployment web-cloud',
      'of-alice edge: Deployment web-edge',
    ]);
    expect([refusals, unknown]).toEqual([
      ['the quota is used up'],
      ['edge: whether a server takes it is not known: alice may not'],
    ]);
  });

  it('has nothing asked about layers that get nothing', async () => {
    let times = 0;
    const count: Plans['ask'] = (_, question) =>
      question({ judge: async () => ({ unanswered: `asked ${++times} times` }) });
    const rollouts = createRollouts(aRollout('web', { namespace: 'shop' }));
    const { ask } = await planning({ ask: count }, { rollouts });
    expect((await ask({ ...manifest, spec: aRollout('web').spec })).json().unknown).toEqual([
      'whether the FogRollout itself is taken is not known: asked 1 times',
    ]);
  });

  it('is not known before all that it is made of has been read', async () => {
    const { ask } = await planning({}, { windows: createWindows({ hasSynced: false }) });
    const response = await ask(manifest);
    expect([response.statusCode, response.json().detail]).toEqual([
      503,
      'The list of FogWindows is not read from Kubernetes yet',
    ]);
  });
});

describe('Who may not plan is told so', () => {
  const challenge = 'Bearer realm="fog-rollouts"';

  it.each<[string, string | undefined, number, string | undefined]>([
    ['no token', undefined, 401, challenge],
    ['a token of nobody’s', 'Bearer nobody', 401, `${challenge}, error="invalid_token"`],
    ['a token of somebody who may not', 'Bearer of-bob', 403, undefined],
  ])('%s', async (_, authorization, status, expected) => {
    const { ask } = await planning();
    const response = await ask(manifest, { headers: { authorization } });
    expect([response.statusCode, response.headers['www-authenticate'], response.headers['content-type']]).toEqual([
      status,
      expected,
      PROBLEM,
    ]);
  });

  it('in any namespace but those where they may', async () => {
    const { ask } = await planning();
    const { metadata, ...rest } = manifest;
    const response = await ask({ ...rest, metadata: { name: metadata.name } });
    expect([response.statusCode, response.json().detail]).toEqual([
      403,
      'alice may not get fogrollouts.paguos.io in the namespace default',
    ]);
  });

  it('before the body is looked at', async () => {
    const { ask } = await planning();
    expect((await ask('{', { headers: { authorization: undefined } })).statusCode).toBe(401);
  });

  it.each([
    [new AccessUnavailable('Kubernetes does not answer'), 503],
    [new AccessBusy('Too many tokens are being looked at'), 429],
  ])('later, where it cannot be found out now: %s', async (error, status) => {
    const fails = () => Promise.reject(error);
    for (const broken of [{ whoHas: fails }, { mayRead: fails }]) {
      const { ask } = await planning({ access: { ...access, ...broken } });
      expect((await ask(manifest)).statusCode).toBe(status);
    }
  });

  it('wherever it is not turned on', async () => {
    const app = await createApp();
    apps.push(app);
    const response = await app.inject({ method: 'POST', url: '/plan', payload: manifest });
    expect([response.statusCode, response.json().detail]).toEqual([
      404,
      expect.stringContaining('FOG_ROLLOUTS_API_ACTIONS'),
    ]);
    await expectDocumented(app, '/plan', response, 'post');
  });
});

describe('What is no FogRollout is a problem that names the field', () => {
  const { spec, metadata } = manifest;
  const withSpec = (more: object) => ({ ...manifest, spec: { ...spec, ...more } });
  const edge = (more: object) => withSpec({ strategy: { layers: { edge: more } } });

  it.each<[string, unknown, string, string]>([
    ['no object', [], '', 'must be a FogRollout'],
    ['nothing', 'null', '', 'must be a FogRollout'],
    ['another kind', { ...manifest, kind: 'Pod' }, 'kind', 'must be FogRollout'],
    ['another version', { ...manifest, apiVersion: 'v1' }, 'apiVersion', 'must be paguos.io/v1alpha1'],
    ['no name', { ...manifest, metadata: {} }, 'metadata.name', 'must be a FogRollout name'],
    [
      'a namespace that is none',
      { ...manifest, metadata: { ...metadata, namespace: 'A' } },
      'metadata.namespace',
      'must be a namespace',
    ],
    [
      'labels that are none',
      { ...manifest, metadata: { ...metadata, labels: { a: 1 } } },
      'metadata.labels',
      'must be an object of texts',
    ],
    ['no spec', { ...manifest, spec: undefined }, 'spec', 'is missing'],
    ['no version', withSpec({ version: undefined }), 'spec.version', 'is missing'],
    ['a field that there is not', withSpec({ colour: 'red' }), 'spec.colour', 'is no field of a FogRollout'],
    ['a field beside the spec', { ...manifest, colour: 'red' }, 'colour', 'is no field of a FogRollout'],
    ['a number that is a text', edge({ soakSeconds: '5' }), 'spec.strategy.layers.edge.soakSeconds', 'must be integer'],
    [
      'an image that is a number',
      withSpec({ deployments: { cloud: { containers: [{ name: 'a', image: 1 }] } } }),
      'spec.deployments.cloud.containers[0].image',
      'must be string',
    ],
    ['what only a rule of the CRD refuses', edge({ before: [{}] }), 'spec.strategy', 'is not valid: kubectl apply'],
  ])('%s', async (_, body, field, words) => {
    const { ask } = await planning();
    const response = await ask(body);
    expect([response.statusCode, response.json().errors]).toEqual([
      400,
      [{ field, in: 'body', message: expect.stringContaining(words) }],
    ]);
  });

  it.each<[string, string, InjectOptions, number]>([
    ['what is no JSON', '{"kind":', {}, 400],
    ['no body', '', {}, 400],
    ['a prototype', '{"__proto__":{}}', {}, 400],
    ['a body that is too large', JSON.stringify({ a: 'a'.repeat(2_000_000) }), {}, 413],
    ['YAML', 'kind: FogRollout', { headers: { 'content-type': 'application/yaml' } }, 415],
  ])('%s', async (_, body, more, status) => {
    const { ask } = await planning();
    const response = await ask(body, more);
    expect([response.statusCode, response.headers['content-type']]).toEqual([status, PROBLEM]);
  });

  it('whatever else is sent', async () => {
    const everybody = { ...access, mayRead: async () => true };
    const sites = createSites(...['a', 'b'].map((ring, at) => aSite(`edge-${at}`, { labels: { ring } })));
    const { app } = await planning({ access: everybody }, { sites, rollouts: createRollouts(aRollout('web')) });
    const seen = new Map<number, number>();
    const headers = { authorization: 'Bearer of-alice', 'content-type': 'application/json' };
    await fc.assert(
      fc.asyncProperty(manifests, async (payload) => {
        const { statusCode, body } = await app.inject({ method: 'POST', url: '/plan', payload, headers });
        seen.set(statusCode, (seen.get(statusCode) ?? 0) + 1);
        if (![200, 400].includes(statusCode)) throw new Error(`${statusCode}: ${body}`);
      }),
      { numRuns: 300 },
    );
    expect([...seen.keys()].sort()).toEqual([200, 400]);
  }, 30_000);
});
