import { describe, expect, it } from '@jest/globals';
import { decoded } from '../../../../model/fleet/column-codes.ts';
import { siteColumnsOf } from '../../../../model/fleet/site-columns.ts';
import { SITE_PHASES } from '../../../../model/fleet/site-view.ts';
import { sitesOf } from '../../../../model/fleet/sites-view.ts';
import type { FogShard, FogSite } from '../../../../model/types.ts';
import { ALL_READY, aLayer, aRollout, revision } from '../builders.ts';
import { aShard } from './shard-records.ts';
import { aSite } from './sites.ts';

const cloud = aLayer('cloud', { phase: 'Ready', version: 'v1.2.0', generation: 4, sites: ALL_READY });
const edge = aLayer('edge', { phase: 'Progressing', version: 'v1.2.0', generation: 4, shards: 2 });
const rollout = aRollout({}, { observedGeneration: 3, phase: 'Progressing', revision, layers: [cloud, edge] });
const NOW = Date.parse('2026-11-22T12:00:00Z');

function columnsOf(shards: FogShard[], sites: FogSite[] = []) {
  const byName = new Map(sites.map((site) => [site.metadata.name, site]));
  return siteColumnsOf(rollout, shards, { siteOf: (name) => byName.get(name) ?? aSite(name), now: NOW });
}

it('says of every site what the list says, in its order', () => {
  const shards = [aShard('riwfbdsh', { wave: 'canary' }), aShard('r', { index: 1 })];
  const { layout, phases } = columnsOf(shards);
  const facts = { siteOf: (name: string) => aSite(name), now: NOW };
  const { sites } = sitesOf(rollout, shards, facts, { limit: 100 });
  expect(layout.names).toEqual(sites.map(({ site }) => site));
  expect(decoded(phases, SITE_PHASES)).toEqual(sites.map(({ phase }) => phase));
  expect(layout.parts).toEqual([
    { layer: 'cloud', count: 1 },
    { layer: 'edge', wave: 'canary', count: 8 },
    { layer: 'edge', wave: 'rest', count: 1 },
  ]);
  expect(layout.parents).toBeUndefined();
});

it('has those of one wave together, in whatever shards they are, and of one name in two layers apart', () => {
  const fog = aLayer('fog', { phase: 'Ready', shards: 1 });
  const both = aRollout({}, { observedGeneration: 3, phase: 'Progressing', revision, layers: [fog, edge] });
  const shards = [
    aShard('rr', { layer: 'fog' }),
    ...[aShard('rr'), aShard('', { index: 1, wave: 'nobody' }), aShard('w', { index: 2 })],
    ...[aShard('w', { index: 3, wave: 'last' }), aShard('w', { index: 4, wave: 'last' })],
  ];
  const { layout, phases } = siteColumnsOf(both, shards, { siteOf: (name) => aSite(name), now: NOW });
  expect(layout.parts).toEqual([
    { layer: 'fog', wave: 'rest', count: 2 },
    { layer: 'edge', wave: 'rest', count: 3 },
    { layer: 'edge', wave: 'last', count: 2 },
  ]);
  expect([layout.names.length, phases.length]).toEqual([7, 7]);
});

it('has what each site hangs on, where one hangs on any', () => {
  const shards = [aShard('r'), aShard('rr', { index: 1, site: { parent: 'north' } })];
  expect(columnsOf(shards).layout.parents).toEqual(['', '', 'north', 'north']);
});

describe('labels', () => {
  const labelled = (count: number, labels: (at: number) => Record<string, string>) =>
    columnsOf(
      [aShard('r'.repeat(count))],
      Array.from({ length: count }, (_, at) => aSite(`edge-0-${at}`, { labels: labels(at) })),
    ).layout.labels;

  it('are a column a key, with who has none', () => {
    const columns = labelled(3, (at) => ({ ...(at < 2 && { tier: 'gold' }), ...(at === 1 && { zone: 'b' }) }));
    expect(columns).toEqual([
      { key: 'tier', values: ['gold'], of: '-00-' },
      { key: 'zone', values: ['b'], of: '--0-' },
    ]);
    expect(decoded(columns[1]!.of, columns[1]!.values)).toEqual([undefined, undefined, 'b', undefined]);
  });

  it('come in the order of their keys, and of their values, whatever order they are met in', () => {
    const values = ['b', 'c', 'a'];
    const columns = labelled(3, (at) => ({ zone: values[at]!, ...(at === 2 && { area: 'x' }), tier: 'gold' }));
    expect(columns).toEqual([
      { key: 'area', values: ['x'], of: '---0' },
      { key: 'tier', values: ['gold'], of: '-000' },
      { key: 'zone', values: ['a', 'b', 'c'], of: '-120' },
    ]);
  });

  it('of many keys are those that come first', () => {
    const keys = Array.from({ length: 25 }, (_, at) => `key-${String(at).padStart(2, '0')}`);
    const columns = labelled(1, () => Object.fromEntries(keys.toReversed().map((key) => [key, 'x'])));
    expect(columns.map(({ key }) => key)).toEqual(keys.slice(0, 20));
  });

  it.each([
    [36, 1],
    [37, 0],
  ])('of which a key has %i values make %i columns: more name sites rather than sort them', (values, columns) => {
    expect(labelled(values, (at) => ({ name: `n${at}` }))).toHaveLength(columns);
  });
});
