import { describe, expect, it } from '@jest/globals';
import { givenUpIn, standInFor } from '../../../../model/fleet/given-up.ts';
import { readyIn, recordsIn } from '../../../../model/fleet/records.ts';
import { implicitSite, siteOf } from '../../../../model/site.ts';
import type { FogShard, FogSite, LayerStrategy, ShardNote } from '../../../../model/types.ts';
import {
  aPromotion,
  aRelease,
  aRemoval,
  EDGES,
  ended,
  leavingIn,
  namesIn,
  OWNER,
  phasesIn,
  plan,
  promoted,
  stayingIn,
} from './plans.ts';
import { away } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const HELD = { hold: { reason: 'harvest' } };
const notesIn = (shards: FogShard[]) => shards.flatMap(({ status }) => status?.notes ?? []);
/** e.g. `a:w b:h`, of those that have something to lose. */
const lettersIn = (shards: FogShard[]) =>
  leavingIn(shards)
    .flatMap(({ spec, status }) =>
      spec.sites.map(({ name, namespace }, at) => `${name}@${namespace}:${status!.phases[at]}`),
    )
    .join(' ');

describe('The plan of a removal', () => {
  it('touches nothing where the rollout never was, whatever sites there are', () => {
    const sites = [...EDGES, aSite('e', HELD), aSite('f', { status: away() })];
    for (const leaves of ['all', 'leftovers'] as const) {
      expect(plan(aRemoval(leaves), { sites })).toEqual({
        stage: { total: 0, waves: [], shards: [] },
        shards: [],
        carry: [],
      });
    }
  });

  it('touches nothing either where a plan was made and no site was given anything', () => {
    expect(plan(aRemoval(), { former: promoted(['whd', 's']) }).shards).toEqual([]);
  });

  it('is of whoever was given something, wherever their FogSites are now', () => {
    const { stage, shards } = plan(aRemoval(), { former: promoted(['rif', 'w']), sites: [] });
    expect([namesIn(shards), phasesIn(shards), stage.total]).toEqual([['a', 'b', 'c'], ['www'], 3]);
    expect(shards[0]?.spec).toMatchObject({ generation: 0, uid: 'uid-web', version: '' });
    expect(shards[0]?.spec).not.toHaveProperty('hash');
  });

  it.each<[string, FogSite[], string, string, RegExp | undefined]>([
    ['a held site keeps it', [aSite('a', HELD)], 'a@a:h', 'Held', /^edge a: held, so its release stays: harvest$/],
    [
      'so does one that is held elsewhere by now',
      [aSite('a', { ...HELD, namespace: 'x' })],
      'a@a:h',
      'Held',
      /harvest/,
    ],
    ['one out of reach is for later', [aSite('a', { status: away() })], 'a@a:d', 'Unreachable', /last seen/],
    [
      'one that moved while out of reach is tried',
      [aSite('a', { namespace: 'x', status: away() })],
      'a@a:w',
      '',
      undefined,
    ],
    ['one without a FogSite is tried', [], 'a@a:w', '', undefined],
    [
      'one whose FogSite is of another layer now is tried',
      [aSite('a', { layer: 'fog', ...HELD })],
      'a@a:w',
      '',
      undefined,
    ],
    ['one that cannot be used is tried', [aSite('a', { parent: 'nowhere' })], 'a@a:w', '', undefined],
  ])('of a whole layer: %s', (_, sites, letters, reason, message) => {
    const former = promoted(['r'], aRelease(3), [aSite('a')]);
    const { shards } = plan(aRemoval(), { former, sites });
    expect(lettersIn(shards)).toBe(letters);
    const notes = message ? [{ site: 'a', reason, message: expect.stringMatching(message) }] : [];
    expect(notesIn(shards)).toEqual(notes);
  });

  it('asks again only those that have it still, until nobody has', () => {
    const sites = [aSite('a', { status: away() }), aSite('b', HELD), ...EDGES.slice(2)];
    const first = plan(aRemoval(), { former: promoted(['rrr', 'r']), sites }).shards;
    expect(phasesIn(first)).toEqual(['dhw', 'w']);
    const second = plan(aRemoval(), { former: ended(first, ['dhr', 'f']), sites: EDGES }).shards;
    expect([namesIn(second), phasesIn(second)]).toEqual([['a', 'b', 'd'], ['www']]);
    expect(plan(aRemoval(), { former: ended(second, ['rrr']), sites: EDGES }).shards).toEqual([]);
  });

  it('keeps what is at a place that is not to lose anything', () => {
    const former = promoted(['rr'], aRelease(3), [aSite('home', { namespace: 'edge' }), aSite('x')]);
    const { shards } = plan(aRemoval('all', { keep: [implicitSite('edge')] }), { former, sites: [] });
    expect(namesIn(shards)).toEqual(['x']);
  });

  it('says whether the one place is among them that the layer has without FogSites', () => {
    const former = promoted(['rr'], aRelease(3), [aSite('home', { namespace: 'edge' }), aSite('x')]);
    const isAmong = (wishes: Parameters<typeof aRemoval>[1] = {}, of = former) =>
      plan(aRemoval('all', wishes), { former: of, sites: [] }).stage.hasImplicit;
    expect(isAmong()).toBe(true);
    expect(isAmong({ keep: [implicitSite('edge')] })).toBeUndefined();
    expect(
      isAmong({}, promoted(['wr'], aRelease(3), [aSite('home', { namespace: 'edge' }), aSite('x')])),
    ).toBeUndefined();
    const elsewhere = aSite('home', { namespace: 'edge', taskQueue: 'berlin' });
    expect(isAmong({}, promoted(['r'], aRelease(3), [elsewhere]))).toBeUndefined();
  });

  it('takes it all away where the layer goes on without FogSites, and nothing says that it is to be kept', () => {
    const former = promoted(['r'], aRelease(3), [aSite('a')]);
    const sites = [aSite('a', { parent: 'nowhere' })];
    for (const strategy of [{}, { prune: true }]) {
      const { shards } = plan(aRemoval('all', { keep: [implicitSite('edge')], strategy }), { former, sites });
      expect(lettersIn(shards)).toBe('a@a:w');
    }
  });

  it('leaves all as it is, on record, where the layer goes on without FogSites and nothing is to be pruned', () => {
    const former = promoted(['rr'], aRelease(3), [aSite('a'), aSite('b')]);
    const keep = [implicitSite('edge')];
    const strategy = { prune: false };
    const kept = plan(aRemoval('all', { keep, strategy }), { former, sites: [] }).shards;
    expect([lettersIn(kept), notesIn(kept).map(({ reason }) => reason)]).toEqual(['a@a:s b@b:s', ['Kept', 'Kept']]);
    // What the layer is left out of, or the whole rollout removed from, goes.
    expect(lettersIn(plan(aRemoval('all', { strategy }), { former: kept, sites: [] }).shards)).toBe('a@a:w b@b:w');
  });

  it('does not believe nor touch the record of another object of the name', () => {
    const former = promoted(['rrr', 'r']).map((shard) => ({ ...shard, spec: { ...shard.spec, uid: 'uid-before' } }));
    const { shards } = plan(aRemoval(), { former });
    expect(shards).toEqual([]);
    const own = plan(aRemoval('all', { owner: { ...OWNER, uid: 'uid-before' } }), { former }).shards;
    expect([namesIn(own), own[0]?.metadata.name]).toEqual([['a', 'b', 'c', 'd'], 'fgs-web-edge-0-uid-befo']);
  });
});

