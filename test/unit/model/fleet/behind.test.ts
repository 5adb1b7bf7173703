import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  abandonedLayer,
  type BehindReason,
  type GivenTerms,
  isUnfinished,
  type LayerBehind,
  type RecordedLayer,
  recordedLayers,
  repairOf,
  termsOf,
  wasPromoted,
} from '../../../../model/fleet/behind.ts';
import { Fleet } from '../../../../model/fleet/fleet.ts';
import { Ledger } from '../../../../model/fleet/ledger.ts';
import { planOf } from '../../../../model/fleet/plan.ts';
import { STRATEGY_DEFAULTS } from '../../../../model/revision.ts';
import type { FogShard, FogSite, LayerPhase, LayerStatus, LayerStrategy } from '../../../../model/types.ts';
import { aLayer, aRollout, content, owner, revision } from '../builders.ts';
import { aRecord, aRecordedLayer, away, blocked, drifted, sitesIn } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const LEAVING = 'the Deployment is being deleted, held by the finalizer test.io/hold';
const HOLD = { reason: 'Stocktaking' };

function behindIn(
  layer: RecordedLayer,
  strategy: LayerStrategy,
  sites: FogSite[],
  above?: 'fog' | 'cloud',
): LayerBehind | undefined {
  const given: GivenTerms = { strategy, ...(above && { above }) };
  return new Ledger(layer, { given, present: strategy }, new Fleet(sites), 0).behind();
}

/** The one recorded site, unless told otherwise in place and status as it was. */
function reasonOf(letter: string, wishes: SiteWishes | 'gone', strategy: LayerStrategy = {}): string | undefined {
  const shards = [aRecord(letter)];
  const site = 'edge-0-0';
  const sites = sitesIn(shards, { [site]: wishes === 'gone' ? undefined : wishes });
  const behind = behindIn(aRecordedLayer(shards), strategy, sites);
  return behind && Object.keys(behind.reasons).join();
}

