import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { positionOf, tokenOf } from '../../../api/site-tokens.ts';
import { LAYERS } from '../../../model/layers.ts';
import type { FogRolloutStatus } from '../../../model/types.ts';
import { away, SEEN } from '../model/fleet/records.ts';
import { aShard } from '../model/fleet/shard-records.ts';
import { aSite } from '../model/fleet/sites.ts';
import { aRollout, createApp, createRollouts, createShards, createSites, expectDocumented } from './fixtures.ts';

const ROUTE = '/rollouts/{name}/sites';
const sites = { total: 1, updated: 1, ready: 1, failed: 0, deferred: 0 };
const status: FogRolloutStatus = {
  observedGeneration: -1,
  phase: 'Progressing',
  revision: { generation: 4, version: 'v1.2.0', hash: 'h' },
  layers: [
    { name: 'cloud', phase: 'Ready', version: 'v1.2.0', generation: 4, sites },
    { name: 'edge', phase: 'Progressing', version: 'v1.2.0', generation: 4, sites, shards: 2 },
  ],
};
const shop = { namespace: 'shop', uid: 'uid-1' };
const notes = [{ site: 'edge-1-1', reason: 'ImagePullBackOff', message: 'edge/web-edge: no such image' }];
const fogSites = ['edge-0-0', 'edge-0-1', 'edge-1-0', 'edge-1-1'].map((name) => aSite(name));
const offline = aSite('edge-1-2', { status: away() });
const all = ['cloud', 'edge-0-0', 'edge-0-1', 'edge-1-0', 'edge-1-1', 'edge-1-2'];

let app: FastifyInstance;
beforeAll(async () => {
  const site = { queue: 'north', parent: 'fog-north', had: { version: 'v1.1.0', generation: 3 } };
  app = await createApp({
    rollouts: createRollouts(aRollout('web', { ...shop, status }), aRollout('new', shop)),
    shards: createShards(
      aShard('ri', { site }),
      aShard('wfd', { index: 1, notes }),
      aShard('rrrr', { uid: 'of-an-object-that-is-gone', index: 2 }),
      aShard('ssss', { rollout: 'other' }),
      aShard('ssss', { namespace: 'elsewhere' }),
    ),
    sites: createSites(...fogSites, offline),
  });
});
afterAll(() => app.close());

async function ask(query: string, name = 'web') {
  const response = await app.inject(`/rollouts/${name}/sites?namespace=shop${query}`);
  await expectDocumented(app, ROUTE, response);
  return response;
}

const names = (body: { sites: { site: string }[] }) => body.sites.map(({ site }) => site);

