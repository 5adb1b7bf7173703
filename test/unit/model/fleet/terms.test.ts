import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stageLimits } from '../../../../model/fleet/limits.ts';
import { isSameTerms, pauseLeft } from '../../../../model/fleet/terms.ts';

const PLAN = { total: 10, waves: [{ name: 'all', count: 10 }] };

describe('The pause before a start', () => {
  it.each<[string, number | undefined, number, number]>([
    ['is as long as the pace says', 2_000, 0, 2_000],
    ['is what is left of that', 2_000, 1_500, 500],
    ['is over', 2_000, 2_000, 0],
    ['is over at once by a quicker pace that was', 1_000, 1_500, 0],
    ['is over where the pace is taken away', undefined, 0, 0],
  ])('%s', (_, paceMs, waited, left) => {
    expect(pauseLeft(paceMs === undefined ? {} : { paceMs }, waited)).toBe(left);
  });

  it('ends when the pace that holds then lets it, whatever held before, and no later', () => {
    const changes = fc.array(
      fc.record({ afterMs: fc.nat(3_000), paceMs: fc.option(fc.nat(5_000), { nil: undefined }) }),
    );
    fc.assert(
      fc.property(fc.nat(5_000), changes, (first, later) => {
        let paceMs: number | undefined = first;
        let now = 0;
        const termsOf = () => (paceMs === undefined ? {} : { paceMs });
        for (const change of later) {
          const left = pauseLeft(termsOf(), now);
          if (left <= change.afterMs) break; // the start was before that
          now += change.afterMs;
          ({ paceMs } = change);
        }
        const started = now + pauseLeft(termsOf(), now);
        expect(started).toBe(Math.max(now, paceMs ?? 0));
      }),
    );
  });
});

describe('The terms of a strategy', () => {
  it.each<[number | undefined, number | undefined]>([
    [undefined, undefined],
    [60, 1_000],
    [7, 8_572],
    [100_000, 1],
  ])('with %s sites a minute have %s ms between two starts', (maxSitesPerMinute, paceMs) => {
    const strategy = maxSitesPerMinute === undefined ? {} : { maxSitesPerMinute };
    expect(stageLimits(strategy, 60, PLAN).terms.paceMs).toBe(paceMs);
  });

  it('have what a site may take, by its defaults where it says nothing', () => {
    const { terms } = stageLimits({ offline: { policy: 'Wait' } }, 300, PLAN);
    expect(terms).toEqual({ site: { progressDeadlineSeconds: 300, offline: { policy: 'Wait', afterSeconds: 60 } } });
  });

  it('are the same where nothing of them differs', () => {
    const terms = stageLimits({ maxSitesPerMinute: 6 }, 300, PLAN).terms;
    expect(isSameTerms(terms, structuredClone(terms))).toBe(true);
    expect(isSameTerms(terms, {})).toBe(false);
    expect(isSameTerms(terms, { ...terms, paceMs: 1 })).toBe(false);
    expect(
      isSameTerms(terms, stageLimits({ maxSitesPerMinute: 6, offline: { policy: 'Fail' } }, 300, PLAN).terms),
    ).toBe(false);
  });

  it('have a ramp where the strategy has one, and the places of the waves after which it has gates', () => {
    const gate = { name: 'ok', type: 'approval' } as never;
    const strategy = {
      rampUp: { from: 1, growth: 2 } as never,
      waves: [{ after: [gate] }, { after: [] }, {}, { after: [gate] }],
    };
    const waves = [
      { name: 'first', at: 0, count: 1 },
      { name: 'second', at: 1, count: 1 },
      // The third has no site, and so there is none.
      { name: 'fourth', at: 3, count: 1 },
      { name: 'rest', count: 7 },
    ];
    expect(stageLimits(strategy, 60, { total: 10, waves })).toMatchObject({
      rampUp: strategy.rampUp,
      gatedWaves: [0, 2],
    });
    const plain = stageLimits({ waves: [{ after: [] }, {}] }, 60, { total: 10, waves: waves.slice(0, 2) });
    expect(Object.keys(plain).sort()).toEqual(['budget', 'terms']);
    // One that is left over, as adjusted by a strategy with fewer waves.
    expect(stageLimits({ waves: [{ after: [gate] }] }, 60, { total: 10, waves: waves.slice(2) })).not.toHaveProperty(
      'gatedWaves',
    );
  });
});