describe('A site of a settled rollout', () => {
  it.each<[string, BehindReason | undefined, string, SiteWishes | 'gone']>([
    ['that is ready is not behind', undefined, 'r', {}],
    ['that failed waits for the next change', undefined, 'f', {}],
    ['that was deferred is back', 'returned', 'd', {}],
    ['that was deferred is still away', undefined, 'd', { status: away() }],
    ['that was held is released', 'released', 'h', {}],
    ['that was held still is', undefined, 'h', { hold: HOLD }],
    ['that was held is out of reach by now', undefined, 'h', { status: away() }],
    ['that had left is there again', 'returned', 's', {}],
    ['that had left is gone', undefined, 's', 'gone'],
    ['was lost with its shard while it waited', 'unfinished', 'w', {}],
    ['was lost with its shard under way', 'unfinished', 'i', {}],
    ['was lost with its shard while it waited for its parent', 'unfinished', 'b', {}],
    ['that is ready is out of reach', undefined, 'r', { status: away() }],
    ['that is ready has gone somewhere else', 'moved', 'r', { namespace: 'elsewhere' }],
    ['that is ready has another queue', 'moved', 'r', { taskQueue: 'north', cluster: { name: 'hub' } }],
    ['that failed has gone somewhere else', 'moved', 'f', { namespace: 'elsewhere' }],
    ['that has gone somewhere else is held there', undefined, 'r', { namespace: 'elsewhere', hold: HOLD }],
    ['has drifted', 'drifted', 'r', { status: drifted() }],
    ['has drifted, and is on its way out', undefined, 'r', { status: drifted('web', LEAVING) }],
    ['carries another release that has drifted', undefined, 'r', { status: drifted('api') }],
    ['has drifted, and is held', undefined, 'r', { status: drifted(), hold: HOLD }],
    ['has drifted, and is out of reach', undefined, 'r', { status: { ...drifted(), ...away() } }],
    ['that failed has drifted', undefined, 'f', { status: drifted() }],
    ['that was deferred cannot be used', undefined, 'd', { parent: 'nowhere' }],
    ['that was deferred is being deleted', undefined, 'd', { deleting: true }],
    ['that was deferred is of another layer by now', undefined, 'd', { layer: 'fog' }],
  ])('%s: %s', (_, reason, letter, wishes) => {
    expect(reasonOf(letter, wishes)).toBe(reason);
  });

  it('is new where no record has it, unless it is not for the rollout', () => {
    const shards = [aRecord('rr')];
    const labels = { region: 'north' };
    const sites = [
      ...sitesIn(shards),
      aSite('later', { labels }),
      aSite('south'),
      aSite('held', { labels, hold: HOLD }),
      aSite('off', { labels, status: away() }),
      aSite('lost', { labels, parent: 'nowhere' }),
      aSite('fog', { labels, layer: 'fog' }),
    ];
    const strategy = { siteSelector: { matchLabels: labels } };
    const behind = behindIn(aRecordedLayer(shards), strategy, sites);
    expect(behind).toMatchObject({ layer: 'edge', generation: 4, count: 1, reasons: { new: 1 }, drifted: [] });
  });

  it('is not behind where the strategy no longer takes it', () => {
    expect(reasonOf('d', { labels: { region: 'south' } }, { siteSelector: { matchLabels: { region: 'north' } } })).toBe(
      undefined,
    );
  });

  it.each<[string, string, string | undefined, BehindReason | undefined]>([
    ['that still is not', 'd', 'fog-0-0', undefined],
    ['that failed', 'f', 'fog-0-0', undefined],
    ['that is by now', 'r', 'fog-0-0', 'unblocked'],
    ['and has none any more', 'd', undefined, 'unblocked'],
  ])('that was deferred because its parent was not ready, %s', (_, parentLetter, parent, reason) => {
    const fog = aRecord(parentLetter, { layer: 'fog' });
    const edge = aRecord('d', { notes: [blocked('edge-0-0')] });
    const sites = [...sitesIn([fog]), aSite('edge-0-0', parent === undefined ? {} : { parent })];
    const layer = { ...aRecordedLayer([edge]), own: [edge, fog] };
    expect(behindIn(layer, {}, sites, 'fog')?.reasons ?? {}).toEqual(reason ? { [reason]: 1 } : {});
  });

  it('is unblocked by its ancestor in the nearest layer that was given the same', () => {
    const cloud = aRecord('rd', { layer: 'cloud' });
    const edge = aRecord('dd', { notes: [blocked('edge-0-0'), blocked('edge-0-1')] });
    const fog = (at: number) => aSite(`fog-0-${at}`, { layer: 'fog', parent: `cloud-0-${at}` });
    const leaf = (at: number) => aSite(`edge-0-${at}`, { parent: `fog-0-${at}` });
    const sites = [...sitesIn([cloud]), fog(0), fog(1), leaf(0), leaf(1)];
    const layers = [
      aLayer('cloud', { phase: 'Ready', generation: 4, shards: 1 }),
      aLayer('edge', { phase: 'Ready', generation: 4, shards: 1 }),
    ];
    const rollout = aRollout({}, { observedGeneration: 4, phase: 'Succeeded', revision, layers });
    const found = recordedLayers(rollout, [cloud, edge]).find(({ layer }) => layer === 'edge')!;
    expect(behindIn(found, {}, sites, 'cloud')).toMatchObject({ count: 1, reasons: { unblocked: 1 } });
  });

  it('is named in the signal where it has drifted, two hundred at once', () => {
    const shards = [aRecord('r'.repeat(200)), aRecord('r'.repeat(50), { index: 1 })];
    const wishes = Object.fromEntries(sitesIn(shards).map(({ metadata }) => [metadata.name, { status: drifted() }]));
    const behind = behindIn(aRecordedLayer(shards), {}, sitesIn(shards, wishes))!;
    expect([behind.count, behind.drifted.length]).toEqual([250, 250]);
    expect(repairOf(behind)).toMatchObject({ layer: 'edge', generation: 4, drifted: expect.any(Array) });
    expect(repairOf(behind).drifted).toHaveLength(200);
  });
});

