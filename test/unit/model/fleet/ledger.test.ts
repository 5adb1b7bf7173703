import { describe, expect, it } from '@jest/globals';
import { type RecordedLayer, recordedLayers, repairOf } from '../../../../model/fleet/behind.ts';
import { Fleet } from '../../../../model/fleet/fleet.ts';
import { Ledger } from '../../../../model/fleet/ledger.ts';
import type { LayerRepair } from '../../../../model/signals.ts';
import type { FogShard, FogSite, LayerStrategy, ShardSite } from '../../../../model/types.ts';
import { aLayer, aRollout, revision } from '../builders.ts';
import { aRecord, aRecordedLayer, away, blocked, drifted } from './records.ts';
import { aSite } from './sites.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const HAD = { version: 'v1', generation: 3, hash: 'content-3' };

interface Given {
  strategy?: LayerStrategy;
  above?: 'fog';
  /** Besides, of the rollout. */
  own?: FogShard[];
}

function booksOf(layer: RecordedLayer, sites: FogSite[], { strategy = {}, above, own = [] }: Given = {}): Ledger {
  const terms = { given: { strategy, ...(above && { above }) }, present: strategy };
  return new Ledger({ ...layer, own: [...layer.own, ...own] }, terms, new Fleet(sites), NOW);
}

/** What a repair is asked for, of a promoted edge with these records. */
function repairFor(records: FogShard[], sites: FogSite[], given?: Given): LayerRepair | undefined {
  const layer = aRecordedLayer(records, { shards: records.filter(({ spec }) => spec.generation > 0).length });
  const behind = booksOf(layer, sites, given).behind();
  return behind && repairOf(behind);
}

const HOLD = { hold: { reason: 'Stocktaking' } };
const note = (site: string, reason: string) => ({ site, reason, message: `edge ${site}: so it is` });

const giving = (letter: string, site: Partial<ShardSite> = {}) => record(letter, 4, site);
const leaving = (letter: string, site: Partial<ShardSite> = {}) => record(letter, 0, { had: HAD, ...site });

/** Of the site a, unless it has another name. */
function record(letter: string, generation: number, site: Partial<ShardSite>): FogShard {
  const shard = aRecord(letter, { generation, index: generation === 0 ? 1 : 0 });
  Object.assign(shard.spec.sites[0]!, { name: 'a', namespace: 'a', ...site });
  return shard;
}

const PLANNED: LayerRepair = { layer: 'edge', fleet: true, leaves: 'leftovers', leavesBy: 4 };
const ANEW: LayerRepair = { layer: 'edge', generation: 4, drifted: [], fleet: true };

describe('What is to go of a site', () => {
  const there = { namespace: 'there' };

  it.each<[string, FogShard[], FogSite[], LayerRepair | undefined]>([
    [
      'goes from its old place, once it is ready at the new one',
      [giving('r', there), leaving('s')],
      [aSite('a', there)],
      PLANNED,
    ],
    ['does not where it failed at the new one', [giving('f', there), leaving('s')], [aSite('a', there)], undefined],
    [
      'does not where it has moved back, out of reach, to where it lost what it had',
      [giving('r'), leaving('r', there)],
      [aSite('a', { ...there, status: away() })],
      undefined,
    ],
    [
      'is planned anew where the newest record of the place has it given',
      [giving('r'), leaving('w')],
      [],
      { ...ANEW, leaves: 'leftovers', leavesBy: 4 },
    ],
    ['is nothing where that place has it again', [giving('r'), leaving('w')], [aSite('a')], undefined],
    [
      'is planned anew with the others, where some of it is planned to go',
      [giving('r'), leaving('w', { name: 'b', namespace: 'b' })],
      [],
      { ...ANEW, leaves: 'leftovers', leavesBy: 4 },
    ],
  ])('%s', (_, records, sites, expected) => {
    expect(repairFor(records, sites)).toEqual(expected);
  });
});

