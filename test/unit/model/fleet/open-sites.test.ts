import { describe, expect, it } from '@jest/globals';
import { sitesToLookAt } from '../../../../model/fleet/open-sites.ts';
import type { FogShard, FogSite } from '../../../../model/types.ts';
import { aRecord, away } from './records.ts';
import { aSite, type SiteWishes } from './sites.ts';

const HOLD = { hold: { reason: 'Stocktaking' } };
const HAD = { version: 'v1', generation: 3 };
const NAME = 'edge-0-0';

/** Whether the run is told of the one site of the record. */
function isTold(shard: FogShard, wishes: SiteWishes | 'gone', isRemoved = false): boolean {
  const sites = wishes === 'gone' ? [] : [aSite(NAME, wishes)];
  const found = sitesToLookAt([shard], (name) => sites.find(({ metadata }) => metadata.name === name), { isRemoved });
  expect(found).toEqual(found.length === 0 ? [] : [{ layer: 'edge', sites: [NAME], marks: [''] }]);
  return found.length > 0;
}

describe('A run looks again at a site', () => {
  const giving = (letter: string, hold?: string) => aRecord(letter, { site: hold === undefined ? {} : { hold } });
  const leaving = (letter: string) => aRecord(letter, { generation: 0, site: { had: HAD } });

  it.each<[string, boolean, FogShard, SiteWishes | 'gone', boolean]>([
    ['that waits and is as it was: no', false, giving('w'), {}, false],
    ['that is gone', true, giving('w'), 'gone', false],
    ['that is somewhere else', true, giving('b'), { namespace: 'elsewhere' }, false],
    ['that is of another layer', true, giving('i'), { layer: 'fog' }, false],
    ['that is held', true, giving('w'), HOLD, false],
    ['that it began with as held: no', false, giving('w', 'Stocktaking'), HOLD, false],
    ['that is held somewhere else', true, giving('w', 'Stocktaking'), { ...HOLD, namespace: 'elsewhere' }, false],
    ['that is gone and had its turn: no', false, giving('r'), 'gone', false],
    ['that loses what it has, and is gone: no', false, leaving('w'), 'gone', false],
    ['that loses what it has, and is somewhere else: no', false, leaving('w'), { namespace: 'elsewhere' }, false],
    ['that loses what it has, and is held', true, leaving('w'), HOLD, false],
    ['that was held, in a removal, and is not any more', true, leaving('h'), {}, true],
    ['that was held, in a removal, and is gone', true, leaving('h'), 'gone', true],
    ['that was held, in a removal, and still is: no', false, leaving('h'), HOLD, true],
    ['that was held when it lost nothing of all: no', false, leaving('h'), {}, false],
    ['that was held, in a removal, when it was to be given something: no', false, giving('h'), {}, true],
    ['that was out of reach, in a removal, and is back', true, leaving('d'), {}, true],
    ['that was out of reach, in a removal, and still is: no', false, leaving('d'), { status: away() }, true],
    [
      'that was out of reach, in a removal, and is so somewhere else',
      true,
      leaving('d'),
      { namespace: 'x', status: away() },
      true,
    ],
    ['that was taken away, in a removal: no', false, leaving('r'), {}, true],
  ])('%s', (_, expected, shard, wishes, isRemoved) => {
    expect(isTold(shard, wishes, isRemoved)).toBe(expected);
  });

  it('that waits for a window, where that is another way than it says, and what way that is', () => {
    const note = (at: number, reason: string) => ({ site: `edge-0-${at}`, reason, message: 'line is closed' });
    const notes = [0, 1, 2, 4].map((at) => note(at, 'WindowClosed'));
    const shard = aRecord('wwwwr', { notes: [...notes, note(3, 'ParentNotReady')] });
    const now: Record<string, string | undefined> = { 'edge-0-0': 'line is closed', 'edge-0-1': 'night is closed' };
    const closing = ({ metadata }: FogSite) => now[metadata.name];
    const sites = shard.spec.sites.map(({ name }) => aSite(name));
    const siteOf = (name: string) => sites.find(({ metadata }) => metadata.name === name);
    expect(
      sitesToLookAt([shard, aRecord('w', { index: 1 })], siteOf, { closing }).map(({ sites, marks }) => [sites, marks]),
    ).toEqual([
      [
        ['edge-0-1', 'edge-0-2', 'edge-1-0'],
        ['night is closed', 'open', ''],
      ],
    ]);
    expect(sitesToLookAt([shard], siteOf)).toEqual([]);
  });
});