describe('The layers of a settled rollout', () => {
  const [giving, leaving] = [aRecord('r', { generation: 4 }), aRecord('w', { generation: 0, index: 1 })];
  const fog = aRecord('r', { layer: 'fog' });
  const layers = [
    aLayer('cloud', { phase: 'Ready', generation: 4 }),
    aLayer('fog', { phase: 'Ready', generation: 4, shards: 1 }),
    aLayer('edge', { phase: 'Pending', generation: 3, shards: 1 }),
  ];

  it('are recorded where they have FogSites, each at the generation it was given', () => {
    const old = aRecord('r', { generation: 3 });
    const others = [aRecord('r', { generation: 4 }), aRecord('r', { generation: 3, uid: 'of-an-earlier-object' })];
    const rollout = aRollout({}, { observedGeneration: 4, phase: 'Failed', revision, layers });
    const found = recordedLayers(rollout, [old, fog, ...others]);
    expect(found.map(({ layer, wanted, shards }) => [layer, wanted, shards])).toEqual([
      ['fog', 'sites', [fog]],
      ['edge', 'sites', [old]],
    ]);
  });

  it('are those of the plan that gave the same, where nothing but the strategy has changed since', () => {
    const planned = aRecord('r', { generation: 3, hash: 'same' });
    const older = aRecord('r', { generation: 2, hash: 'same', index: 1 });
    const other = aRecord('r', { generation: 3, hash: 'other', index: 2 });
    const adjusted = [aLayer('edge', { phase: 'Ready', generation: 4, hash: 'same', shards: 1 })];
    const rollout = aRollout({}, { observedGeneration: 4, phase: 'Succeeded', revision, layers: adjusted });
    expect(recordedLayers(rollout, [older, planned, other])[0]!.shards).toEqual([planned]);
  });

  it.each<[string, RecordedLayer['wanted'] | undefined, boolean, Partial<LayerStatus> | undefined, FogShard[]]>([
    ['are to have nothing when they are being removed', 'nobody', false, { phase: 'Removing' }, [giving]],
    ['are to have nothing when they are left out, and all is to go', 'nobody', false, {}, [leaving, leaving]],
    ['are as they were when they are left out, and nobody has come to them', 'sites', false, {}, [giving, leaving]],
    ['have their sites, though all that is on record is to go', 'sites', true, {}, [leaving]],
    [
      'have their implicit site where the object knows of no FogShards',
      'implicit',
      true,
      { shards: undefined },
      [leaving],
    ],
    ['have it where no generation came to their sites', 'implicit', true, { generation: undefined }, [giving]],
    ['have it where the object knows nothing of them', 'implicit', true, undefined, [giving]],
    [
      'are not looked after where nothing is on record of their implicit site',
      undefined,
      true,
      { shards: undefined },
      [],
    ],
  ])('%s: %s', (_, wanted, hasLayer, known, records) => {
    const layers = known ? [aLayer('edge', { phase: 'Ready', generation: 4, shards: 1, ...known } as LayerStatus)] : [];
    const deployments = { fog: content, ...(hasLayer && { edge: content }) };
    const rollout = aRollout({ deployments }, { observedGeneration: 4, phase: 'Failed', revision, layers });
    const [found, ...others] = recordedLayers(rollout, records);
    expect([found?.wanted, others]).toEqual([wanted, []]);
  });

  it('are not those of a plan that is newer, nor of one before that does not say what it gives', () => {
    const shardsOf = (hash: string | undefined, records: FogShard[]) => {
      const layers = [aLayer('edge', { phase: 'Ready', generation: 4, shards: 1, ...(hash && { hash }) })];
      const rollout = aRollout({}, { observedGeneration: 4, phase: 'Succeeded', revision, layers });
      return recordedLayers(rollout, records)[0]!.shards;
    };
    const [own, newer] = [aRecord('r', { hash: 'same' }), aRecord('r', { generation: 5, hash: 'same' })];
    expect(shardsOf('same', [own, newer])).toEqual([own]);
    expect(shardsOf('same', [newer])).toEqual([]);
    const silent = aRecord('r', { generation: 3 });
    delete silent.spec.hash;
    expect(shardsOf(undefined, [silent])).toEqual([]);
  });

  it.each<[string, LayerPhase, string, boolean]>([
    ['were promoted when ready, whatever became of the others', 'Ready', 'rf', true],
    ['were not when their stage failed', 'Failed', 'rf', false],
    ['were, where a newer revision never came to them', 'Pending', 'rdsh', true],
    ['were not as far as one can know, where a site had failed before that', 'Pending', 'rf', false],
    ['were not where their stage was cut off', 'Pending', 'rw', false],
    ['are not while they are being put right', 'Progressing', 'rw', false],
    ['were, where a newer revision passed them over before their turn', 'Skipped', 'rdsh', true],
  ])('%s', (_, phase, letters, expected) => {
    expect(wasPromoted(aRecordedLayer([aRecord(letters)], { phase }))).toBe(expected);
  });

  it.each(['rd', 'rw', 'rf'])('were not when they were passed over in the middle: %s', (letters) => {
    expect(wasPromoted(aRecordedLayer([aRecord(letters)], { phase: 'Skipped', hash: 'given' }))).toBe(false);
  });

  it('were promoted where what put them right was lost, but not without a record', () => {
    const lost = aRecordedLayer([aRecord('rw')], { phase: 'Progressing' });
    expect(wasPromoted(lost, { isLost: true })).toBe(true);
    const pending = (shards: FogShard[]) => ({
      ...lost,
      status: { ...lost.status!, phase: 'Pending' as const },
      shards,
    });
    expect(wasPromoted(pending([]))).toBe(false);
    expect(wasPromoted(pending([aRecord('r'), aRecord('w', { index: 1 })]))).toBe(false);
  });

  it.each<[string, boolean, LayerPhase]>([
    ['rdshf', false, 'Ready'],
    ['rw', true, 'Ready'],
    ['ri', true, 'Ready'],
    ['rb', true, 'Ready'],
    ['rw', false, 'Failed'],
  ])('with %s have sites under way: %s, when %s', (letters, expected, phase) => {
    expect(isUnfinished(aRecordedLayer([aRecord(letters)], { phase }))).toBe(expected);
  });
});