describe('GET /rollouts/{name}/sites', () => {
  it('shows each site with what it runs, and why not what it should', async () => {
    const response = await ask('');
    const inFlight = { phase: 'InFlight', version: 'v1.1.0', generation: 3, queue: 'north', parent: 'fog-north' };
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.json()).toEqual({
      sites: [
        expect.objectContaining({ site: 'cloud', layer: 'cloud', phase: 'Ready', version: 'v1.2.0' }),
        expect.objectContaining({ site: 'edge-0-0', phase: 'Ready', version: 'v1.2.0', generation: 4 }),
        { site: 'edge-0-1', layer: 'edge', wave: 'rest', namespace: 'edge', cluster: 'hub', ...inFlight },
        expect.objectContaining({ site: 'edge-1-0', phase: 'Waiting' }),
        expect.objectContaining({ phase: 'Failed', reason: 'ImagePullBackOff', message: notes[0]!.message }),
        expect.objectContaining({ site: 'edge-1-2', phase: 'Deferred', lastSeen: SEEN, reason: 'Unreachable' }),
      ],
      total: 6,
      counts: {
        Blocked: 0,
        Waiting: 1,
        InFlight: 1,
        Ready: 2,
        Unknown: 0,
        Drifted: 0,
        Failed: 1,
        Deferred: 1,
        Skipped: 0,
        Held: 0,
        Removed: 0,
      },
    });
  });

  it.each<[string, string, string[]]>([
    ['a phase', '&phase=Failed', ['edge-1-1']],
    ['several phases with commas', '&phase=Failed,Deferred', ['edge-1-1', 'edge-1-2']],
    ['several phases, repeated', '&phase=Ready&phase=Failed', ['cloud', 'edge-0-0', 'edge-1-1']],
    ['a layer', '&layer=cloud', ['cloud']],
    ['a phase that none is in', '&phase=Held', []],
    ['the beginning of a name', '&site=edge-0', ['edge-0-0', 'edge-0-1']],
    ['a wave', '&wave=rest&layer=edge', all.slice(1)],
    ['a parent', '&parent=fog-north', ['edge-0-0', 'edge-0-1']],
    ['what it does not know', '&colour=red', all],
  ])('takes %s', async (_, query, expected) => {
    const body = (await ask(query)).json();
    expect([names(body), body.total, body.continue]).toEqual([expected, expected.length, undefined]);
  });

  it('gives page after page', async () => {
    const seen: string[] = [];
    for (let token = ''; ; ) {
      const body = (await ask(`&limit=4${token}`)).json();
      seen.push(...names(body));
      if (body.continue === undefined) break;
      expect(body.continue).toMatch(/^[A-Za-z0-9_-]+$/);
      token = `&continue=${body.continue}`;
    }
    expect(seen).toEqual(all);
  });

  it('answers a rollout that no run has seen yet', async () => {
    const body = (await ask('', 'new')).json();
    expect(body.sites.map(({ site, phase }: Record<string, string>) => [site, phase])).toEqual([
      ['cloud', 'Waiting'],
      ['edge', 'Waiting'],
    ]);
  });

  it('knows no site of a rollout that is not there', async () => {
    const response = await ask('', 'gone');
    expect([response.statusCode, response.json().detail]).toEqual([404, 'FogRollout shop/gone was not found']);
  });

  it('says Unknown, and never Ready, of a site that is out of reach', async () => {
    const rollouts = createRollouts(aRollout('web', { ...shop, status }));
    const sites = createSites(offline);
    const api = await createApp({ rollouts, shards: createShards(aShard('rrr', { index: 1 })), sites });
    const response = await api.inject('/rollouts/web/sites?namespace=shop&phase=Unknown');
    await expectDocumented(api, ROUTE, response);
    const message = `No worker of its queue answers; last seen ${SEEN}`;
    const unknown = { site: 'edge-1-2', phase: 'Unknown', version: 'v1.2.0', lastSeen: SEEN, message };
    expect(response.json()).toMatchObject({ sites: [unknown], total: 1, counts: { Ready: 1, Unknown: 1, Skipped: 2 } });
    await api.close();
  });

  it.each([
    ['FogShards', { shards: { ...createShards(), hasSynced: false } }],
    ['FogSites', { sites: { ...createSites(), hasSynced: false } }],
  ])('says that it does not know yet before the first list of %s', async (_, unread) => {
    const unsynced = await createApp({ rollouts: createRollouts(aRollout('web', shop)), ...unread });
    const response = await unsynced.inject('/rollouts/web/sites?namespace=shop');
    expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '5']);
    await expectDocumented(unsynced, ROUTE, response);
    await unsynced.close();
  });

  it.each([
    ['site=-a', 'must be the beginning of a FogSite name'],
    ['parent=a-', 'must be a FogSite name'],
    ['wave=', 'must be the name of a wave'],
    ['phase=Lost', 'must be one or more of Blocked, Waiting'],
  ])('refuses %s in words', async (query, words) => {
    const response = await ask(`&${query}`);
    expect([response.statusCode, response.json().detail]).toEqual([400, expect.stringContaining(words)]);
  });

  it('refuses a limit with the range of its own', async () => {
    expect((await ask('&limit=1001')).json().detail).toContain('must be a whole number from 1 to 1000');
    const history = await app.inject('/rollouts/web/history?limit=1001');
    expect(history.json().detail).toContain('must be a whole number from 1 to 500');
  });
});

