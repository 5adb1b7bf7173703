import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SiteFacts, SiteView } from '../../../../model/fleet/site-view.ts';
import { type SitePosition, type SitesQuery, sitesOf } from '../../../../model/fleet/sites-view.ts';
import type { FogRolloutStatus, FogShard, LayerStatus } from '../../../../model/types.ts';
import { ALL_READY, aLayer, aRollout, revision } from '../builders.ts';
import { away, drifted, SEEN } from './records.ts';
import { aShard } from './shard-records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const cloud = aLayer('cloud', { phase: 'Ready', version: 'v1.2.0', generation: 4, sites: ALL_READY });
const edge = aLayer('edge', { phase: 'Progressing', version: 'v1.2.0', generation: 4, shards: 2 });
const ALL: SitesQuery = { limit: 1_000_000 };
/** Every site is there, and in reach. */
const FACTS: SiteFacts = { siteOf: (name) => aSite(name), now: Date.parse('2026-11-22T12:00:00Z') };

function inLayers(...layers: LayerStatus[]) {
  return aRollout({}, { observedGeneration: 3, phase: 'Progressing', revision, layers });
}

function sites(shards: FogShard[], query: SitesQuery = ALL, rollout = inLayers(edge)): SiteView[] {
  return sitesOf(rollout, shards, FACTS, query).sites;
}

const names = (of: SiteView[]) => of.map(({ site }) => site);

describe('a site of a shard', () => {
  const had = { version: 'v1.1.0', generation: 3 };
  const given = { version: 'v1.2.0', generation: 4 };

  it.each<[string, string, object]>([
    ['waits for its parent', 'b', { phase: 'Blocked', ...had }],
    ['waits, with what it had', 'w', { phase: 'Waiting', ...had }],
    ['is under way, and may still have what it had', 'i', { phase: 'InFlight', ...had }],
    ['is ready with the revision', 'r', { phase: 'Ready', ...given }],
    ['failed, and why', 'f', { phase: 'Failed', ...had, reason: 'ImagePullBackOff', message: 'No such image' }],
    ['is left for later', 'd', { phase: 'Deferred', ...had }],
    ['left', 's', { phase: 'Skipped', ...had }],
    ['is held', 'h', { phase: 'Held', ...had }],
    ['has a letter that we do not know', '?', { phase: 'Waiting', ...had }],
  ])('%s', (_, letter, expected) => {
    const notes = [{ site: 'edge-0-0', reason: 'ImagePullBackOff', message: 'No such image' }];
    const shard = aShard(letter, { site: { had }, ...(letter === 'f' && { notes }) });
    const where = { site: 'edge-0-0', layer: 'edge', wave: 'rest', namespace: 'edge', cluster: 'hub' };
    expect(sites([shard])).toEqual([{ ...where, ...expected }]);
  });

  it('that keeps what it was to lose, out of reach and without a FogSite, says when it is tried again', () => {
    const notes = [{ site: 'edge-0-0', reason: 'Unreachable', message: 'Nobody answers' }];
    const shard = aShard('s', { generation: 0, notes, site: { had } });
    const [gone] = sitesOf(inLayers(edge), [shard], { ...FACTS, siteOf: () => undefined }, ALL).sites;
    expect(gone).toMatchObject({ phase: 'Skipped', ...had, reason: 'Unreachable' });
    expect(gone?.message).toMatch(/^Nobody answers; it has no FogSite any more, so it is tried ever more rarely/);
    const there = () => aSite('edge-0-0', { namespace: 'edge' });
    const [known] = sitesOf(inLayers(edge), [shard], { ...FACTS, siteOf: there }, ALL).sites;
    expect(known?.message).toBe('Nobody answers');
  });

  it('is shown with where it is and who holds it', () => {
    const site = { cluster: 'own', queue: 'north', parent: 'fog-north', hold: 'Audit until Friday' };
    const shown = { cluster: 'own', queue: 'north', parent: 'fog-north', phase: 'Held' };
    expect(sites([aShard('h', { site })])).toMatchObject([{ ...shown, reason: 'Held', message: site.hold }]);
  });

  it('had nothing before', () => {
    expect(sites([aShard('i')])[0]).not.toHaveProperty('version');
  });

  it('waits where its shard has said nothing yet', () => {
    const { status: _, ...silent } = aShard('ww');
    expect(sites([silent]).map(({ phase }) => phase)).toEqual(['Waiting', 'Waiting']);
  });

  it.each<[string, Partial<LayerStatus>, FogShard, object[]]>([
    [
      'was passed over with its layer, and has what it had',
      {},
      aShard('rf', { generation: 3, version: 'v1.1.0' }),
      [
        { phase: 'Skipped', version: 'v1.1.0', reason: 'Skipped', message: 'edge: passed over by alice' },
        { phase: 'Skipped' },
      ],
    ],
    [
      'of a layer that was passed over in its middle is what it had come to, and only the others were passed over',
      { hash: aShard('').spec.hash },
      aShard('rwbd'),
      [{ phase: 'Ready' }, { phase: 'Skipped', reason: 'Skipped' }, { phase: 'Skipped' }, { phase: 'Deferred' }],
    ],
  ])('%s', (_, more, shard, expected) => {
    const skipped = { by: 'alice', at: '2026-11-22T10:00:00Z' };
    const rollout = inLayers(aLayer('edge', { phase: 'Skipped', skipped, shards: 1, ...more }));
    expect(sites([shard], ALL, rollout)).toMatchObject(expected);
  });

  it('waits for the revision that is on its way, whatever became of the one before', () => {
    const before = { generation: 3, version: 'v1.1.0' };
    const notes = [{ site: 'edge-0-1', reason: 'ImagePullBackOff', message: 'No such image' }];
    const shards = [aShard('rf', { ...before, notes }), aShard('h', { ...before, index: 1, site: { hold: 'Audit' } })];
    expect(sites(shards)).toMatchObject([
      { phase: 'Waiting', version: 'v1.1.0', generation: 3 },
      { phase: 'Waiting' },
      { phase: 'Held', message: 'Audit' },
    ]);
    expect(sites(shards)[1]).not.toHaveProperty('reason');
  });

  it.each<['Progressing' | 'Ready' | 'Failed' | 'Pending', object, string]>([
    ['Progressing', { hash: 'content-3' }, 'Ready'],
    ['Ready', { hash: 'content-3' }, 'Ready'],
    ['Failed', { hash: 'content-3' }, 'Ready'],
    ['Progressing', { hash: 'content-4' }, 'Waiting'],
    ['Progressing', {}, 'Waiting'], // its turn has come, and is not planned yet
    ['Pending', {}, 'Waiting'],
  ])('of a plan that a later strategy adjusted: of a layer that is %s, with %j', (phase, given, expected) => {
    const shard = aShard('r', { generation: 3 });
    expect(sites([shard], ALL, inLayers({ ...edge, phase, ...given }))[0]!.phase).toBe(expected);
  });

  it('is removed, and not ready, when that is what was to be done', () => {
    const removal = aShard('rif', { generation: 0, version: '', site: { had } });
    const shown = sites([removal], ALL, inLayers({ ...edge, phase: 'Removing' }));
    expect(shown.map(({ phase, version }) => [phase, version])).toEqual([
      ['Removed', undefined],
      ['InFlight', 'v1.1.0'],
      ['Failed', 'v1.1.0'],
    ]);
  });
});

