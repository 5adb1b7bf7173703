import { describe, expect, it } from '@jest/globals';
import { hasOpenSites, noteAt, recordedAt, releaseAt } from '../../../../model/fleet/records.ts';
import { isOpen } from '../../../../model/fleet/report.ts';
import type { FogShard, ShardNote } from '../../../../model/types.ts';
import { aShard } from './shard-records.ts';

const had = { version: 'v1.1.0', generation: 3, hash: 'content-3' };
const note = (place: number, reason = 'Invalid'): ShardNote => ({
  ...{ site: `edge-0-${place}`, reason, message: `of ${place}` },
});

/** The record of an earlier version, which did not say what was given, and maybe not yet of how sites are. */
function silent(shard: FogShard): FogShard {
  const { status: _, ...rest } = shard;
  return rest;
}

describe('A record has open sites', () => {
  it.each<[string, FogShard, boolean]>([
    ['where nothing was recorded of them yet', silent(aShard('rr')), true],
    ['where not of all something was recorded', { ...aShard('rrr'), status: { phases: 'rr', reports: 1 } }, true],
    ['while one waits for its parent', aShard('rbr'), true],
    ['while one waits', aShard('wrr'), true],
    ['while one is under way', aShard('rri'), true],
    ['no more where all have come to an end', aShard('rfdsh'), false],
    ['never without sites', aShard(''), false],
    ['never without sites, though nothing was recorded', silent(aShard('')), false],
  ])('%s', (_, shard, expected) => {
    expect(hasOpenSites(shard)).toBe(expected);
  });

  it('of which each may come to another phase', () => {
    expect([undefined, ...'bwirfdsh'].map(isOpen)).toEqual([true, true, true, true, ...Array(5).fill(false)]);
  });
});

describe('Why a place ended as it did', () => {
  it.each<[string, number, letters: string, told: string]>([
    ['of a plan that gives something: of those that failed or were passed over', 4, 'rfdshwb', '-x-x---'],
    ['of one that takes away: of all that may still have it', 0, 'rfdshwi', '-xxxxxx'],
  ])('is kept %s', (_, generation, letters, told) => {
    const notes = [...letters].map((_, place) => note(place));
    const shard = aShard(letters, { generation, notes });
    expect(notes.map((one, place) => noteAt(shard, place) ?? one.site)).toEqual(
      notes.map((one, place) => (told[place] === 'x' ? one : one.site)),
    );
  });

  it('is told by its own note, and by none where it has none', () => {
    const shard = aShard('fff', { notes: [note(2), note(0, 'Denied')] });
    expect([0, 1, 2].map((place) => noteAt(shard, place))).toEqual([note(0, 'Denied'), undefined, note(2)]);
    expect(noteAt(silent(aShard('f')), 0)).toBeUndefined();
  });
});

describe('What a place has by its record', () => {
  const given = { version: 'v1.2.0', generation: 4 };

  it.each<[string, FogShard, object | undefined]>([
    [
      'is what it was given, with its hash once that is ready',
      aShard('r', { site: { had } }),
      { ...given, hash: 'content-4' },
    ],
    ['may be what it was given before it is ready', aShard('i', { site: { had } }), given],
    ['is what it had where nothing was recorded yet', silent(aShard('w', { site: { had } })), had],
    ['is nothing where nothing was recorded yet and it had nothing', silent(aShard('w')), undefined],
    ['is what it had until that is taken away', aShard('w', { generation: 0, site: { had } }), had],
    ['is what it had where that failed', aShard('f', { generation: 0, site: { had } }), had],
    [
      'is what it had where taking it away was not recorded',
      silent(aShard('w', { generation: 0, site: { had } })),
      had,
    ],
    ['is nothing once that was taken away', aShard('r', { generation: 0, site: { had } }), undefined],
  ])('%s', (_, shard, expected) => {
    expect(releaseAt(shard, 0)).toEqual(expected);
    const record = recordedAt('edge', shard, 0, undefined);
    expect(record.has).toEqual(expected);
    expect(record.isLeaving).toBe(shard.spec.generation === 0);
  });

  it('is at the place that its workers know it by', () => {
    const [hub, region] = [aShard('r'), aShard('r', { site: { queue: 'berlin', cluster: 'own' } })];
    const where = { name: 'edge-0-0', layer: 'edge', namespace: 'edge' };
    expect(recordedAt('edge', hub, 0, undefined).site).toEqual({ ...where, cluster: 'hub' });
    expect(recordedAt('edge', region, 0, undefined).site).toEqual({ ...where, cluster: 'own', queue: 'berlin' });
  });
});
