import { describe, expect, it } from '@jest/globals';
import { loadedOf } from '../../../../model/fleet/plan.ts';
import type { FogShard } from '../../../../model/types.ts';
import { aPromotion, aRelease, plan } from './plans.ts';
import { aSite } from './sites.ts';

const CLOUDS = [aSite('hq', { layer: 'cloud' }), aSite('lab', { layer: 'cloud' })];
const FOGS = [
  aSite('north', { layer: 'fog', parent: 'hq' }),
  aSite('south', { layer: 'fog', parent: 'lab' }),
  aSite('west', { layer: 'fog' }),
];
const LEAVES = [
  aSite('a', { parent: 'south' }),
  aSite('b', { parent: 'north' }),
  aSite('c'),
  aSite('d', { parent: 'south' }),
  aSite('e', { parent: 'west' }),
];
const sites = [...CLOUDS, ...FOGS, ...LEAVES];

/** The record of a layer above. */
function above(names: string[], phases: string, generation = 4): FogShard {
  const recorded = names.map((name) => ({ name, namespace: name, cluster: 'hub' }));
  return { spec: { generation, sites: recorded }, status: { phases, reports: 1 } } as unknown as FogShard;
}

describe('A stage by branches', () => {
  it('lets every site wait for its parent, those of one parent together', () => {
    const { stage, shards } = plan(aPromotion(aRelease(4, { above: 'fog' })), { sites }, 2);
    expect(shards.map(({ spec }) => spec.sites.map(({ name }) => name))).toEqual([['c', 'b'], ['a', 'd'], ['e']]);
    expect(stage.shards.map(({ parents }) => parents)).toEqual([{ '': 1, north: 1 }, { south: 2 }, { west: 1 }]);
    expect(loadedOf(shards[1]!)).toMatchObject({ phases: 'bb', parents: { south: [0, 1] } });
  });

  it('goes by their names alone where no site waits for another', () => {
    const { stage, shards } = plan(aPromotion(), { sites }, 9);
    expect(shards.map(({ spec }) => spec.sites.map(({ name }) => name))).toEqual([['a', 'b', 'c', 'd', 'e']]);
    expect(stage.shards[0]).not.toHaveProperty('parents');
    expect(loadedOf(shards[0]!)).not.toHaveProperty('parents');
  });

  it('without the layer between lets them wait for their ancestor in the nearest one above', () => {
    const { stage, shards } = plan(aPromotion(aRelease(4, { above: 'cloud' })), { sites }, 9);
    expect(shards[0]?.spec.sites.map(({ name, parent }) => [name, parent])).toEqual([
      ['c', undefined],
      ['e', undefined],
      ['b', 'hq'],
      ['a', 'lab'],
      ['d', 'lab'],
    ]);
    expect(stage.shards[0]).toMatchObject({ report: { blocked: 5 }, parents: { '': 2, hq: 1, lab: 2 } });
  });

  it.each<[string, 'cloud' | 'fog', FogShard[], string]>([
    ['asks the record above instead', 'fog', [above(['north', 'south', 'west'], 'drf')], 'c:w b:d a:w d:w e:d'],
    ['asks that of the nearest layer above', 'cloud', [above(['hq', 'lab'], 'dr')], 'c:w e:w b:d a:w d:w'],
    ['takes a parent without a record as not ready', 'cloud', [above(['hq'], 'r')], 'c:w e:w b:w a:d d:d'],
    [
      'does not take one for ready that lost its release',
      'cloud',
      [above(['hq', 'lab'], 'rr', 0)],
      'c:w e:w b:d a:d d:d',
    ],
  ])('in a repair %s', (_, layer, records, expected) => {
    const { shards } = plan(aPromotion(aRelease(4, { above: layer, mode: 'repair' })), { sites, above: records }, 9);
    const [{ spec, status }] = shards as [FogShard];
    expect(spec.sites.map(({ name }, at) => `${name}:${status!.phases[at]}`).join(' ')).toBe(expected);
    const deferred = spec.sites.filter((_, at) => status!.phases[at] === 'd').map(({ name }) => name);
    expect(status!.notes?.map(({ site, reason }) => [site, reason])).toEqual(
      deferred.map((site) => [site, 'ParentNotReady']),
    );
  });

  it('keeps what is ready with the same content, whatever became of its parent', () => {
    const release = aRelease(4, { above: 'fog' });
    const first = plan(aPromotion(release), { sites }, 9).shards;
    const former = first.map((shard) => ({ ...shard, status: { ...shard.status!, phases: 'rrdrd' } }));
    const { stage } = plan(aPromotion(release), { sites, former }, 9);
    expect(stage.shards[0]).toMatchObject({ report: { ready: 3, blocked: 2 }, parents: { south: 1, west: 1 } });
  });
});
