import { describe, expect, it } from '@jest/globals';
import type { SiteFacts } from '../../../../model/fleet/site-view.ts';
import { siteNamed, sitesOf } from '../../../../model/fleet/sites-view.ts';
import type { FogShard, LayerStatus, SiteFailure } from '../../../../model/types.ts';
import { ALL_READY, aLayer, aRollout, revision } from '../builders.ts';
import { away } from './records.ts';
import { aShard } from './shard-records.ts';
import { aSite } from './sites.ts';

const FACTS: SiteFacts = { siteOf: (name) => aSite(name), now: Date.parse('2026-11-22T12:00:00Z') };
const edge = aLayer('edge', { phase: 'Progressing', shards: 1 });
const had = { version: 'v1.1.0', generation: 3, hash: 'content-3' };
const skipped = { by: 'alice', at: '2026-11-22T10:00:00Z' };

function inLayers(layers: LayerStatus[], failures: SiteFailure[] = []) {
  return aRollout({}, { observedGeneration: 3, phase: 'Progressing', failures, revision, layers });
}
const sites = (shards: FogShard[], layers: LayerStatus[] = [edge], facts = FACTS) =>
  sitesOf(inLayers(layers), shards, facts, { limit: 100 }).sites;
const phases = (...given: Parameters<typeof sites>) => sites(...given).map(({ phase }) => phase);

describe('What is said of a site', () => {
  it('is its own note, not that of another', () => {
    const notes = [{ site: 'edge-0-1', reason: 'Invalid', message: 'no such image' }];
    const [first, second] = sites([aShard('ff', { notes })]);
    expect(first).not.toHaveProperty('reason');
    expect(second).toMatchObject({ reason: 'Invalid', message: 'no such image' });
  });

  it('is not that it is held, where it was before that and is not by now', () => {
    const [ready] = sites([aShard('r', { site: { hold: 'Audit' } })]);
    expect(ready).toMatchObject({ phase: 'Ready' });
    expect(ready).not.toHaveProperty('reason');
  });

  it.each([...'bwif'])(
    'is not that it is out of reach, as long as that changes nothing: with the letter %s',
    (letter) => {
      const facts = { ...FACTS, siteOf: () => aSite('edge-0-0', { status: away() }) };
      const [site] = sites([aShard(letter)], [edge], facts);
      for (const word of ['reason', 'message', 'lastSeen']) expect(site).not.toHaveProperty(word);
    },
  );
});

describe('What a layer has come to says of its sites', () => {
  const before = aShard('r', { generation: 3 });

  it.each<[string, Partial<LayerStatus>, string]>([
    ['is ready, and does not say with what', { phase: 'Ready' }, 'Ready'],
    ['is ready with something else by now', { phase: 'Ready', hash: 'content-9' }, 'Ready'],
    ['failed, and does not say with what', { phase: 'Failed' }, 'Ready'],
    ['waits for its turn, though it is to have the same again', { phase: 'Pending', hash: 'content-3' }, 'Waiting'],
    ['is being removed', { phase: 'Removing', hash: 'content-3' }, 'Waiting'],
  ])('where it %s', (_, given, expected) => {
    expect(phases([before], [{ ...edge, ...given }])).toEqual([expected]);
  });

  it('is its own, not that of a layer above', () => {
    const fog = aLayer('fog', { phase: 'Ready', shards: 1 });
    expect(
      phases([aShard('r', { generation: 3, layer: 'fog' }), before], [fog, { ...edge, phase: 'Pending' }]),
    ).toEqual(['Ready', 'Waiting']);
  });

  it('is that they were passed over, once it was and only there', () => {
    const fog = aLayer('fog', { phase: 'Skipped', skipped, shards: 1 });
    const shards = [aShard('w', { layer: 'fog', hash: 'content-3' }), aShard('w')];
    expect(phases(shards, [fog, edge])).toEqual(['Skipped', 'Waiting']);
    // A person has said so, and what is under way there finishes first.
    expect(phases([aShard('wi')], [{ ...edge, skipped }])).toEqual(['Waiting', 'InFlight']);
  });

  it('is that they were passed over before their turn, though the record is of this generation', () => {
    const passedOver = aLayer('edge', { phase: 'Skipped', skipped, shards: 1 });
    expect(sites([aShard('f', { site: { had } })], [passedOver])).toMatchObject([
      { phase: 'Skipped', version: 'v1.1.0', reason: 'Skipped', message: 'edge: passed over by alice' },
    ]);
  });
});

