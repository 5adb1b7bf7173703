import { describe, expect, it } from '@jest/globals';
import { loadedOf, planOf } from '../../../../model/fleet/plan.ts';
import { FINALIZER } from '../../../../model/names.ts';
import type { PlanStageInput } from '../../../../model/shards.ts';
import type { FogShard, FogSite } from '../../../../model/types.ts';
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
} from './plans.ts';
import { away } from './records.ts';
import { aSite } from './sites.ts';

describe('The plan of a stage', () => {
  it('divides each wave into shards, and says where every site stands', () => {
    const { stage, shards } = plan(
      aPromotion(aRelease(), { strategy: { waves: [{ name: 'canary', size: 1 }] } }),
      {},
      2,
    );
    expect(stage.waves).toEqual([
      { name: 'canary', at: 0, count: 1 },
      { name: 'rest', count: 3 },
    ]);
    expect(stage.shards.map(({ wave, report }) => [wave, report.waiting])).toEqual([
      [0, 1],
      [1, 2],
      [1, 1],
    ]);
    expect(stage.total).toBe(4);
    expect(shards[1]?.spec).toMatchObject({ rollout: 'web', uid: 'uid-web', generation: 4, hash: 'content-4' });
    expect(shards[1]?.status).toEqual({ phases: 'ww', given: 'nn', reports: 0 });
  });

  it('is kept by objects that outlive the FogRollout, until its releases are taken away', () => {
    const [shard] = plan(aPromotion()).shards;
    expect(shard?.metadata).toMatchObject({ namespace: 'shop', finalizers: [FINALIZER] });
    expect(shard?.metadata).not.toHaveProperty('ownerReferences');
  });

  it('tells two waves of one name apart', () => {
    const waves = [
      { name: 'ring', size: 1 },
      { name: 'ring', size: 1 },
      { name: 'rest', size: 1 },
    ];
    const { stage } = plan(aPromotion(aRelease(), { strategy: { waves } }));
    expect(stage.waves.map(({ name }) => name)).toEqual(['ring', 'ring (2)', 'rest', 'rest (2)']);
  });

  it.each<[string, Partial<PlanStageInput>, FogSite[], string]>([
    ['what can be tried waits', {}, EDGES, 'wwww'],
    ['a held site', {}, [aSite('a', { hold: { reason: 'harvest' } }), aSite('b')], 'hw'],
    ['one out of reach', {}, [aSite('a', { status: away() }), aSite('b')], 'dw'],
    [
      'one out of reach that counts as failed',
      { strategy: { offline: { policy: 'Fail' } } },
      [aSite('a', { status: away() })],
      'f',
    ],
    [
      'one out of reach that is waited for',
      { strategy: { offline: { policy: 'Wait' } } },
      [aSite('a', { status: away() })],
      'w',
    ],
    ['one out of reach before its spec changed', {}, [aSite('a', { generation: 2, status: away() })], 'w'],
  ])('begins with the right letters: %s', (_, wishes, sites, phases) => {
    expect(phasesIn(plan(aPromotion(aRelease(), wishes), { sites }, 9).shards)).toEqual([phases]);
  });

  it('names those that are out of reach, and tells at once of those that count as failed', () => {
    const sites = [aSite('a', { status: away() })];
    const { stage, shards } = plan(aPromotion(), { sites });
    expect(shards[0]?.status?.notes).toEqual([
      { site: 'a', reason: 'Unreachable', message: expect.stringMatching(/^edge a: .*; last seen 2026-/) },
    ]);
    expect(stage.failures).toBeUndefined();
    const failing = plan(aPromotion(aRelease(), { strategy: { offline: { policy: 'Fail' } } }), { sites });
    expect(failing.stage.failures).toMatchObject([{ site: 'a', layer: 'edge', reason: 'Unreachable' }]);
  });

  it('keeps with each site what it hangs on, who holds it, and that it has a window', () => {
    const sites = [
      aSite('north', { layer: 'fog' }),
      aSite('a', { parent: 'north', hold: { reason: 'harvest' } }),
      aSite('b', { taskQueue: 'berlin' }),
    ];
    const place = (name: string) => ({ name, namespace: name });
    expect(plan(aPromotion(), { sites, windowed: new Set(['b']) }).shards[0]?.spec.sites).toEqual([
      { ...place('a'), cluster: 'hub', parent: 'north', hold: 'harvest' },
      { ...place('b'), cluster: 'own', queue: 'berlin', window: true },
    ]);
  });

  it('is the same when it is asked for again', () => {
    expect(plan(aPromotion())).toEqual(plan(aPromotion()));
  });

  it('of few sites brings with it all that the run needs to work them, of many what its shards are', () => {
    const facts = { sites: EDGES, former: [], above: [] };
    const few = planOf(aPromotion(), facts, { shardSize: 3, inlineSites: 4 });
    expect(few.stage.shards.map(({ loaded }) => loaded)).toEqual(few.shards.map(loadedOf));
    const many = planOf(aPromotion(), facts, { shardSize: 3, inlineSites: 3 });
    expect(many.stage.shards.map(({ loaded }) => loaded)).toEqual([undefined, undefined]);
  });

  it('has where each site is, by which queue, and which have a window', () => {
    const berlin = { taskQueue: 'berlin', cluster: { name: 'line-1' } };
    const sites = [aSite('a'), aSite('b', { namespace: 'shared', ...berlin }), aSite('c')];
    const { shards } = plan(aPromotion(), { sites, windowed: new Set(['b', 'z']) });
    const [a, b, c] = [
      { name: 'a', namespace: 'a', cluster: 'hub' },
      { name: 'b', namespace: 'shared', cluster: 'line-1', queue: 'berlin' },
      { name: 'c', namespace: 'c', cluster: 'hub' },
    ];
    expect(shards[0]?.spec.sites).toEqual([a, { ...b, window: true }, c]);
    expect(loadedOf(shards[0]!)).toEqual({
      sites: [a, b, c].map((site) => ({ ...site, layer: 'edge' })),
      ...{ phases: 'www', notes: [], windows: [1], reports: 0 },
    });
    expect(loadedOf(plan(aPromotion()).shards[0]!)).not.toHaveProperty('windows');
  });

  it('is of one attempt, where that is not the first', () => {
    const [first, later] = [aRelease(), aRelease(4, { attempt: 2 })].map((release) => plan(aPromotion(release)));
    expect(first!.shards[0]?.spec).not.toHaveProperty('attempt');
    expect(later!.shards.map(({ spec }) => spec.attempt)).toEqual([2, 2]);
  });

  it('tells of twenty failures at most', () => {
    const sites = Array.from({ length: 25 }, (_, at) => aSite(`s${at}`, { status: away() }));
    const failing = aPromotion(aRelease(), { strategy: { offline: { policy: 'Fail' } } });
    const { stage } = plan(failing, { sites }, 9);
    expect(stage.failures?.map(({ site }) => site)).toEqual(namesIn(plan(failing, { sites }, 9).shards).slice(0, 20));
    expect(stage.shards.map(({ report }) => report.failed)).toEqual([9, 9, 7]);
  });

  it('names its sites where that is asked for', () => {
    const { stage } = plan(aPromotion(aRelease(), { named: true }));
    expect(stage.shards.map(({ sites, phases }) => [sites, phases])).toEqual([
      [['a', 'b', 'c'], 'www'],
      [['d'], 'w'],
    ]);
    expect(plan(aPromotion()).stage.shards[0]).not.toHaveProperty('sites');
  });
});

