import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amountOf } from '../../../../model/fleet/budget.ts';
import { selects } from '../../../../model/fleet/selector.ts';
import { inOrder, type Member, selectedOf, wavesOf } from '../../../../model/fleet/waves.ts';
import type { Amount, LayerStrategy, WaveStrategy } from '../../../../model/types.ts';

const aMember = (name: string, labels?: Record<string, string>): Member => ({
  site: { name, layer: 'edge', namespace: 'edge', cluster: name },
  ...(labels && { labels }),
});

/** `edge-01`, `edge-02` and so on. */
const edges = (count: number) =>
  Array.from({ length: count }, (_, index) => aMember(`edge-${String(index + 1).padStart(2, '0')}`));

const namesOf = (members: Member[]) => members.map(({ site }) => site.name);
const wavesBy = (members: Member[], strategy: LayerStrategy) =>
  wavesOf(members, strategy).map(({ name, members }) => [name, namesOf(members)]);
const sizesOf = (members: Member[], waves: WaveStrategy[]) =>
  wavesOf(members, { waves }).map(({ name, members }) => [name, members.length]);

describe('inOrder', () => {
  it.each<[string, (string | undefined)[], (string | undefined)[]]>([
    ['numbers as numbers', ['10', '9', '2.5', '2'], ['2', '2.5', '9', '10']],
    [
      'numbers of many digits, before and behind the point',
      ['100', '20.5', '3', '20.25'],
      ['3', '20.25', '20.5', '100'],
    ],
    ['words by their code units', ['b', 'B', 'a', 'a1'], ['B', 'a', 'a1', 'b']],
    ['numbers before words before none', [undefined, 'late', '7', '', '1e3'], ['7', '', '1e3', 'late', undefined]],
  ])('%s', (_, values, expected) => {
    const members = values.map((value, index) => aMember(`site-${index}`, value === undefined ? {} : { at: value }));
    expect(inOrder(members, 'at').map(({ labels }) => labels?.at)).toEqual(expected);
  });

  it.each<[string, Member[], string | undefined, string[]]>([
    ['by name without a label', [aMember('b'), aMember('a10'), aMember('a9')], undefined, ['a10', 'a9', 'b']],
    ['by name where none has the label', [aMember('b'), aMember('a', {})], 'at', ['a', 'b']],
    ['ties by name', [aMember('b', { at: '1' }), aMember('a', { at: '1.0' })], 'at', ['a', 'b']],
    ['a label that every object inherits is none', [aMember('b', {}), aMember('a')], 'toString', ['a', 'b']],
  ])('%s', (_, members, label, expected) => {
    expect(namesOf(inOrder(members, label))).toEqual(expected);
  });

  it('by their parents, and then by name, only where that is asked for', () => {
    const members = [
      { ...aMember('a'), parent: 'south' },
      { ...aMember('b'), parent: 'north' },
      aMember('c'),
      { ...aMember('d'), parent: 'north' },
    ];
    expect(namesOf(inOrder(members))).toEqual(['a', 'b', 'c', 'd']);
    expect(namesOf(inOrder(members, undefined, true))).toEqual(['c', 'b', 'd', 'a']);
    expect(wavesBy(members, {})).toEqual([['all', ['a', 'b', 'c', 'd']]]);
    const [wave] = wavesOf(members, {}, { byParent: true });
    expect(namesOf(wave!.members)).toEqual(['c', 'b', 'd', 'a']);
  });

  it('leaves what it was given as it is', () => {
    const members = [aMember('b'), aMember('a')];
    inOrder(members);
    expect(namesOf(members)).toEqual(['b', 'a']);
  });
});

