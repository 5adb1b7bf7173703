import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SITE_PHASES } from '../../../model/fleet/site-view.ts';
import { type Arranged, arranged, moved, placeOf, positionAt } from '../../../page/grid/arrange.ts';
import { filtered, NO_FILTER, toggled, worstFirst } from '../../../page/grid/filter.ts';
import { PHASES } from '../../../page/grid/looks.ts';
import { pastOf } from '../../../page/grid/past.ts';
import { type GridAnswer, type Sites, sitesBy } from '../../../page/grid/sites.ts';

const ANSWER: GridAnswer = {
  layout: 'one',
  legend: [...SITE_PHASES],
  phases: '36312',
  sites: {
    names: ['cloud', 'kiel', 'bonn', 'hull', 'gent'],
    parts: [
      { layer: 'cloud', count: 1 },
      { layer: 'edge', wave: 'canary', count: 2 },
      { layer: 'edge', wave: 'rest', count: 2 },
    ],
    parents: ['', 'north', 'south', 'north', ''],
    labels: [{ key: 'tier', values: ['gold', 'iron'], of: '-01-0' }],
  },
};
const SITES = sitesBy(undefined, ANSWER)!;

describe('what the API answers', () => {
  it('is a row of columns', () => {
    expect(SITES).toMatchObject({
      layers: ['cloud', 'edge', 'edge', 'edge', 'edge'],
      waves: [undefined, 'canary', 'canary', 'rest', 'rest'],
      phases: ['Ready', 'Failed', 'Ready', 'Waiting', 'InFlight'],
    });
  });

  it('with the phases alone changes those, of the layout that it is of', () => {
    const { sites: _, ...less } = ANSWER;
    expect(sitesBy(SITES, { ...less, phases: '33333' })).toEqual({ ...SITES, phases: Array(5).fill('Ready') });
    expect(sitesBy(SITES, { ...less, layout: 'two' })).toBeUndefined();
    expect(sitesBy(undefined, less)).toBeUndefined();
  });

  it('with a phase that this page does not know is not known', () => {
    expect(sitesBy(undefined, { ...ANSWER, phases: 'zzzzz' })?.phases).toEqual(Array(5).fill('Unknown'));
  });
});

describe('a filter', () => {
  it.each([
    ['nothing', {}, [0, 1, 2, 3, 4]],
    ['phases', { phases: new Set(['Failed', 'Waiting']) }, [1, 3]],
    ['a layer', { layer: 'cloud' }, [0]],
    ['a parent', { parent: 'north' }, [1, 3]],
    ['a label', { label: 'tier=gold' }, [1, 4]],
    ['a label that is not there', { label: 'tier=' }, [0, 3]],
    ['a part of the name', { text: 'N' }, [2, 4]],
    ['all of it', { layer: 'edge', parent: 'north', text: 'ie', label: 'tier=gold' }, [1]],
  ])('by %s', (_, filter, expected) => {
    expect(filtered(SITES, { ...NO_FILTER, ...filter } as typeof NO_FILTER).matching).toEqual(expected);
  });

  it('counts the phases of what matches otherwise, worst first', () => {
    const { counts, total } = filtered(SITES, { phases: new Set(['Failed']), layer: 'edge' });
    expect(counts.map(([phase, count]) => `${phase} ${count}`)).toEqual([
      'Failed 1',
      'InFlight 1',
      'Waiting 1',
      'Ready 1',
    ]);
    expect(total).toBe(4);
  });

  it('takes a phase in and out', () => {
    const some = toggled(toggled(new Set(), 'Failed'), 'Ready');
    expect([...toggled(some, 'Failed')]).toEqual(['Ready']);
  });
});

it('every phase has a look, and the worst stand first', () => {
  expect([...PHASES].sort()).toEqual([...SITE_PHASES].sort());
  expect(worstFirst(SITES, [0, 1, 2, 3, 4])).toEqual([1, 4, 3, 0, 2]);
});