describe('What a place has that has no part any more', () => {
  const north = { siteSelector: { matchLabels: { region: 'north' } } };
  const held = { hold: HOLD };
  /** What a repair would do about the one recorded site. */
  const planOfLeaving = (letter: string, wishes: SiteWishes | 'gone', strategy: LayerStrategy) => {
    const shards = [aRecord(letter)];
    const sites = sitesIn(shards, { 'edge-0-0': wishes === 'gone' ? undefined : wishes });
    const behind = behindIn(aRecordedLayer(shards), strategy, sites);
    return [behind?.leaves?.who, behind?.generation];
  };

  it.each<[string, [string?, number?], string, SiteWishes | 'gone', LayerStrategy]>([
    ['of a FogSite that is gone is planned anew and taken away', ['leftovers', 4], 'r', 'gone', {}],
    ['of one that is deselected too', ['leftovers', 4], 'r', { labels: { region: 'south' } }, north],
    ['of one that may have been given it too', ['leftovers', 4], 'f', 'gone', {}],
    ['of one that was given nothing is nothing', [], 'd', 'gone', {}],
    ['stays where the strategy says so', [], 'r', 'gone', { prune: false }],
    ['stays while the site is held', [], 'r', { labels: { region: 'south' }, ...held }, north],
    ['waits while the site is out of reach', [], 'r', { labels: { region: 'south' }, status: away() }, north],
    ['stays at a site that cannot be used now', [], 'r', { parent: 'nowhere' }, {}],
    ['goes when the site has moved, after its new place is ready', ['leftovers', 4], 'r', { namespace: 'new' }, {}],
    ['waits where the new place is out of reach', [], 'r', { namespace: 'new', status: away() }, {}],
  ])('%s', (_, expected, letter, wishes, strategy) => {
    expect(planOfLeaving(letter, wishes, strategy)).toEqual([expected[0], expected[1]]);
  });

  it('is only taken away where the last plan has it as leaving already', () => {
    const had = { version: 'v1', generation: 3 };
    const leaving = aRecord('w', { generation: 0, index: 1, site: { had } });
    const layer = aRecordedLayer([aRecord('r'), leaving]);
    const behind = behindIn({ ...layer, shards: layer.shards.slice(0, 1) }, {}, [aSite('edge-0-0')])!;
    expect(repairOf(behind)).toEqual({ layer: 'edge', fleet: true, leaves: 'leftovers', leavesBy: 4 });
  });

  it('of a layer that is its implicit site again goes only once it is planned to', () => {
    const layers = [aLayer('edge', { phase: 'Ready', generation: 4 })];
    const rollout = aRollout({}, { observedGeneration: 4, phase: 'Failed', revision, layers });
    const had = { version: 'v1', generation: 3 };
    const planned = recordedLayers(rollout, [aRecord('w', { generation: 0, site: { had } })]);
    expect(repairOf(behindIn(planned[0]!, {}, [])!)).toEqual({ layer: 'edge', fleet: true, leaves: 'leftovers' });
    expect(behindIn(recordedLayers(rollout, [aRecord('r', { generation: 3 })])[0]!, {}, [])).toBeUndefined();
    const atImplicit = aRecord('w', { generation: 0, site: { had } });
    atImplicit.spec.sites[0]!.namespace = 'edge';
    const other = aRecord('w', { generation: 0, index: 1, site: { had } });
    expect(behindIn(recordedLayers(rollout, [atImplicit, other])[0]!, {}, [])).toBeUndefined();
  });

  it('is taken over by a FogSite of another name at the place', () => {
    const shards = [aRecord('r')];
    const other = aSite('other', { namespace: 'edge-0-0' });
    expect(behindIn(aRecordedLayer(shards), {}, [other])).toMatchObject({ count: 1, reasons: { new: 1 } });
    expect(behindIn(aRecordedLayer(shards), {}, [other])).not.toHaveProperty('leaves');
  });

  it('goes with an object that is gone, layer by layer, and says so when nothing is left', () => {
    const fog = aRecord('r', { layer: 'fog' });
    const words = ['r', 'd'].map((letter) => {
      const layer = abandonedLayer(owner, 'edge', [aRecord(letter), fog]);
      expect(layer).toMatchObject({ wanted: 'nobody', layer: 'edge', records: [aRecord(letter)] });
      const behind = new Ledger(layer, { present: {} }, new Fleet([]), 0).behind()!;
      return [repairOf(behind), behind.leaves?.count];
    });
    const all = { layer: 'edge', fleet: true, leaves: 'all' };
    expect(words).toEqual([
      [all, 1],
      [all, 0],
    ]);
  });

  it('goes with a layer that is left out, and says so when nothing is left', () => {
    const layers = [aLayer('edge', { phase: 'Removing', generation: 3, shards: 1 })];
    const rollout = aRollout({ deployments: {} }, { observedGeneration: 4, phase: 'Succeeded', revision, layers });
    const had = { version: 'v1', generation: 3 };
    const repairs = ['ww', 'rr', 'hh'].map((letters) => {
      const shard = aRecord(letters, { generation: 0, site: { had } });
      const [layer] = recordedLayers(rollout, [shard]);
      const wishes = letters === 'hh' ? held : {};
      const behind = behindIn(layer!, {}, sitesIn([shard], { 'edge-0-0': wishes, 'edge-0-1': wishes }));
      return behind && repairOf(behind);
    });
    const all = { layer: 'edge', fleet: true, leaves: 'all' };
    expect(repairs).toEqual([all, all, undefined]);
    expect(repairOf(behindIn(recordedLayers(rollout, [])[0]!, {}, [])!)).toEqual({ layer: 'edge', leaves: 'all' });
  });
});