describe('What an earlier plan is worth', () => {
  const same = (generation: number, wishes: Parameters<typeof aRelease>[1] = {}) =>
    aRelease(generation, { content: 3, ...wishes });

  it.each<[string, ReturnType<typeof aRelease>, string[], string[]]>([
    ['other content: nothing', aRelease(4), ['rrf', 'd'], ['www', 'w']],
    ['the same content: what is ready is kept', same(3), ['rif', 'd'], ['rww', 'w']],
    ['the same in a later generation: as well', same(4), ['rif', 'd'], ['rww', 'w']],
    ['the same in a later attempt: as well', same(3, { attempt: 1 }), ['rrr', 'r'], ['rrr', 'r']],
    ['a repair: what failed stays so too', same(3, { mode: 'repair' }), ['rif', 'd'], ['rwf', 'w']],
    ['an adjusted stage: what failed stays so', same(4, { mode: 'adjust' }), ['rwf', 's'], ['rwf', 'w']],
    ['a repair of other content: nothing', aRelease(4, { mode: 'repair' }), ['rrf', 'd'], ['www', 'w']],
    ['a repair of what has drifted', same(3, { mode: 'repair', drifted: ['a', 'x'] }), ['rrf', 'r'], ['wrf', 'r']],
  ])('%s', (_, release, before, after) => {
    const former = promoted(before);
    expect(phasesIn(plan(aPromotion(release), { former }).shards)).toEqual(after);
  });

  it.each<[string, ReturnType<typeof aRelease>, string, string]>([
    ['a repair leaves it out', same(3, { mode: 'repair' }), 'Skipped', 's'],
    ['an adjusted stage leaves it out', same(4, { mode: 'adjust' }), 'Skipped', 's'],
    ['a promotion begins with it', same(3), 'Skipped', 'w'],
    ['a repair with other content begins with it', aRelease(4, { mode: 'repair' }), 'Skipped', 'w'],
    ['a repair begins with one that had left', same(3, { mode: 'repair' }), 'Left', 'w'],
  ])('of a site that a person has passed over: %s', (_, release, reason, letter) => {
    const [former] = promoted(['s'], aRelease(3), [aSite('a')]) as [FogShard];
    const note = { site: 'a', reason, message: 'edge a: so it is' };
    former.status!.notes = [note];
    const [shard] = plan(aPromotion(release), { former: [former], sites: [aSite('a')] }).shards as [FogShard];
    expect([shard.status!.phases, shard.status!.notes]).toEqual([letter, letter === 's' ? [note] : undefined]);
    // What was passed over when it was to be taken away was not passed over by who gives it something.
    const leaving = { ...former, spec: { ...former.spec, generation: 0, hash: 'content-3' } };
    const again = plan(aPromotion(release), { former: [leaving], sites: [aSite('a')] }).shards;
    expect(phasesIn(again)).toEqual(['w']);
  });

  it('is told on, of what failed', () => {
    const { stage } = plan(aPromotion(same(3, { mode: 'repair' })), { former: promoted(['rrf', 'r']) });
    expect(stage.failures).toMatchObject([{ site: 'c', layer: 'edge', message: 'c: no such image' }]);
  });

  it('is told on of nobody else: who is out of reach, waits for its parent or was passed over has not failed', () => {
    const former = promoted(['fww', 's']);
    former[1]!.status!.notes = [{ site: 'd', reason: 'Skipped', message: 'passed over by alice' }];
    const fog = aSite('fog', { layer: 'fog' });
    const sites = [fog, EDGES[0]!, aSite('b', { status: away() }), aSite('c', { parent: 'fog' }), EDGES[3]!];
    const release = same(3, { mode: 'repair', above: 'fog' });
    const { stage, shards } = plan(aPromotion(release), { former, sites }, 9);
    const [{ spec, status }] = shards as [FogShard];
    expect(spec.sites.map(({ name }, at) => `${name}:${status!.phases[at]}`).join(' ')).toBe('a:f b:d d:s c:d');
    expect(status!.notes).toHaveLength(4);
    expect(stage.failures).toEqual([{ site: 'a', layer: 'edge', reason: 'Invalid', message: 'a: no such image' }]);
  });

  it('costs nothing where only how sites are gone through has changed, held or not', () => {
    const former = promoted(['rrr', 'r']);
    const sites = [aSite('a', { hold: { reason: 'harvest' } }), aSite('b', { status: away() }), ...EDGES.slice(2)];
    const strategy = { maxConcurrency: 1, waves: [{ size: 1 }] };
    const { shards } = plan(aPromotion(same(9), { strategy }), { former, sites });
    expect(phasesIn(shards)).toEqual(['r', 'rrr']);
    expect(shards.map(({ spec }) => [spec.generation, spec.version, spec.hash])).toEqual([
      [9, 'v3', 'content-3'],
      [9, 'v3', 'content-3'],
    ]);
  });

  it('is nothing at the new place of a site that has moved', () => {
    const sites = [aSite('a', { namespace: 'elsewhere' }), ...EDGES.slice(1)];
    const { shards } = plan(aPromotion(same(3, { mode: 'repair' })), { sites, former: promoted(['rrr', 'r']) });
    expect(phasesIn(shards)).toEqual(['wrr', 'r', 'w']);
    expect(leavingIn(shards)[0]?.spec.sites).toMatchObject([{ name: 'a', namespace: 'a', had: { generation: 3 } }]);
  });

  it('is the same for a site that the workers of a region look after, and nothing once others do', () => {
    const berlin = [aSite('a', { namespace: 'n', taskQueue: 'berlin' })];
    const former = promoted(['r'], aRelease(3), berlin);
    expect(phasesIn(plan(aPromotion(same(4)), { former, sites: berlin }).shards)).toEqual(['r']);
    const paris = [aSite('a', { namespace: 'n', taskQueue: 'paris' })];
    const { shards } = plan(aPromotion(same(4)), { former, sites: paris });
    expect(phasesIn(shards)).toEqual(['w', 'w']);
    expect(leavingIn(shards)[0]?.spec.sites).toMatchObject([{ name: 'a', namespace: 'n', queue: 'berlin' }]);
  });

  it.each<[string, PlanStageInput]>([
    ['gives something', aPromotion(aRelease(4))],
    ['takes it all away', aRemoval()],
    ['takes away what is left over', aRemoval('leftovers')],
  ])('makes the same plan in whatever order it is read: of a stage that %s', (_, input) => {
    const former = promoted(['rrr', 'r', 'rrr'], aRelease(3), [...EDGES, aSite('e'), aSite('f'), aSite('g')]);
    const made = plan(input, { former });
    for (const order of [
      [2, 1, 0],
      [1, 2, 0],
      [0, 2, 1],
    ]) {
      const others = plan(input, { former: order.map((at) => former[at]!) });
      expect(others).toEqual(made);
      expect(namesIn(others.shards)).toEqual(namesIn(made.shards));
    }
    expect(namesIn(made.shards)).toEqual(namesIn(made.shards).sort());
  });

  it('is nothing to a later object of the name, and what that writes has another name', () => {
    const former = promoted(['rrr', 'r']);
    const later = { ...OWNER, uid: 'other-uid' };
    const { shards } = plan(aPromotion(same(3), { owner: later }), { former });
    expect(phasesIn(shards)).toEqual(['www', 'w']);
    const names = new Set([...shards, ...former].map(({ metadata }) => metadata.name));
    expect(names.size).toBe(4);
  });

  it('is what each site has until it is given something else', () => {
    const first = promoted(['rfw', 'r']);
    const had = (shards: FogShard[]) => shards.flatMap(({ spec }) => spec.sites.map((site) => site.had));
    const v3 = { version: 'v3', generation: 3 };
    const second = plan(aPromotion(aRelease(4)), { former: first }).shards;
    expect(had(second)).toEqual([{ ...v3, hash: 'content-3' }, v3, undefined, { ...v3, hash: 'content-3' }]);
    const third = plan(aPromotion(aRelease(5)), { former: ended(second, ['fhw', 's']) }).shards;
    expect(had(third)).toEqual([{ version: 'v4', generation: 4 }, v3, undefined, { ...v3, hash: 'content-3' }]);
  });
});