describe('a site that is not as its shard recorded it', () => {
  const had = { version: 'v1.1.0', generation: 3 };
  const given = { version: 'v1.2.0', generation: 4 };
  const notes = [{ site: 'edge-0-0', reason: 'Unreachable', message: 'edge edge-0-0: it did not answer' }];
  const silent = `No worker of its queue answers; last seen ${SEEN}`;
  const isAway = { status: away() };

  it.each<[string, string, SiteWishes | undefined, object]>([
    [
      'is unknown where it is out of reach',
      'r',
      isAway,
      { phase: 'Unknown', ...given, lastSeen: SEEN, reason: 'Unreachable', message: silent },
    ],
    ['is unknown though it was never seen', 'r', { status: away({}) }, { phase: 'Unknown', reason: 'Unreachable' }],
    ['has drifted', 'r', { status: drifted() }, { phase: 'Drifted', ...given, message: 'the Deployment is missing' }],
    ['carries another release that has drifted', 'r', { status: drifted('api') }, { phase: 'Ready', ...given }],
    ['is deferred since it was last seen', 'd', isAway, { phase: 'Deferred', ...had, lastSeen: SEEN, message: silent }],
    ['is deferred, and back', 'd', {}, { phase: 'Deferred', reason: 'Unreachable', message: notes[0]!.message }],
    [
      'was waited for long enough',
      'd',
      { status: away({ lastSeen: '2026-11-22T09:59:59Z' }) },
      {
        phase: 'Failed',
        reason: 'Expired',
        lastSeen: '2026-11-22T09:59:59Z',
        message: expect.stringContaining('longer'),
      },
    ],
    ['is gone', 'r', undefined, { phase: 'Skipped', reason: 'SiteGone' }],
    ['failed, and is out of reach by now', 'f', isAway, { phase: 'Failed', reason: 'Unreachable' }],
    ['is under way, and out of reach', 'i', isAway, { phase: 'InFlight' }],
  ])('%s', (_, letter, wishes, expected) => {
    const facts = { ...FACTS, siteOf: (name: string) => wishes && aSite(name, wishes) };
    const shard = aShard(letter, { site: { had }, ...('df'.includes(letter) && { notes }) });
    const rollout = inLayers(edge);
    rollout.spec.strategy = { layers: { edge: { offline: { expireAfterSeconds: 2 * 3_600 } } } };
    const page = sitesOf(rollout, [shard], facts, ALL);
    expect(page.sites).toMatchObject([expected]);
    expect(page.counts).toMatchObject({ [page.sites[0]!.phase]: 1 });
  });

  it('waits for its turn like all others, before that', () => {
    const facts = { ...FACTS, siteOf: () => aSite('edge-0-0', isAway) };
    const before = aShard('r', { generation: 3, version: 'v1.1.0' });
    expect(sitesOf(inLayers(edge), [before], facts, ALL).sites).toMatchObject([{ phase: 'Waiting' }]);
  });
});