describe('The one site of a layer without FogSites', () => {
  const failure = (layer: SiteFailure['layer'], site: string, reason: string): SiteFailure => ({
    ...{ layer, site, reason, message: `${site}: ${reason}` },
  });

  it('failed for its own reason, not for that of another site or of one of its name in another layer', () => {
    const failures = [failure('edge', 'cloud', 'Denied'), failure('cloud', 'hq', 'Invalid')];
    const layers = [aLayer('cloud', { phase: 'Failed', message: 'cloud: it failed' })];
    const shown = (all: SiteFailure[]) => sitesOf(inLayers(layers, all), [], FACTS, { limit: 9 }).sites;
    expect(shown(failures)[0]).toMatchObject({ phase: 'Failed', message: 'cloud: it failed' });
    expect(shown(failures)[0]).not.toHaveProperty('reason');
    expect(shown([...failures, failure('cloud', 'cloud', 'ImagePullBackOff')])[0]?.reason).toBe('ImagePullBackOff');
  });
});

describe('One site by its name', () => {
  const cloud = aLayer('cloud', { phase: 'Ready', version: 'v1.2.0', generation: 4, sites: ALL_READY });
  const notes = [{ site: 'edge-0-1', reason: 'Invalid', message: 'no such image' }];
  const shards = [aShard('rf', { notes, site: { had } }), aShard('r', { index: 1 })];
  const named = (name: string, all = shards) => siteNamed(inLayers([cloud, edge]), all, FACTS, name);

  it('is told as among all, with what it had before', () => {
    const [, , second] = sites(shards, [cloud, edge]);
    expect(named('edge-0-1')).toEqual([{ ...second, had: { version: 'v1.1.0', generation: 3 } }]);
    expect(second).toMatchObject({ site: 'edge-0-1', phase: 'Failed', reason: 'Invalid' });
  });

  it('says nothing of what it had where that was nothing', () => {
    expect(named('edge-1-0')).toMatchObject([{ site: 'edge-1-0', phase: 'Ready' }]);
    expect(named('edge-1-0')[0]).not.toHaveProperty('had');
    expect(named('cloud')).toMatchObject([{ site: 'cloud', layer: 'cloud', phase: 'Ready' }]);
  });

  it('is the whole name', () => {
    expect([named('edge-0'), named('edge-0-01'), named('EDGE-0-1'), named('')]).toEqual([[], [], [], []]);
  });

  it('is at each place where it has something', () => {
    const moved = aShard('rw', { generation: 0, index: 2, site: { had, namespace: 'before' } });
    moved.spec.sites[0]!.name = 'edge-1-0';
    expect(named('edge-1-0', [...shards, moved])).toMatchObject([
      { phase: 'Ready', namespace: 'edge' },
      { phase: 'Removed', namespace: 'before', had: { version: 'v1.1.0', generation: 3 } },
    ]);
  });
});

describe('A site that has moved twice, and was out of reach at its first place', () => {
  const notes = [{ site: 'a', reason: 'Unreachable', message: 'edge a: nobody answers' }];
  const leaving = aShard('sr', { generation: 0, notes, site: { had } });
  for (const [at, entry] of leaving.spec.sites.entries()) Object.assign(entry, { name: 'a', namespace: `n${at}` });

  it('is told as out of reach there, and not where it was removed', () => {
    const [kept, removed] = siteNamed(inLayers([edge]), [leaving], FACTS, 'a');
    expect(kept).toMatchObject({ phase: 'Skipped', namespace: 'n0', reason: 'Unreachable' });
    expect(removed).toMatchObject({ phase: 'Removed', namespace: 'n1' });
    expect(removed).not.toHaveProperty('reason');
    expect(removed).not.toHaveProperty('message');
  });
});

describe('Sites by their parent', () => {
  it('are those that hang on it, and all are counted', () => {
    const shards = [aShard('rf', { site: { parent: 'north' } }), aShard('rrr', { index: 1 })];
    const page = sitesOf(inLayers([edge]), shards, FACTS, { limit: 1, parent: 'north' });
    expect(page).toMatchObject({ sites: [{ site: 'edge-0-0', parent: 'north' }], total: 2 });
    expect(page.counts).toMatchObject({ Ready: 4, Failed: 1 });
  });
});
