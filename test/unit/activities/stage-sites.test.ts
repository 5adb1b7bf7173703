import { beforeEach, describe, expect, it } from '@jest/globals';
import { type LiveSite, sitesFor } from '../../../activities/stage-sites.ts';
import type { KubeClient } from '../../../kube/client.ts';
import { selects } from '../../../model/fleet/selector.ts';
import type { PlanStageInput } from '../../../model/shards.ts';
import type { SiteSelector } from '../../../model/types.ts';
import { owner, revision } from '../model/builders.ts';
import { aSite, type SiteWishes } from '../model/fleet/sites.ts';
import { Shelf } from '../watcher/shelf.ts';

const NORTH: SiteSelector = { matchLabels: { region: 'north' } };
const north = { labels: { region: 'north' } };

/** What the API server has, by name, and what the cache has of it. */
let there: Map<string, LiveSite>;
let cache: Shelf<LiveSite>;
/** Of each list, which selector it had. */
let lists: (string | undefined)[];
beforeEach(() => {
  there = new Map();
  cache = new Shelf();
  lists = [];
});

function put(name: string, wishes: SiteWishes = {}, where: 'both' | 'there' | 'cache' = 'both'): void {
  const site = aSite(name, wishes) as LiveSite;
  if (where !== 'cache') there.set(name, site);
  if (where !== 'there') cache.put({ ...site, metadata: { ...site.metadata, resourceVersion: `${Math.random()}` } });
}

const client = {
  async listAll(_: unknown, { labelSelector }: { labelSelector?: string }) {
    lists.push(labelSelector);
    const items = [...there.values()];
    return { items: labelSelector ? items.filter(({ metadata }) => selects(NORTH, metadata.labels)) : items };
  },
} as unknown as KubeClient;

async function names(
  siteSelector: SiteSelector | undefined,
  { hasSynced = true, removal = false } = {},
): Promise<string[]> {
  const view = { hasSynced, list: () => cache.list() };
  const input: PlanStageInput = {
    ...{ owner, layer: 'edge', strategy: { ...(siteSelector && { siteSelector }) }, run: 'run-1' },
    ...(removal ? { leaves: 'all' } : { release: { revision, hash: 'content', mode: 'promote' } }),
  };
  const sites = await sitesFor(input, { client, cache: view as never, options: {} });
  return sites.map(({ metadata }) => metadata.name).sort();
}

describe('The sites that a stage is planned with', () => {
  it('are read, all of them, where there is no selector', async () => {
    put('a');
    put('b', {}, 'there');
    expect([await names(undefined), lists]).toEqual([['a', 'b'], [undefined]]);
  });

  it('are only read as far as the selector takes them', async () => {
    put('hub', { layer: 'fog' });
    put('a', { ...north, parent: 'hub' });
    put('b', { labels: { region: 'south' } });
    expect([await names(NORTH), lists]).toEqual([['a', 'b', 'hub'], ['region in (north)']]);
  });

  it.each<[string, () => void, string[]]>([
    ['a site that it has not seen', () => put('late', north, 'there'), ['a', 'late']],
    ['a site that is gone', () => put('gone', north, 'cache'), ['a']],
    [
      'a label that is another',
      () => {
        put('moved', north, 'cache');
        put('moved', {}, 'there');
      },
      ['a'],
    ],
    [
      'a hold',
      () => {
        put('b', north, 'cache');
        put('b', { ...north, hold: { reason: 'harvest' } }, 'there');
      },
      ['a', 'b'],
    ],
  ])('are right although the cache is behind by %s', async (_, change, expected) => {
    put('a', north);
    change();
    expect([await names(NORTH), lists.length]).toEqual([expected, 1]);
  });

  it.each<[string, () => void]>([
    ['whose parent it does not know', () => put('hub', { layer: 'fog' }, 'there')],
    ['whose place somebody else has, by what it knows', () => put('old', { namespace: 'a', age: -9 }, 'cache')],
  ])('are all read when the cache knows too little of one %s', async (_, change) => {
    put('hub', { layer: 'fog' }, 'there');
    put('a', { ...north, parent: 'hub', age: 1 });
    change();
    expect([await names(NORTH), lists]).toEqual([
      ['a', 'hub'],
      ['region in (north)', undefined],
    ]);
  });

  it('are all read while there is no cache', async () => {
    put('a', north, 'there');
    expect([await names(NORTH, { hasSynced: false }), lists]).toEqual([['a'], [undefined]]);
  });

  it('are not read for a removal, which goes by the record, but while there is no cache', async () => {
    put('a');
    expect([await names(NORTH, { removal: true }), lists]).toEqual([['a'], []]);
    expect([await names(NORTH, { removal: true, hasSynced: false }), lists]).toEqual([['a'], [undefined]]);
  });
});