describe('a layer without FogSites has one site', () => {
  const failures = [
    { site: 'cloud', layer: 'cloud', reason: 'ImagePullBackOff', message: 'cloud: no such image' },
  ] as const;
  const place = { site: 'cloud', layer: 'cloud', namespace: 'cloud', cluster: 'hub' };
  const had = { version: 'v1.1.0', generation: 3 };

  it.each<[string, Partial<LayerStatus>, object]>([
    ['that waits', { ...had }, { phase: 'Waiting', ...had }],
    ['that is under way', { phase: 'Progressing' }, { phase: 'InFlight' }],
    ['that is ready', cloud, { phase: 'Ready', version: 'v1.2.0', generation: 4 }],
    [
      'that failed',
      { phase: 'Failed', message: 'cloud: no such image' },
      { phase: 'Failed', reason: 'ImagePullBackOff', message: 'cloud: no such image' },
    ],
    [
      'that is no longer ready',
      { phase: 'Ready', message: '0 of 1 replicas updated' },
      { phase: 'Failed', reason: 'ReleaseNotReady', message: '0 of 1 replicas updated' },
    ],
    ['that is being removed', { phase: 'Removing' }, { phase: 'InFlight' }],
  ])('%s', (_, layer, expected) => {
    const status: FogRolloutStatus = { observedGeneration: 3, phase: 'Progressing', failures: [...failures] };
    const rollout = aRollout({}, { ...status, revision, layers: [aLayer('cloud', layer)] });
    expect(sites([aShard('rr', { layer: 'cloud' })], ALL, rollout)).toEqual([{ ...place, ...expected }]);
  });

  it('as long as nobody has seen the object', () => {
    const { cloud: top, edge: bottom } = aRollout().spec.deployments;
    const unseen = aRollout({ deployments: { cloud: top!, edge: bottom! } });
    expect(sites([], ALL, unseen).map(({ site, phase }) => [site, phase])).toEqual([
      ['cloud', 'Waiting'],
      ['edge', 'Waiting'],
    ]);
  });
});

