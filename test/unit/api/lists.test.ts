import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { ApiDeps } from '../../../api/deps.ts';
import { keyInToken, pageToken } from '../../../api/page-tokens.ts';
import { FogSiteSummarySchema, RolloutSummarySchema } from '../../../api/schemas/lists.ts';
import type { SiteSummary } from '../../../model/fleet/site-summary.ts';
import type { RolloutSummary } from '../../../model/rollout-summary.ts';
import type { Phase } from '../../../model/types.ts';
import { aSite } from '../model/fleet/sites.ts';
import { aRollout, createApp, createRollouts, createSites, expectDocumented, type RolloutOptions } from './fixtures.ts';

/** Do not compile when a summary is not what is documented. */
const documented = {
  rollout: (summary: RolloutSummary): Omit<Static<typeof RolloutSummarySchema>, 'ageSeconds'> => summary,
  site: (summary: SiteSummary): Omit<Static<typeof FogSiteSummarySchema>, 'ageSeconds'> => summary,
};

interface Envelope {
  items: { namespace: string; name: string; ageSeconds: number }[];
  continue?: string;
  total: number;
  counts: Record<string, number>;
}

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function listing(list: 'rollouts' | 'sites', deps: Partial<ApiDeps>) {
  const app = await createApp(deps);
  apps.push(app);
  return async (query = '') => {
    const response = await app.inject(`/api/v1/${list}${query}`);
    await expectDocumented(app, `/api/v1/${list}`, response);
    return response;
  };
}

const inPhase = (name: string, phase: Phase, options: RolloutOptions = {}) =>
  aRollout(name, { ...options, status: { observedGeneration: 1, phase } });
const namesIn = (envelope: Envelope) => envelope.items.map(({ namespace, name }) => [namespace, name].join('/'));

describe('GET /api/v1/rollouts', () => {
  const shop = { namespace: 'shop', labels: { team: 'shop', tier: 'gold' } };
  const all = [
    inPhase('web', 'Succeeded', shop),
    inPhase('api', 'Failed', { ...shop, labels: { team: 'shop' } }),
    inPhase('web', 'Progressing'),
    aRollout('new', { namespace: 'shop-2' }),
  ];

  it('shows those of all namespaces, in one order, with how many are in each phase', async () => {
    const ask = await listing('rollouts', { rollouts: createRollouts(...all) });
    const response = await ask();
    const envelope: Envelope = response.json();
    expect(response.headers['cache-control']).toBe('no-store');
    expect(namesIn(envelope)).toEqual(['default/web', 'shop-2/new', 'shop/api', 'shop/web']);
    expect(envelope).toMatchObject({
      total: 4,
      counts: { Pending: 1, Progressing: 1, Succeeded: 1, Failed: 1, Paused: 0, Removing: 0 },
    });
    expect(envelope.items[0]).toMatchObject({
      phase: 'Progressing',
      version: 'v1.0.0',
      createdAt: '2026-11-22T11:00:00Z',
      ageSeconds: 3_600,
      layers: [{ layer: 'cloud' }, { layer: 'edge', phase: 'Pending' }],
      waitsFor: [],
    });
    expect(envelope).not.toHaveProperty('continue');
    const fields = Object.keys(documented.rollout(response.json().items[0]));
    expect(fields.filter((field) => !(field in RolloutSummarySchema.properties))).toEqual([]);
  });

  it.each<[string, string[], number, number]>([
    ['?namespace=shop', ['shop/api', 'shop/web'], 2, 1],
    ['?namespace=nowhere', [], 0, 0],
    ['?phase=Failed', ['shop/api'], 1, 1],
    ['?phase=Failed,Pending', ['shop-2/new', 'shop/api'], 2, 1],
    ['?phase=Failed&phase=Pending', ['shop-2/new', 'shop/api'], 2, 1],
    ['?phase=Paused', [], 0, 1],
    ['?labelSelector=team%3Dshop', ['shop/api', 'shop/web'], 2, 1],
    ['?labelSelector=team%3Dshop,tier', ['shop/web'], 1, 0],
    ['?labelSelector=!team', ['default/web', 'shop-2/new'], 2, 0],
    ['?labelSelector=', ['default/web', 'shop-2/new', 'shop/api', 'shop/web'], 4, 1],
    ['?namespace=shop&labelSelector=tier&phase=Failed', [], 0, 0],
  ])(
    '%s takes those that match, and counts the phases of what matches besides',
    async (query, names, total, failed) => {
      const ask = await listing('rollouts', { rollouts: createRollouts(...all) });
      const envelope: Envelope = (await ask(query)).json();
      expect([namesIn(envelope), envelope.total, envelope.counts.Failed]).toEqual([names, total, failed]);
    },
  );

  it('shows what has changed since', async () => {
    const rollouts = createRollouts(...all);
    const ask = await listing('rollouts', { rollouts });
    await ask();
    rollouts.put(inPhase('web', 'Paused'));
    expect((await ask('?namespace=default')).json()).toMatchObject({ items: [{ phase: 'Paused' }] });
  });

  it('gives page after page, whatever comes and goes between them', async () => {
    const stays = ['b', 'd', 'f', 'h', 'j'].map((name) => aRollout(name));
    const [first, , third] = stays;
    const rollouts = createRollouts(...stays);
    const ask = await listing('rollouts', { rollouts });
    const one: Envelope = (await ask('?limit=2')).json();
    rollouts.remove(first!);
    rollouts.remove(stays[1]!); // the last of that page
    rollouts.put(aRollout('a'));
    rollouts.put(aRollout('e'));
    const two: Envelope = (await ask(`?limit=2&continue=${one.continue}`)).json();
    rollouts.remove(third!);
    const three: Envelope = (await ask(`?limit=2&continue=${two.continue}`)).json();
    expect([one, two, three].map(namesIn)).toEqual([
      ['default/b', 'default/d'],
      ['default/e', 'default/f'],
      ['default/h', 'default/j'],
    ]);
    expect(three.continue).toBeUndefined();
    expect(two.total).toBe(5);
  });

  it('cannot say what there is before the first list', async () => {
    const ask = await listing('rollouts', { rollouts: { ...createRollouts(), hasSynced: false } });
    expect((await ask()).statusCode).toBe(503);
  });

  it('says how old it may be', async () => {
    const ask = await listing('rollouts', { rollouts: Object.assign(createRollouts(), { ageMs: 12_900 }) });
    expect((await ask()).headers['fog-rollouts-data-age']).toBe('12');
  });
});