describe('What is left over after a stage', () => {
  const south = { labels: { region: 'south' } };
  const north = { labels: { region: 'north' } };
  const NORTH: LayerStrategy = { siteSelector: { matchLabels: { region: 'north' } } };
  const [A, B] = [aSite('a', north), aSite('b', north)];
  const before = promoted(['rr'], aRelease(3), [A, B]);

  interface Case {
    sites: FogSite[];
    strategy?: LayerStrategy;
    /** Where the sites are that the stage has. */
    letters?: string;
    left: string;
    reason?: string;
  }

  it.each<[string, Case]>([
    ['is nothing where all stay', { sites: [A, B], left: '' }],
    ['is what a site has that is not selected any more', { sites: [aSite('a', south), B], left: 'a@a:w' }],
    ['is what a site has whose FogSite was deleted', { sites: [B], left: 'a@a:w' }],
    [
      'is what a site has whose FogSite is of another layer now',
      { sites: [aSite('a', { ...north, layer: 'fog' }), B], left: 'a@a:w' },
    ],
    [
      'is what a site has at its old place, once it is ready at the new one',
      { sites: [aSite('a', { ...north, namespace: 'x' }), B], left: 'a@a:w' },
    ],
    [
      'waits for a site that is not ready at its new place',
      { sites: [aSite('a', { ...north, namespace: 'x' }), B], letters: 'fr', left: 'a@a:s', reason: 'Moved' },
    ],
    [
      'stays where a site is selected and cannot be used now',
      { sites: [aSite('a', { ...north, parent: 'nowhere' }), B], left: 'a@a:s', reason: 'Unusable' },
    ],
    [
      'stays while a site is held that is not selected any more',
      { sites: [aSite('a', { ...south, ...HELD }), B], left: 'a@a:h', reason: 'Held' },
    ],
    [
      'is for later at a site that is out of reach',
      { sites: [aSite('a', { ...south, status: away() }), B], left: 'a@a:d', reason: 'Unreachable' },
    ],
    ['stays where the strategy says so', { sites: [B], strategy: { prune: false }, left: 'a@a:s', reason: 'Kept' }],
  ])('%s', (_, { sites, strategy = {}, letters, left, reason }) => {
    const selecting = { ...NORTH, ...strategy };
    const stage = plan(aPromotion(aRelease(4), { strategy: selecting }), { former: before, sites }).shards;
    const staying = stayingIn(stage);
    const former = ended(
      stage,
      staying.map(({ spec }) => letters ?? 'r'.repeat(spec.sites.length)),
    );
    const { shards } = plan(aRemoval('leftovers', { strategy: selecting }), { former, sites });
    expect(lettersIn(shards)).toBe(left);
    expect(notesIn(leavingIn(shards)).map((note) => note.reason)).toEqual(reason ? [reason] : []);
    // What the stage has reached stays on record as it is.
    expect(stayingIn(shards)).toEqual(stayingIn(former));
    // And whoever has something is found again when all is taken away.
    const all = plan(aRemoval(), { former: shards, sites: [] }).shards;
    const places = (shards: FogShard[]) =>
      [...recordsIn('edge', shards).values()].flatMap(({ entry, has }) => (has ? [entry.namespace] : []));
    expect(places(all).sort()).toEqual(places(former).sort());
  });

  it('is counted by the plan of the stage, but for what stays', () => {
    const leftovers = (sites: FogSite[], strategy: LayerStrategy = {}) =>
      plan(aPromotion(aRelease(4), { strategy: { ...NORTH, ...strategy } }), { former: before, sites }).stage.leftovers;
    expect(leftovers([A, B])).toBeUndefined();
    expect(leftovers([B])).toBe(1);
    expect(leftovers([B], { prune: false })).toBeUndefined();
    expect(leftovers([aSite('a', { ...north, namespace: 'x' }), B])).toBe(1);
  });

  it('comes after the indexes that the stage has, and is taken away once', () => {
    const stage = plan(aPromotion(aRelease(4)), { former: before, sites: [B] }).shards;
    const first = plan(aRemoval('leftovers'), { former: ended(stage, ['r']), sites: [B] });
    expect(first.stage.shards.map(({ index }) => index)).toEqual([1]);
    const former = ended(first.shards, ['r', 'r']);
    expect(plan(aRemoval('leftovers'), { former, sites: [B] })).toMatchObject({
      stage: { total: 0 },
      shards: [former[0]],
    });
  });
});