describe('of all sites', () => {
  const fog = aLayer('fog', { phase: 'Ready', shards: 1 });
  const rollout = inLayers(cloud, fog, edge);
  const shards = [
    aShard('rfw', { index: 1 }),
    aShard('rr', { index: 0, wave: 'canary' }),
    aShard('rh', { layer: 'fog' }),
    aShard('rrr', { uid: 'of-an-object-that-is-gone', index: 2 }),
  ];

  it('those of the object come in the order of promotion', () => {
    const order = 'cloud fog-0-0 fog-0-1 edge-0-0 edge-0-1 edge-1-0 edge-1-1 edge-1-2';
    expect(names(sites(shards, ALL, rollout)).join(' ')).toBe(order);
  });

  it('those of a layer that was removed are gone', () => {
    expect(names(sites(shards, ALL, inLayers(cloud)))).toEqual(['cloud']);
  });

  it.each<[string, Partial<SitesQuery>, string[]]>([
    ['of a layer', { layer: 'fog' }, ['fog-0-0', 'fog-0-1']],
    ['in a phase', { phases: new Set(['Failed']) }, ['edge-1-1']],
    ['in one of two phases', { phases: new Set(['Held', 'Waiting']) }, ['fog-0-1', 'edge-1-2']],
    ['in a phase of a layer', { phases: new Set(['Ready']), layer: 'cloud' }, ['cloud']],
    ['in a phase that none is in', { phases: new Set(['Deferred']) }, []],
    ['whose name begins so', { site: 'edge-1' }, ['edge-1-0', 'edge-1-1', 'edge-1-2']],
    ['of a name', { site: 'cloud' }, ['cloud']],
    ['of a wave', { wave: 'canary' }, ['edge-0-0', 'edge-0-1']],
    ['of a wave in a phase', { wave: 'rest', phases: new Set(['Ready']) }, ['fog-0-0', 'edge-1-0']],
    ['of a parent that none hangs on', { parent: 'fog-0-0' }, []],
  ])('only those %s are asked for, all are counted', (_, query, expected) => {
    const page = sitesOf(rollout, shards, FACTS, { ...ALL, ...query });
    expect([names(page.sites), page.total, page.end]).toEqual([expected, expected.length, undefined]);
    expect(page.counts).toEqual({
      Blocked: 0,
      Waiting: 1,
      InFlight: 0,
      Ready: 5,
      Unknown: 0,
      Drifted: 0,
      Failed: 1,
      Deferred: 0,
      Skipped: 0,
      Held: 1,
      Removed: 0,
    });
  });

  it('the pages together are all, each once, whatever the size of a page', () => {
    const anyShard = fc.tuple(
      fc.constantFrom('fog', 'edge'),
      fc.string({ unit: fc.constantFrom(...'bwirfdsh'), maxLength: 9 }),
    );
    fc.assert(
      fc.property(
        fc.array(anyShard, { maxLength: 6 }),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        (given, limit, some) => {
          const all = given.map(([layer, phases], index) => aShard(phases, { layer, index }));
          const query: SitesQuery = { limit, ...(some && { phases: new Set(['Ready', 'Failed']) }) };
          const pages = pagesOf(all, query, rollout);
          const whole = sitesOf(rollout, all, FACTS, { ...query, limit: 1_000 });
          expect(pages.flat()).toEqual(whole.sites);
          expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
          expect(whole.total).toBe(whole.sites.length);
        },
      ),
    );
  });

  it('a page follows the one before, though sites moved on meanwhile', () => {
    const first = sitesOf(rollout, shards, FACTS, { limit: 4, phases: new Set(['Ready']) });
    const later = [aShard('rr', { layer: 'fog' }), aShard('ff', { index: 0 }), aShard('rrr', { index: 1 })];
    const next = sites(later, { ...ALL, phases: new Set(['Ready']), after: first.end! }, rollout);
    expect([names(first.sites), names(next)]).toEqual([
      ['cloud', 'fog-0-0', 'edge-0-0', 'edge-0-1'],
      ['edge-1-0', 'edge-1-1', 'edge-1-2'],
    ]);
  });

  it('ten thousand are counted, and a page of them put together', () => {
    const many = Array.from({ length: 50 }, (_, index) => aShard('rrfw'.repeat(50), { index }));
    const query: SitesQuery = {
      limit: 100,
      phases: new Set(['Failed']),
      after: { layer: 'edge', shard: 41, place: 7 },
    };
    const page = sitesOf(inLayers({ ...edge, shards: 50 }), many, FACTS, query);
    expect(page.total).toBe(2_500);
    expect(page.counts).toMatchObject({ Ready: 5_000, Failed: 2_500, Waiting: 2_500 });
    expect([page.sites[0]?.site, page.sites.length]).toEqual(['edge-41-10', 100]);
    expect(page.end).toEqual({ layer: 'edge', shard: 43, place: 6 });
  });
});

/** Page after page, as a client asks for them. */
function pagesOf(shards: FogShard[], query: SitesQuery, rollout: ReturnType<typeof inLayers>): SiteView[][] {
  const pages: SiteView[][] = [];
  let after: SitePosition | undefined;
  do {
    const page = sitesOf(rollout, shards, FACTS, { ...query, ...(after && { after }) });
    pages.push(page.sites);
    after = page.end;
  } while (after);
  return pages;
}