describe('What is carried while a plan is written', () => {
  const entriesIn = (shards: FogShard[]) =>
    shards.flatMap(({ spec }) => spec.sites.map(({ name, had }) => [name, had?.generation]));

  it('is nothing where every site stays in its shard', () => {
    expect(plan(aPromotion(aRelease(4)), { former: promoted(['rrr', 'r']) }).carry).toEqual([]);
  });

  it('is what has something and is in another shard, or in none, by the new plan', () => {
    const former = promoted(['rwf', 'r']); // a, b and c; d
    const { carry } = plan(aPromotion(aRelease(4)), { former, sites: [aSite('c'), aSite('d'), aSite('e')] });
    expect(entriesIn(carry)).toEqual([
      ['a', 3],
      ['d', 3],
    ]);
    expect([carry[0]!.spec.generation, phasesIn(carry)]).toEqual([0, ['ww']]);
  });
});

describe('A layer that had its one implicit site until now', () => {
  const implicit = { version: 'v3', generation: 3 };

  it('takes away what that has', () => {
    const { stage, shards } = plan(aPromotion(aRelease(4, { implicit })));
    expect(leavingIn(shards).map(({ spec }) => spec.sites)).toEqual([
      [{ name: 'edge', namespace: 'edge', cluster: 'hub', had: implicit }],
    ]);
    expect([stage.total, stage.leftovers]).toEqual([4, 1]);
  });

  it('knows that a FogSite of the same place has it, though that is not to be given anything now', () => {
    const sites = [aSite('home', { namespace: 'edge', hold: { reason: 'harvest' } })];
    const { stage, shards } = plan(aPromotion(aRelease(4, { implicit })), { sites });
    expect([namesIn(shards), phasesIn(shards), stage.leftovers]).toEqual([['home'], ['h'], undefined]);
    expect(shards[0]?.spec.sites[0]?.had).toEqual(implicit);
  });
});
