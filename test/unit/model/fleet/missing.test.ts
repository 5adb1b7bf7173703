import { describe, expect, it } from '@jest/globals';
import { DEPLOYMENT_MISSING, OTHER_CONTENT } from '../../../../model/drift.ts';
import { differenceFrom, recordedAt, sitesChanged } from '../../../../model/fleet/missing.ts';
import { siteOf } from '../../../../model/site.ts';
import type { FogShard, ShardSite } from '../../../../model/types.ts';
import { aRecord } from './records.ts';
import { aSite } from './sites.ts';

const HAD = { version: 'v1', generation: 3, hash: 'content-3' };
const SECOND = siteOf(aSite('edge-0-1'));
const recorded = (generation: number, hash = `content-${generation}`) => ({
  rollout: { namespace: 'shop', name: 'web' },
  uid: 'uid-1',
  generation,
  hash,
  run: 'r1',
});

/** The site's entry is its second. */
function aShardOf(entry: Partial<ShardSite>, options: Parameters<typeof aRecord>[1] = {}, letter = 'r'): FogShard {
  const shard = aRecord(`f${letter}`, options);
  Object.assign(shard.spec.sites[1]!, entry);
  return shard;
}

describe('What a site should have by its records', () => {
  it.each<[string, FogShard[], ReturnType<typeof recorded>[]]>([
    ['is what it was ready with', [aShardOf({})], [recorded(4)]],
    ['is nothing where none names it', [aRecord('r'), aRecord('r', { index: 3 })], []],
    ['is nothing of another place', [aShardOf({ namespace: 'elsewhere' })], []],
    ['is nothing of another cluster there', [aShardOf({ cluster: 'secret/s/kubeconfig' })], []],
    [
      'is nothing of another layer that it was of',
      [aShardOf({ name: SECOND.name, namespace: SECOND.namespace }, { layer: 'fog' })],
      [],
    ],
    ['is nothing where it failed', [aShardOf({}, {}, 'f')], []],
    ['is nothing while it is under way, whatever it had', [aShardOf({ had: HAD }, {}, 'i')], []],
    ['is nothing while it is taken away', [aShardOf({ had: HAD }, { generation: 0 }, 'h')], []],
    ['is what it had where it was out of reach', [aShardOf({ had: HAD }, {}, 'd')], [recorded(3)]],
    [
      'is of each object its own',
      [aShardOf({}), aShardOf({}, { uid: 'uid-2', rollout: 'api', namespace: 'ops' })],
      [recorded(4), { ...recorded(4), uid: 'uid-2', rollout: { namespace: 'ops', name: 'api' } }],
    ],
  ])('%s', (_, shards, expected) => {
    for (const all of [shards, shards.toReversed()]) {
      const found = recordedAt(SECOND, all);
      expect(found.sort((a, b) => (a.uid < b.uid ? -1 : 1))).toEqual(expected);
    }
  });

  it('is what the newest record says, whichever comes first', () => {
    const [older, newer, given] = [aShardOf({}, { generation: 3 }), aShardOf({}), aShardOf({}, {}, 'i')];
    const attempt = { ...given, spec: { ...given.spec, attempt: 1 } };
    expect(recordedAt(SECOND, [older, newer])).toEqual([recorded(4)]);
    expect(recordedAt(SECOND, [newer, older])).toEqual([recorded(4)]);
    expect(recordedAt(SECOND, [attempt, newer])).toEqual([]);
    expect(recordedAt(SECOND, [newer, attempt])).toEqual([]);
    const leaving = aShardOf({ had: HAD }, { generation: 0 }, 'w');
    expect(recordedAt(SECOND, [leaving, newer])).toEqual([recorded(4)]);
    expect(recordedAt(SECOND, [newer, leaving])).toEqual([recorded(4)]);
  });

  it.each<[string, string[], string | undefined]>([
    ['is there', ['shop/api/edge/uid-9/other/9', 'shop/web/edge/uid-1/content-4/4'], undefined],
    [
      'is not there, but in another layer and of others',
      ['shop/web/fog/uid-1/content-4/4', 'shop/w/edge/u/h/4'],
      DEPLOYMENT_MISSING,
    ],
    ['is there with other content of the same generation', ['shop/web/edge/uid-1/other/4'], OTHER_CONTENT],
    ['is there with older content', ['shop/web/edge/uid-1/other/3'], OTHER_CONTENT],
    ['is there with newer content', ['shop/web/edge/uid-1/other/5'], undefined],
    ['is of another object there', ['shop/web/edge/uid-2/content-4/5'], OTHER_CONTENT],
    ['is there and does not say what it is', ['shop/web/edge/uid-1//4'], undefined],
    ['is there with a line that nobody can read', ['shop/web/edge/uid-1/content-4/four'], DEPLOYMENT_MISSING],
  ])('%s', (_, present, expected) => {
    expect(differenceFrom(recorded(4), { layer: 'edge' }, present)).toBe(expected);
  });
});

describe('The sites that a change of a record concerns', () => {
  const before = aRecord('rrr', { site: { had: HAD } });
  before.status!.given = 'nnn';
  const changed = (change: (shard: FogShard) => void) => {
    const now = structuredClone(before);
    change(now);
    return sitesChanged(before, now).sort();
  };
  const [FIRST, LAST, ALL] = ['edge-0-0', 'edge-0-2', ['edge-0-0', 'edge-0-1', 'edge-0-2']] as const;
  const atLast = (change: (site: ShardSite) => void) => (shard: FogShard) => change(shard.spec.sites[2]!);

  it.each<[string, string[], (shard: FogShard) => void]>([
    ['are none where nothing else is said', [], () => undefined],
    [
      'are none where how sites are gone through is another way',
      [],
      (shard) => Object.assign(shard.spec, { wave: 'first' }),
    ],
    [
      'are none where it was only reported again',
      [],
      (shard) => Object.assign(shard.status!, { reports: 9, notes: [] }),
    ],
    ['have come to another end', [LAST], (shard) => Object.assign(shard.status!, { phases: 'rrf' })],
    ['were given something', [LAST], (shard) => Object.assign(shard.status!, { given: 'nny' })],
    ['had something else', [LAST], atLast((site) => Object.assign(site, { had: { ...HAD, hash: 'content-2' } }))],
    ['had nothing', [LAST], atLast((site) => delete site.had)],
    ['are somewhere else', [LAST], atLast((site) => Object.assign(site, { namespace: 'elsewhere' }))],
    ['are on another cluster', [LAST], atLast((site) => Object.assign(site, { cluster: 'secret/s/kubeconfig' }))],
    ['are others', [LAST, 'other'], atLast((site) => Object.assign(site, { name: 'other' }))],
    ['are those that have come', ['new'], (shard) => shard.spec.sites.push({ ...shard.spec.sites[0]!, name: 'new' })],
    ['are those that have left', [LAST], (shard) => shard.spec.sites.pop()],
    ['are those whose places in it have changed', [FIRST, LAST], ({ spec }) => spec.sites.reverse()],
    ['have lost what was said of them', ALL.slice(), (shard) => delete shard.status],
    ...(['uid', 'layer', 'generation', 'hash', 'run'] as const).map(
      (field): [string, string[], (shard: FogShard) => void] => [
        `are all where it has another ${field}`,
        ALL.slice(),
        (shard) => Object.assign(shard.spec, { [field]: 'other' }),
      ],
    ),
  ])('%s', (_, expected, change) => {
    expect(changed(change)).toEqual(expected);
  });
});