describe('the token of a page', () => {
  it('stands for a position', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LAYERS), fc.nat(), fc.nat(), (layer, shard, place) => {
        expect(positionOf(tokenOf({ layer, shard, place }))).toEqual({ layer, shard, place });
      }),
    );
  });

  it.each([
    '',
    'abc',
    ...['1.edge.0', '1.edge.0.0.0', '1.edge.-1.0', '1.edge.0.1e3', '1.edge.0.', '1.moon.0.0', '2.edge.0.0'].map(
      (text) => Buffer.from(text).toString('base64url'),
    ),
    `${tokenOf({ layer: 'edge', shard: 0, place: 0 })}A`,
  ])('is not %j', (token) => {
    expect(positionOf(token)).toBeUndefined();
  });
});

describe('GET /rollouts/{name}/sites/{site}', () => {
  const one = async (site: string, name = 'web') => {
    const response = await app.inject(`/rollouts/${name}/sites/${site}?namespace=shop`);
    await expectDocumented(app, '/rollouts/{name}/sites/{site}', response);
    return response;
  };

  it('shows that one alone, with what it had', async () => {
    const had = { version: 'v1.1.0', generation: 3 };
    expect((await one('edge-0-1')).json()).toEqual({
      sites: [expect.objectContaining({ site: 'edge-0-1', phase: 'InFlight', queue: 'north', ...had, had })],
    });
    expect((await one('cloud')).json().sites).toEqual([expect.objectContaining({ site: 'cloud', phase: 'Ready' })]);
  });

  it.each([
    ['edge-0', 404, 'FogRollout shop/web has no site edge-0'],
    ['Edge_0', 400, expect.stringContaining('"site"')],
  ])('is %s %i where there is none', async (site, status, detail) => {
    const response = await one(site);
    expect([response.statusCode, response.json().detail]).toEqual([status, detail]);
  });
});

describe('GET /rollouts/{name}/grid', () => {
  const grid = async (query = '', headers = {}) => {
    const response = await app.inject({ url: `/rollouts/web/grid?namespace=shop${query}`, headers });
    const isPlain = response.statusCode === 200 && !response.headers['content-encoding'];
    if (isPlain) await expectDocumented(app, '/rollouts/{name}/grid', response);
    return response;
  };

  it('has all sites in columns; who knows the layout is told the phases alone, or that nothing has changed', async () => {
    const whole = await grid();
    const { layout, legend, phases, sites: columns } = whole.json();
    expect(columns.names).toEqual(all);
    expect(columns.parents).toEqual(['', 'fog-north', 'fog-north', '', '', '']);
    expect(columns.parts).toEqual([
      { layer: 'cloud', count: 1 },
      { layer: 'edge', wave: 'rest', count: 5 },
    ]);
    expect(Array.from(phases as string, (letter) => legend[Number.parseInt(letter, 36)])).toEqual([
      ...['Ready', 'Ready', 'InFlight', 'Waiting', 'Failed', 'Deferred'],
    ]);
    const less = await grid(`&layout=${layout}`);
    expect(less.json()).toEqual({ layout, legend, phases });
    const again = await grid(`&layout=${layout}`, { 'if-none-match': less.headers.etag });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect((await grid('&layout=of-another-day')).json()).toEqual(whole.json());
  });

  it('comes smaller to who takes it so', async () => {
    const response = await grid('', { 'accept-encoding': 'br;q=1.0, gzip;q=0.8' });
    expect(response.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(JSON.parse(gunzipSync(response.rawPayload).toString())).toEqual((await grid()).json());
    expect((await grid('', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding']).toBeUndefined();
  });
});