describe('A repair of a layer', () => {
  it.each<[string, FogShard[], FogSite[], Given, LayerRepair | undefined]>([
    [
      'of a site that has moved takes what its old place has besides, whoever else is behind',
      [giving('r')],
      [aSite('a', { namespace: 'there' }), aSite('new')],
      {},
      { ...ANEW, leaves: 'leftovers', leavesBy: 4 },
    ],
    [
      'takes what one of several old places has',
      [giving('r'), leaving('r', { namespace: 'before' })],
      [aSite('a', { namespace: 'there' })],
      {},
      { ...ANEW, leaves: 'leftovers', leavesBy: 4 },
    ],
    [
      'takes nothing of a site that has moved where the strategy keeps it',
      [giving('r')],
      [aSite('a', { namespace: 'there' })],
      { strategy: { prune: false } },
      ANEW,
    ],
    ['takes nothing of a site that is where it was', [giving('d', { had: HAD })], [aSite('a')], {}, ANEW],
    [
      'is not begun at a site out of reach that is waited for',
      [giving('d')],
      [aSite('a', { status: away() })],
      { strategy: { offline: { policy: 'Wait' } } },
      undefined,
    ],
    [
      'is of a site in the namespace of its layer as of any other',
      [giving('h', { name: 'edge', namespace: 'edge' })],
      [aSite('edge')],
      {},
      ANEW,
    ],
    [
      'leaves out a site that a person has passed over, until there is something else to give',
      [aRecord('ss', { notes: [note('edge-0-0', 'Skipped'), note('edge-0-1', 'Left')] })],
      [aSite('edge-0-0'), aSite('edge-0-1', { ...HOLD })],
      {},
      undefined,
    ],
    [
      'has a site that had left and is back',
      [aRecord('s', { notes: [note('edge-0-0', 'Left')] })],
      [aSite('edge-0-0')],
      {},
      ANEW,
    ],
    ['is of all sites where the whole record is lost', [], [aSite('a')], {}, ANEW],
  ])('%s', (_, records, sites, given, expected) => {
    expect(repairFor(records, sites, given)).toEqual(expected);
  });

  it('names the attempt that the layer was given, also where sites only lose something', () => {
    const given = { ...giving('h'), spec: { ...giving('h').spec, attempt: 2 } };
    const layer = (...records: FogShard[]) => aRecordedLayer(records, { attempt: 2, shards: 1 });
    expect(layer(given, giving('h')).shards).toEqual([given]);
    expect(repairOf(booksOf(layer(given), [aSite('a')]).behind()!)).toEqual({ ...ANEW, attempt: 2 });
    expect(repairOf(booksOf(layer(leaving('w')), []).behind()!)).toEqual({ ...PLANNED, attempt: 2 });
  });
});

describe('Why a site is behind', () => {
  const parent = aSite('fog-0-0', { layer: 'fog' });
  const child = aSite('a', { parent: 'fog-0-0' });
  const reasonsOf = (record: FogShard, sites: FogSite[], given: Given) =>
    booksOf(aRecordedLayer([record]), sites, given).behind()?.reasons;

  it('is told apart: it was out of reach, or waited for its parent', () => {
    const note = { ...blocked('a'), reason: 'Unreachable' };
    const given = { above: 'fog' as const, own: [aRecord('r', { layer: 'fog' })] };
    const noted = (notes: FogShard['status']) => ({ ...giving('d'), status: notes });
    expect(reasonsOf(noted({ phases: 'd', reports: 1, notes: [note] }), [parent, child], given)).toEqual({
      returned: 1,
    });
    expect(reasonsOf(noted({ phases: 'd', reports: 1, notes: [blocked('a')] }), [parent, child], given)).toEqual({
      unblocked: 1,
    });
  });

  it('is not that its parent is ready, where that was so in another layer', () => {
    const asEdge = aRecord('r');
    asEdge.spec.sites[0]!.name = 'fog-0-0';
    const own = [asEdge, aRecord('d', { layer: 'fog' })];
    expect(reasonsOf(giving('d'), [parent, child], { above: 'fog', own })).toBeUndefined();
  });

  it('is not that it moved, once it is back where it was', () => {
    const fleet = new Fleet([aSite('a', { namespace: 'there' })]);
    const ledger = new Ledger(aRecordedLayer([giving('r')]), { given: { strategy: {} }, present: {} }, fleet, NOW);
    expect(ledger.behind()).toMatchObject({ reasons: { moved: 1 }, leaves: { who: 'leftovers', count: 0 } });
    fleet.put('a', aSite('a', { generation: 2, status: drifted() }));
    const { names, isJudged } = fleet.take();
    expect(ledger.update(names, NOW, { isJudged })).toBe(true);
    expect(repairOf(ledger.behind()!)).toEqual({ ...ANEW, drifted: ['a'] });
  });
});

describe('A layer of which more is on record than it was given', () => {
  it('is as well as what it was given', () => {
    const sites = { total: 1, ready: 1, updated: 1, failed: 0, deferred: 0 };
    for (const more of [leaving('w'), leaving('w', { namespace: 'before' })]) {
      const layer = aRecordedLayer([giving('r'), more], { shards: 1 });
      expect(booksOf(layer, [aSite('a')]).health(NOW)?.health).toMatchObject({ ready: true, sites });
    }
  });

  it('is not touched without its content, and counted all the same', () => {
    const layer = aRecordedLayer([giving('r'), leaving('w', { name: 'b', namespace: 'b' })], { shards: 1 });
    const fleet = new Fleet([aSite('a', { status: drifted() }), aSite('new')]);
    const ledger = new Ledger(layer, { present: {} }, fleet, NOW);
    expect(ledger.behind()).toBeUndefined();
    expect(ledger.health(NOW)?.health.sites).toMatchObject({ total: 1, ready: 0 });
  });

  it('and that has its implicit site again is left alone where one of the places is that of the site', () => {
    const rollout = aRollout(
      {},
      { observedGeneration: 4, phase: 'Failed', revision, layers: [aLayer('edge', { phase: 'Ready', generation: 4 })] },
    );
    const shard = aRecord('ww', { generation: 0, site: { had: HAD } });
    const [layer] = recordedLayers(rollout, [shard]);
    expect(booksOf(layer!, []).behind()).toMatchObject({ leaves: { count: 2 } });
    shard.spec.sites[1]!.namespace = 'edge';
    expect(booksOf(layer!, []).behind()).toBeUndefined();
  });
});