describe('wavesOf', () => {
  const north = { siteSelector: { matchLabels: { region: 'north' } } };
  const mixed = [aMember('a'), aMember('b', { region: 'north' }), aMember('c', { region: 'north' })];

  it.each<[string, Member[], LayerStrategy, [string, string[]][]]>([
    ['one wave by default', edges(2), {}, [['all', ['edge-01', 'edge-02']]]],
    ['none of no members', [], { waves: [{ size: 1 }] }, []],
    ['none where the strategy selects nothing', edges(3), north, []],
    ['only selected members', mixed, north, [['all', ['b', 'c']]]],
    [
      'a canary and the rest',
      edges(3),
      { waves: [{ name: 'canary', size: 1 }] },
      [
        ['canary', ['edge-01']],
        ['rest', ['edge-02', 'edge-03']],
      ],
    ],
    [
      'a wave by selector, its own order kept',
      mixed,
      { waves: [north] },
      [
        ['wave 1', ['b', 'c']],
        ['rest', ['a']],
      ],
    ],
    [
      'a selector and a size',
      mixed,
      { waves: [{ ...north, size: 1 }] },
      [
        ['wave 1', ['b']],
        ['rest', ['a', 'c']],
      ],
    ],
    ['no rest where nothing is left', edges(1), { waves: [{ size: 5 }, { size: 5 }] }, [['wave 1', ['edge-01']]]],
    [
      'an empty wave is left out, its number too',
      mixed,
      { waves: [{ siteSelector: { matchLabels: { region: 'x' } } }, { size: 3 }] },
      [['wave 2', ['a', 'b', 'c']]],
    ],
    ['all, where every wave before was empty', edges(1), { waves: [north] }, [['all', ['edge-01']]]],
    [
      'the first in order go first',
      [aMember('a', { at: '2' }), aMember('b', { at: '1' })],
      { order: 'at', waves: [{ size: 1 }] },
      [
        ['wave 1', ['b']],
        ['rest', ['a']],
      ],
    ],
  ])('%s', (_, members, strategy, expected) => {
    expect(wavesBy(members, strategy)).toEqual(expected);
  });

  it.each<[string, number, Amount[], [string, number][]]>([
    [
      'rounds up',
      11,
      ['10%'],
      [
        ['wave 1', 2],
        ['rest', 9],
      ],
    ],
    [
      'of none takes one all the same',
      3,
      [0],
      [
        ['wave 1', 1],
        ['rest', 2],
      ],
    ],
    [
      'takes one at least',
      3,
      ['1%'],
      [
        ['wave 1', 1],
        ['rest', 2],
      ],
    ],
    ['takes all', 3, ['100%'], [['wave 1', 3]]],
    [
      'is of all selected sites, not of those left',
      10,
      [5, '50%'],
      [
        ['wave 1', 5],
        ['wave 2', 5],
      ],
    ],
    [
      'takes what is left where that is less',
      10,
      ['60%', '60%'],
      [
        ['wave 1', 6],
        ['wave 2', 4],
      ],
    ],
  ])('a size %s', (_, count, sizes, expected) => {
    expect(
      sizesOf(
        edges(count),
        sizes.map((size) => ({ size })),
      ),
    ).toEqual(expected);
  });

  it('numbers those of one name, each with another', () => {
    const ring = { name: 'ring', size: 1 };
    const waves = wavesOf(edges(4), { waves: [ring, ring, { name: 'ring (2)', size: 1 }, ring] });
    expect(waves.map(({ name, at }) => [name, at])).toEqual([
      ['ring', 0],
      ['ring (2)', 1],
      ['ring (2) (2)', 2],
      ['ring (3)', 3],
    ]);
  });

  it('takes a percentage of what the strategy selects, not of the layer', () => {
    const waves = wavesOf([...edges(90), ...mixed], { ...north, waves: [{ size: '50%' }] });
    expect(waves.map(({ members }) => members.length)).toEqual([1, 1]);
  });

  it('keeps all that is known of a member', () => {
    const member = { ...aMember('a', { region: 'north' }), parent: 'fog-1', hold: 'audit' };
    expect(wavesOf([member], {})[0]?.members).toEqual([member]);
  });
});

describe('Any fleet and any waves', () => {
  const labels = fc.dictionary(fc.constantFrom('region', 'tier', 'at'), fc.constantFrom('1', '2', '10', 'a', ''));
  const fleets = fc
    .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), labels), {
      selector: ([name]) => name,
      maxLength: 40,
    })
    .map((sites) => sites.map(([name, given]) => aMember(name, given)));
  const selectors = fc.option(
    fc.record({ matchLabels: fc.dictionary(fc.constantFrom('region', 'tier'), fc.constantFrom('1', 'a')) }),
    { nil: undefined },
  );
  const amounts = fc.oneof(
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
  );
  const waves = fc.record({ size: fc.option(amounts, { nil: undefined }), siteSelector: selectors });
  const strategies = fc.record({
    siteSelector: selectors,
    order: fc.constantFrom(undefined, 'at', 'tier'),
    waves: fc.array(waves, { maxLength: 6 }),
  }) as fc.Arbitrary<LayerStrategy>;

  it('put every selected member in exactly one wave, in order, and keep to sizes and selectors', () => {
    fc.assert(
      fc.property(fleets, strategies, (members, strategy) => {
        const made = wavesOf(members, strategy);
        const selected = namesOf(selectedOf(members, strategy));
        expect(made.flatMap((wave) => namesOf(wave.members)).sort()).toEqual(selected.sort());
        for (const { name, members: taken } of made) {
          expect(taken.length).toBeGreaterThan(0);
          expect(taken).toEqual(inOrder(taken, strategy.order));
          const rules = strategy.waves?.[Number(name.replace('wave ', '')) - 1];
          if (!rules) continue;
          const { size, siteSelector } = rules;
          expect(taken.every((member) => selects(siteSelector, member.labels))).toBe(true);
          if (size !== undefined) expect(taken.length).toBeLessThanOrEqual(amountOf(size, selected.length, 'up'));
        }
      }),
    );
  });

  it('give the same waves whatever order the members come in', () => {
    const shuffled = fleets.chain((members) =>
      fc.tuple(fc.constant(members), fc.shuffledSubarray(members, { minLength: members.length })),
    );
    fc.assert(
      fc.property(shuffled, strategies, ([members, others], strategy) => {
        expect(wavesOf(others, strategy)).toEqual(wavesOf(members, strategy));
      }),
    );
  });
});