describe('A place that was out of reach when it was to lose what it has, and has no FogSite', () => {
  const silent = { site: 'a', reason: 'Unreachable', message: 'edge a: nobody answers' };
  const A = aSite('a');
  const tried = (letter: string, note: ShardNote = silent) => {
    const [shard] = ended(plan(aRemoval(), { former: promoted(['r'], aRelease(3), [A]), sites: [] }).shards, [letter]);
    shard!.status!.notes = [note];
    return shard!;
  };
  const none = () => undefined;

  it('is given up, and stays so while it is tried again, until that has worked', () => {
    expect(givenUpIn(tried('s'), none)).toMatchObject([{ name: 'a', namespace: 'a' }]);
    const [again] = plan(aRemoval(), { former: [tried('s')], sites: [] }).shards;
    expect([phasesIn([again!]), notesIn([again!])]).toEqual([['w'], [silent]]);
    expect(givenUpIn(again!, none)).toHaveLength(1);
    expect(givenUpIn(tried('r'), none)).toEqual([]);
  });

  it('is tried without the word of what kept it before, where that was another', () => {
    const [again] = plan(aRemoval(), { former: [tried('s', { ...silent, reason: 'Kept' })], sites: [] }).shards;
    expect([phasesIn([again!]), notesIn([again!])]).toEqual([['w'], []]);
    const held = plan(aRemoval(), { former: [tried('s')], sites: [aSite('a', { ...HELD, namespace: 'x' })] }).shards;
    expect(notesIn(held).map(({ reason }) => reason)).toEqual(['Held']);
  });

  it.each<[string, SiteWishes]>([
    ['the hub', {}],
    ['the cluster of a Secret', { cluster: { kubeconfigSecretRef: { name: 'berlin', key: 'config' } } }],
    ['that of the workers of a queue', { taskQueue: 'north' }],
    ['one that they have a name for', { taskQueue: 'north', cluster: { name: 'm' } }],
  ])('is watched for by a FogSite that stands in for it: on %s', (_, wishes) => {
    const site = aSite('a', wishes);
    const { metadata, spec } = standInFor(siteOf(site), 'stand-in');
    expect([metadata.name, spec]).toEqual(['stand-in', site.spec]);
  });

  it('is not while its FogSite is there, nor where it is kept for another reason, nor one that gives something', () => {
    expect(givenUpIn(tried('s'), () => A)).toEqual([]);
    expect(givenUpIn(tried('s'), () => aSite('a', { namespace: 'elsewhere' }))).toHaveLength(1);
    expect(givenUpIn(tried('s', { ...silent, reason: 'Kept' }), none)).toEqual([]);
    const [giving] = ended(promoted(['r'], aRelease(3), [A]), ['s']);
    giving!.status!.notes = [silent];
    expect(givenUpIn(giving!, none)).toEqual([]);
    const nothing = tried('s');
    delete nothing.spec.sites[0]!.had;
    expect(givenUpIn(nothing, none)).toEqual([]);
    expect(['w', 'i', 'h', 'd', 'f'].map((letter) => givenUpIn(tried(letter), none).length)).toEqual([1, 1, 0, 0, 0]);
  });
});