describe('What a layer was given', () => {
  const strategy = { ...STRATEGY_DEFAULTS, promotion: 'Branch' as const, layers: { edge: { minSuccess: 2 } } };
  it('has its sites wait for the nearest layer above, in branches', () => {
    expect(termsOf('edge', { layers: { cloud: content, edge: content }, strategy })).toEqual({
      strategy: { minSuccess: 2 },
      above: 'cloud',
    });
    const layers = { cloud: content, edge: content };
    expect(termsOf('edge', { layers, strategy: { ...strategy, promotion: 'Layer' } })).not.toHaveProperty('above');
    expect(termsOf('cloud', { layers, strategy })).toEqual({ strategy: {} });
  });
});

describe('Whatever became of the sites', () => {
  const anyWishes = fc.record(
    {
      hold: fc.constant(HOLD),
      namespace: fc.constant('elsewhere'),
      parent: fc.constantFrom('nowhere', 'fog-0-0', 'fog-0-1'),
      labels: fc.constantFrom({ region: 'north' }, { region: 'south' }),
      status: fc.constantFrom(away(), drifted(), { ...away(), ...drifted() }),
    },
    { requiredKeys: [] },
  );
  const anySite = fc.record({
    letter: fc.constantFrom(...'rfdshwi'),
    isThere: fc.boolean(),
    isRecorded: fc.boolean(),
    isPassedOver: fc.boolean(),
    wishes: fc.oneof(fc.constant<SiteWishes>({}), anyWishes),
  });
  const anyStrategy = fc.constantFrom<LayerStrategy>(
    {},
    { prune: false },
    { siteSelector: { matchLabels: { region: 'north' } } },
  );
  const anySites = fc.array(anySite, { maxLength: 12 });
  type Given = typeof anySites extends fc.Arbitrary<infer T> ? T : never;

  const fog = aRecord('rd', { layer: 'fog' });

  function recordOf(given: Given) {
    const shard = aRecord(given.map(({ letter }) => letter).join(''));
    const sites = sitesIn([shard]).flatMap((site, at): FogSite[] => {
      const { isThere, wishes } = given[at]!;
      return isThere ? [aSite(site.metadata.name, wishes)] : [];
    });
    const skipped = shard.spec.sites.filter((_, at) => given[at]!.letter === 's' && given[at]!.isPassedOver);
    shard.status!.notes = skipped.map(({ name }) => ({ site: name, reason: 'Skipped', message: 'by alice' }));
    const recorded = given.map(({ isRecorded }) => isRecorded);
    shard.spec.sites = shard.spec.sites.filter((_, at) => recorded[at]);
    shard.status!.phases = [...shard.status!.phases].filter((_, at) => recorded[at]).join('');
    return { shard, sites: [...sites, ...sitesIn([fog])] };
  }

  it('those that are behind are those that a repair begins with, and after it none is', () => {
    fc.assert(
      fc.property(anySites, anyStrategy, fc.boolean(), (given, strategy, isBranch) => {
        const { shard, sites } = recordOf(given);
        const above = isBranch ? ('fog' as const) : undefined;
        const behind = behindIn({ ...aRecordedLayer([shard]), own: [shard, fog] }, strategy, sites, above);
        const release = {
          revision,
          hash: shard.spec.hash as string,
          mode: 'repair' as const,
          drifted: behind?.drifted ?? [],
          ...(above && { above }),
        };
        const input = { owner, layer: 'edge' as const, strategy, run: 'r2', release };
        const { stage, shards: planned } = planOf(input, { sites, former: [shard], above: [fog] });
        const shards = planned.filter(({ spec }) => spec.generation > 0);
        const begun = shards.map(({ status }) => status!.phases).join('');
        expect(begun.replaceAll(/[^w]/g, '')).toHaveLength(behind?.count ?? 0);
        if (behind?.leaves) expect(stage.leftovers ?? 0).toBeGreaterThan(0);
        for (const { spec, status } of planned) {
          status!.phases = status!.phases.replaceAll('w', 'r');
          if (spec.generation > 0) status!.given = 'y'.repeat(spec.sites.length);
        }
        const healed = sites.map((site) => ({ ...site, status: { ...site.status!, drifted: [] } }));
        const after = { ...aRecordedLayer(shards), records: planned, own: [...planned, fog] };
        expect(behindIn(after, strategy, healed, above)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('books that are kept up say the same as books that are opened anew', () => {
    const anyChange = fc.record({ at: fc.nat(11), isThere: fc.boolean(), wishes: anyWishes });
    const anySteps = fc.array(fc.array(anyChange, { maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(anySites, anySteps, anyStrategy, (given, steps, strategy) => {
        const { shard, sites } = recordOf(given);
        const now = Date.parse('2026-11-22T12:00:00Z');
        const layer = aRecordedLayer([shard]);
        const terms = { given: { strategy }, present: { ...strategy, offline: { expireAfterSeconds: 60 } } };
        const fleet = new Fleet(sites);
        const ledger = new Ledger(layer, terms, fleet, now);
        const live = new Map(sites.map((site) => [site.metadata.name, site]));
        let generation = 1;
        for (const step of steps) {
          for (const { at, isThere, wishes } of step) {
            const name = `edge-0-${at}`;
            const site = aSite(name, { ...wishes, generation: ++generation });
            if (isThere) live.set(name, site);
            else live.delete(name);
            fleet.put(name, isThere ? site : undefined);
          }
          const { names, isJudged } = fleet.take();
          ledger.update(names, now, { isJudged });
          const anew = new Ledger(layer, terms, new Fleet(live.values()), now);
          expect([ledger.behind(), ledger.health(now)]).toEqual([anew.behind(), anew.health(now)]);
        }
      }),
    );
  });
});