describe('the cells', () => {
  const many = (count: number): Sites => ({
    ...SITES,
    names: Array.from({ length: count }, (_, at) => `s${at}`),
    layers: Array.from({ length: count }, (_, at) => (at === 0 ? 'cloud' : 'edge')),
    parents: Array.from({ length: count }, (_, at) => (at % 3 === 0 ? '' : `p${at % 7}`)),
    waves: Array.from({ length: count }, (_, at) => `w${at % 2}`),
  });
  const grouping = fc.constantFrom('layer' as const, 'wave' as const, 'parent' as const);
  const plan = fc
    .record({ count: fc.integer({ min: 1, max: 600 }), grouping, width: fc.integer({ min: 180, max: 1_400 }) })
    .map(({ count, grouping: by, width }) =>
      arranged(
        many(count),
        Array.from({ length: count }, (_, at) => at),
        by,
        { width, height: 500 },
      ),
    );

  it('are one for each site, none above another, and are found where they are', () => {
    fc.assert(
      fc.property(plan, (of: Arranged) => {
        expect(of.order.toSorted((a, b) => a - b)).toEqual(of.order.map((_, at) => at));
        const places = of.order.map((_, position) => placeOf(of, position));
        expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(of.order.length);
        places.forEach(({ x, y }, position) => {
          expect(positionAt(of, x + of.cell / 2, y + of.cell / 2)).toBe(position);
          expect(y + of.cell).toBeLessThanOrEqual(of.height + of.cell);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('are all reached by the keyboard, and it never leaves them', () => {
    fc.assert(
      fc.property(
        plan,
        fc.array(fc.constantFrom('ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End')),
        (of, keys) => {
          let position = 0;
          for (const key of keys) {
            position = moved(of, position, key)!;
            expect(of.order[position]).toBeDefined();
          }
          let down = 0;
          for (let steps = 0; steps <= of.order.length; steps++) down = moved(of, down, 'ArrowDown')!;
          expect(placeOf(of, down).y).toBe(placeOf(of, of.order.length - 1).y);
        },
      ),
      { numRuns: 60 },
    );
    expect(moved(arranged(many(3), [0, 1, 2], 'layer', { width: 400, height: 400 }), 0, 'a')).toBeUndefined();
  });

  it('of ten thousand sites fit, those of a few are large', () => {
    const room = { width: 1_400, height: 620 };
    const all = Array.from({ length: 10_000 }, (_, at) => at);
    expect(arranged(many(10_000), all, 'layer', room)).toMatchObject({ cell: 8 });
    expect(arranged(many(100), all.slice(0, 100), 'layer', room)).toMatchObject({ cell: 26 });
    expect(arranged(many(1), [], 'layer', room)).toMatchObject({ height: 0, order: [] });
  });
});

describe('Of the past runs the panel shows', () => {
  const startTime = '2026-11-22T12:00:00Z';
  const failure = (site: string, layer: 'edge' | 'fog' = 'edge') => ({ site, layer, reason: 'Invalid', message: 'no' });
  const run = (runId: string, layers: [string, string][], ready = 4, failures = [failure('a'), failure('b')]) => ({
    ...{ runId, generation: 3, outcome: 'Failed', version: 'v2', startTime, failures },
    layers: layers.map(([layer, phase]) => ({ layer, phase, sites: { total: 10, ready, failed: 2 } })),
  });
  const sitesIn = (runs: ReturnType<typeof run>[], site: string) =>
    pastOf({ runs }, { layer: 'edge', site }).map((past) => [past.key, past.site]);

  it('those that came to the layer of the site, and what it failed with', () => {
    const runs = [run('c', [['edge', 'Pending']]), run('b', [['edge', 'Failed']]), run('a', [['cloud', 'Failed']])];
    expect(pastOf({ runs }, { layer: 'edge', site: 'a' })).toEqual([
      { key: 'b', version: 'v2', site: { failed: 'no' }, ready: 4, total: 10, at: startTime },
    ]);
  });

  it('that it was ready only where all were that are not known to have failed', () => {
    const edge: [string, string][] = [['edge', 'Ready']];
    const runs = [run('all', edge, 10, []), run('others', edge, 8), run('some', edge, 7)];
    expect(sitesIn(runs, 'c')).toEqual([
      ['all', 'ready'],
      ['others', 'ready'],
      ['some', 'unknown'],
    ]);
    expect(sitesIn([run('fog', edge, 9, [failure('c', 'fog')])], 'c')).toEqual([['fog', 'unknown']]);
  });
});