describe('GET /api/v1/sites', () => {
  const north = { labels: { region: 'north' } };
  const sites = createSites(aSite('edge-2', north), aSite('edge-1'), aSite('fog-1', { layer: 'fog', ...north }));

  it('shows the FogSites in the same envelope', async () => {
    const ask = await listing('sites', { sites });
    const response = await ask();
    const envelope: Envelope = response.json();
    expect(envelope).toMatchObject({
      items: [{ name: 'edge-1' }, { name: 'edge-2', layer: 'edge', phase: 'Unknown' }, { name: 'fog-1', layer: 'fog' }],
      total: 3,
      counts: { Unknown: 3, Ready: 0, Unreachable: 0 },
    });
    expect(envelope.items[0]?.ageSeconds).toBe(43_200);
    const fields = Object.keys(documented.site(response.json().items[0]));
    expect(fields.filter((field) => !(field in FogSiteSummarySchema.properties))).toEqual([]);
  });

  it.each<[string, string[]]>([
    ['?layer=fog', ['fog-1']],
    ['?labelSelector=region%3Dnorth', ['edge-2', 'fog-1']],
    ['?labelSelector=region%3Dnorth&layer=edge&phase=Unknown', ['edge-2']],
    ['?phase=Ready,Drifted', []],
  ])('%s takes those that match', async (query, names) => {
    const ask = await listing('sites', { sites });
    const { items }: Envelope = (await ask(query)).json();
    expect(items.map(({ name }) => name)).toEqual(names);
  });

  it('gives page after page', async () => {
    const ask = await listing('sites', { sites });
    const one: Envelope = (await ask('?limit=2')).json();
    const two: Envelope = (await ask(`?limit=2&continue=${one.continue}`)).json();
    expect([one, two].map(({ items }) => items.length)).toEqual([2, 1]);
    expect(two.items[0]?.name).toBe('fog-1');
  });

  it('cannot say what there is before the first list', async () => {
    const ask = await listing('sites', { sites: { ...sites, hasSynced: false } });
    expect((await ask()).statusCode).toBe(503);
  });
});

describe('A token of a page', () => {
  it('comes back as it was, and nothing else is one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (key) => {
        const text = key.toWellFormed();
        expect(keyInToken('rollouts1', pageToken('rollouts1', text))).toBe(text);
        expect(keyInToken('sites1', pageToken('rollouts1', text))).toBeUndefined();
        expect(keyInToken('sites1', text)).toBeUndefined();
      }),
    );
  });
});