describe('The sites that are recorded ready', () => {
  it('are those of shards that give something', () => {
    const former = promoted(['rfr', 'w']);
    expect(readyIn(former)).toEqual(new Set(['a', 'c']));
    const removed = ended(plan(aRemoval(), { former }).shards, ['rrr']);
    expect(readyIn(removed)).toEqual(new Set());
  });
});

describe('What the record says of a place', () => {
  const has = (letter: string, given: string | undefined) => {
    const shards = ended(
      plan(aPromotion(aRelease(4)), { former: promoted(['r'], aRelease(3), [aSite('a')]), sites: [aSite('a')] }).shards,
      [letter],
      [given ?? ''],
    );
    if (given === undefined) delete shards[0]!.status!.given; // as an earlier version has written it
    return [...recordsIn('edge', shards).values()][0]?.has;
  };
  const OLD = { version: 'v3', generation: 3, hash: 'content-3' };
  const MAYBE_NEW = { version: 'v4', generation: 4 };

  it.each<[string, string, string | undefined, object]>([
    ['ready: what the plan gives, by its hash', 'r', 'y', { ...MAYBE_NEW, hash: 'content-4' }],
    ['failed after it was given it: that, for all anyone knows', 'f', 'y', MAYBE_NEW],
    ['failed before: what it had', 'f', 'n', OLD],
    ['deferred after it was given it', 'd', 'y', MAYBE_NEW],
    ['deferred before', 'd', 'n', OLD],
    ['taken out while under way', 's', 'y', MAYBE_NEW],
    ['passed over', 's', 'n', OLD],
    ['held', 'h', 'n', OLD],
    ['not begun when the stage was stopped', 'w', 'n', OLD],
    ['by an older record, failed', 'f', undefined, MAYBE_NEW],
    ['by an older record, under way', 'i', undefined, MAYBE_NEW],
    ['by an older record, deferred', 'd', undefined, OLD],
  ])('%s', (_, letter, given, expected) => {
    expect(has(letter, given)).toEqual(expected);
  });

  it('is what the newest of its shards says, whichever comes first', () => {
    const older = promoted(['r'], aRelease(3), [aSite('a')]);
    const newer = ended(plan(aPromotion(aRelease(4)), { former: older, sites: [aSite('a')] }).shards, ['f']);
    const leaving = plan(aRemoval(), { former: older, sites: [] }).shards;
    for (const shards of [
      [...older, ...leaving, ...newer],
      [...newer, ...older, ...leaving],
    ]) {
      const [record] = recordsIn('edge', shards).values();
      expect(record).toMatchObject({ letter: 'f', hash: 'content-4', isLeaving: false, has: MAYBE_NEW });
    }
  });
});
