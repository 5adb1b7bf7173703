import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type BehindReason,
  behindIn,
  fleetOf,
  isUnfinished,
  recordedLayers,
  repairOf,
  wasPromoted,
} from '../../../../model/fleet/behind.ts';
import { planOf } from '../../../../model/fleet/plan.ts';
import type { FogSite, LayerPhase, LayerStrategy } from '../../../../model/types.ts';
import { aLayer, aRollout, owner, revision } from '../builders.ts';
import { aRecord, aRecordedLayer, away, blocked, drifted, sitesIn } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const HOLD = { reason: 'Stocktaking' };

/** The one recorded site, unless told otherwise in place and status as it was. */
function reasonOf(letter: string, wishes: SiteWishes | 'gone', strategy: LayerStrategy = {}): string | undefined {
  const shards = [aRecord(letter)];
  const site = 'edge-0-0';
  const sites = sitesIn(shards, { [site]: wishes === 'gone' ? undefined : wishes });
  const behind = behindIn(aRecordedLayer(shards), strategy, fleetOf(sites));
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
    const behind = behindIn(aRecordedLayer(shards), strategy, fleetOf(sites));
    expect(behind).toEqual({ layer: 'edge', generation: 4, count: 1, reasons: { new: 1 }, drifted: [] });
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
    const layer = { ...aRecordedLayer([edge]), above: [fog] };
    expect(behindIn(layer, {}, fleetOf(sites))?.reasons ?? {}).toEqual(reason ? { [reason]: 1 } : {});
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
    const found = recordedLayers(rollout, [cloud, edge]).find(({ status }) => status.name === 'edge')!;
    expect(found.above).toEqual([cloud]);
    expect(behindIn(found, {}, fleetOf(sites))).toMatchObject({ count: 1, reasons: { unblocked: 1 } });
  });

  it('is named in the signal where it has drifted, two hundred at once', () => {
    const shards = [aRecord('r'.repeat(200)), aRecord('r'.repeat(50), { index: 1 })];
    const wishes = Object.fromEntries(sitesIn(shards).map(({ metadata }) => [metadata.name, { status: drifted() }]));
    const behind = behindIn(aRecordedLayer(shards), {}, fleetOf(sitesIn(shards, wishes)))!;
    expect([behind.count, behind.drifted.length]).toEqual([250, 250]);
    expect(repairOf(behind)).toMatchObject({ layer: 'edge', generation: 4, drifted: expect.any(Array) });
    expect(repairOf(behind).drifted).toHaveLength(200);
  });
});

describe('The layers of a settled rollout', () => {
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
    expect(found.map(({ status, shards }) => [status.name, shards])).toEqual([
      ['fog', [fog]],
      ['edge', [old]],
    ]);
    expect(found[1]!.above).toEqual([]); // of another generation
  });

  it.each<[string, LayerPhase, string, boolean]>([
    ['were promoted when ready, whatever became of the others', 'Ready', 'rf', true],
    ['were not when their stage failed', 'Failed', 'rf', false],
    ['were, where a newer revision never came to them', 'Pending', 'rdsh', true],
    ['were not as far as one can know, where a site had failed before that', 'Pending', 'rf', false],
    ['were not where their stage was cut off', 'Pending', 'rw', false],
    ['are not while they are being put right', 'Progressing', 'rw', false],
  ])('%s', (_, phase, letters, expected) => {
    expect(wasPromoted(aRecordedLayer([aRecord(letters)], { phase }))).toBe(expected);
  });

  it('were promoted where what put them right was lost, but not without a record', () => {
    const lost = aRecordedLayer([aRecord('rw')], { phase: 'Progressing' });
    expect(wasPromoted(lost, { isLost: true })).toBe(true);
    expect(wasPromoted({ ...lost, status: { ...lost.status, phase: 'Pending' }, shards: [] })).toBe(false);
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

describe('Whatever became of the sites', () => {
  const anySite = fc.record({
    letter: fc.constantFrom(...'rfdshwi'),
    isThere: fc.boolean(),
    isRecorded: fc.boolean(),
    wishes: fc.record(
      {
        hold: fc.constant(HOLD),
        namespace: fc.constant('elsewhere'),
        labels: fc.constantFrom({ region: 'north' }, { region: 'south' }),
        status: fc.constantFrom(away(), drifted(), { ...away(), ...drifted() }),
      },
      { requiredKeys: [] },
    ),
  });
  const anyStrategy = fc.constantFrom<LayerStrategy>({}, { siteSelector: { matchLabels: { region: 'north' } } });

  it('those that are behind are those that a repair begins with, and after it none is', () => {
    fc.assert(
      fc.property(fc.array(anySite, { maxLength: 12 }), anyStrategy, (given, strategy) => {
        const shard = aRecord(given.map(({ letter }) => letter).join(''));
        const sites = sitesIn([shard]).flatMap((site, at): FogSite[] => {
          const { isThere, wishes } = given[at]!;
          return isThere ? [aSite(site.metadata.name, wishes)] : [];
        });
        const recorded = given.map(({ isRecorded }) => isRecorded);
        shard.spec.sites = shard.spec.sites.filter((_, at) => recorded[at]);
        shard.status!.phases = [...shard.status!.phases].filter((_, at) => recorded[at]).join('');
        const behind = behindIn(aRecordedLayer([shard]), strategy, fleetOf(sites));
        const release = { revision, hash: shard.spec.hash!, mode: 'repair' as const, drifted: behind?.drifted ?? [] };
        const input = { owner, layer: 'edge' as const, strategy, run: 'r2', release };
        const { shards: planned } = planOf(input, { sites, former: [shard], above: [] });
        const shards = planned.filter(({ spec }) => spec.generation > 0); // others take away what is left over
        const begun = shards.map(({ status }) => status!.phases).join('');
        expect(begun.replaceAll(/[^w]/g, '')).toHaveLength(behind?.count ?? 0);
        for (const { status } of shards) status!.phases = status!.phases.replaceAll('w', 'r');
        const healed = sites.map((site) => ({ ...site, status: { ...site.status!, drifted: [] } }));
        expect(behindIn(aRecordedLayer(shards), strategy, fleetOf(healed))).toBeUndefined();
      }),
    );
  });
});
