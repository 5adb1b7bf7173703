import { describe, expect, it } from '@jest/globals';
import { Branches, LAYER_ABOVE, type ParentNews } from '../../../../model/fleet/branches.ts';

const news = (ready: string[], lost: string[] = []): ParentNews => ({ ready, lost });
const NOTHING = news([]);

/** Two shards: north and east, south and west. */
const someBranches = () =>
  new Branches([
    ['north', 'east'],
    ['south', 'west'],
  ]);

describe('Branches', () => {
  it.each<[string, string, ParentNews]>([
    ['sites that wait or are in flight', 'wi', NOTHING],
    ['sites that wait for their own parent', 'bb', NOTHING],
    ['ready sites', 'rr', news(['north', 'east'])],
    ['a failed and a deferred site', 'fd', news([], ['north', 'east'])],
    ['a skipped and a held site', 'sh', news([], ['north', 'east'])],
    ['one ready, one not yet', 'ri', news(['north'])],
    ['no letters', '', NOTHING],
    ['more letters than sites', 'wwrr', NOTHING],
    ['letters it does not know', 'x?', NOTHING],
  ])('tell of %s', (_, phases, expected) => {
    expect(someBranches().saw(0, phases)).toEqual(expected);
  });

  it.each<[string, [number, string][], ParentNews[]]>([
    [
      'a repeat',
      [
        [0, 'ri'],
        [0, 'ri'],
      ],
      [news(['north']), NOTHING],
    ],
    [
      'an older word',
      [
        [0, 'rf'],
        [0, 'ii'],
        [0, 'rw'],
      ],
      [news(['north'], ['east']), NOTHING, NOTHING],
    ],
    [
      'a later word: only what is new',
      [
        [0, 'ri'],
        [0, 'rd'],
      ],
      [news(['north']), news([], ['east'])],
    ],
    [
      'another shard',
      [
        [0, 'rw'],
        [1, 'rw'],
      ],
      [news(['north']), news(['south'])],
    ],
    ['a shard that is none of the stage', [[2, 'rr']], [NOTHING]],
  ])('tell each parent once: %s', (_, words, expected) => {
    const branches = someBranches();
    expect(words.map(([shard, phases]) => branches.saw(shard, phases))).toEqual(expected);
  });

  it('give up what is not ready when the stage has ended, and tell of the layer as a whole', () => {
    const branches = someBranches();
    branches.saw(0, 'rf');
    expect(branches.ended(true)).toEqual(news([LAYER_ABOVE], ['south', 'west']));
    expect(branches.ended(true)).toEqual(NOTHING);
    expect(branches.saw(1, 'rr')).toEqual(NOTHING);
  });

  it('give up the layer as a whole when it is not ready', () => {
    expect(someBranches().ended(false)).toEqual(news([], [LAYER_ABOVE, 'north', 'east', 'south', 'west']));
  });

  it('give up parents that are no sites of the stage', () => {
    const branches = someBranches();
    expect(branches.missing(['north', 'nowhere', LAYER_ABOVE, 'constructor'])).toEqual(
      news([], ['nowhere', 'constructor']),
    );
    expect(branches.missing(['nowhere'])).toEqual(NOTHING);
  });
});
