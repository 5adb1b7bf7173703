import { beforeEach, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../kube/resources.ts';
import type { FogShard } from '../../../../model/types.ts';
import { SiteShards } from '../../../../watcher/sites/site-shards.ts';
import { aShard } from '../../model/fleet/shard-records.ts';
import { Shelf } from '../shelf.ts';

let shelf: Shelf<FogShard & KubeObject>;
let shards: SiteShards;
let version = 0;

beforeEach(() => {
  shelf = new Shelf();
  shards = new SiteShards(shelf.informer);
});

function put(index: number, sites: string[], phases = 'r'.repeat(sites.length)): void {
  const shard = aShard(phases, { index });
  sites.forEach((name, at) => {
    shard.spec.sites[at]!.name = name;
  });
  const metadata = { ...shard.metadata, uid: `uid-${index}`, resourceVersion: `${++version}` };
  shelf.put({ ...shard, metadata });
}

const of = (site: string) => shards.of(site).map(({ spec, status }) => `${spec.index}${status?.phases}`);

describe('The FogShards of a site', () => {
  it('are those that name it, as they are now', () => {
    put(0, ['a', 'b']);
    shards.follow();
    put(1, ['b']);
    expect([of('a'), of('b'), of('c')]).toEqual([['0rr'], ['0rr', '1r'], []]);
    put(0, ['a', 'b'], 'ri');
    expect(of('b')).toEqual(['0ri', '1r']);
  });

  it('are others when a plan names others, or is gone', () => {
    shards.follow();
    put(0, ['a', 'b']);
    put(1, ['b']);
    put(0, ['c', 'b']);
    expect([of('a'), of('b').toSorted(), of('c')]).toEqual([[], ['0rr', '1r'], ['0rr']]);
    shelf.remove('shop/fgs-web-edge-0');
    expect([of('b'), of('c')]).toEqual([['1r'], []]);
  });
});
