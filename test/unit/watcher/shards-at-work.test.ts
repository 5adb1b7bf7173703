import { describe, expect, it } from '@jest/globals';
import type { FogShard } from '../../../model/types.ts';
import { shardsAtWork } from '../../../watcher/after-run/shards-at-work.ts';

function shard(layer: 'fog' | 'edge', index: number, phases: string | undefined, uid = 'uid-1'): FogShard {
  const sites = [{ name: 'a' }, { name: 'b' }];
  return { spec: { uid, layer, index, sites }, ...(phases !== undefined && { status: { phases } }) } as FogShard;
}

const atWork = (...shards: FogShard[]) =>
  shardsAtWork(shards, { namespace: 'shop', name: 'web', uid: 'uid-1' }).map((id) =>
    id.replace('fogrollout/shop/web/', ''),
  );

describe('Shards at work', () => {
  it.each<[string, FogShard, boolean]>([
    ['whose sites are in flight', shard('edge', 0, 'ri'), true],
    ['whose sites wait', shard('edge', 0, 'rw'), true],
    ['that have said nothing yet', shard('edge', 0, undefined), true],
    ['whose sites have come to an end', shard('edge', 0, 'rf'), false],
    ['of an earlier object', shard('edge', 0, 'ri', 'uid-0'), false],
  ])('%s', (_, one, isOne) => {
    expect(atWork(one)).toEqual(isOne ? ['edge/0'] : []);
  });

  it('are in the order of their turns, those with sites in flight first', () => {
    const shards = [shard('edge', 2, 'ww'), shard('edge', 0, 'ww'), shard('edge', 3, 'iw'), shard('fog', 1, 'ww')];
    expect(atWork(...shards)).toEqual(['edge/3', 'fog/1', 'edge/0', 'edge/2']);
  });

  it('are no more than fifty', () => {
    expect(atWork(...Array.from({ length: 60 }, (_, index) => shard('edge', index, 'ww')))).toHaveLength(50);
  });
});
