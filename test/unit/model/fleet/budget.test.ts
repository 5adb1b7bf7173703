import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amountOf, type Budget, budgetOf } from '../../../../model/fleet/budget.ts';
import type { Amount, LayerStrategy } from '../../../../model/types.ts';

describe('amountOf', () => {
  it.each<[Amount, number, number, number]>([
    // amount, total, down, up
    [0, 10, 0, 0],
    [5, 10, 5, 5],
    [20, 10, 20, 20],
    ['5', 10, 5, 5],
    ['0%', 10, 0, 0],
    ['1%', 0, 0, 0],
    ['1%', 1, 0, 1],
    ['1%', 99, 0, 1],
    ['1%', 100, 1, 1],
    ['1%', 101, 1, 2],
    ['25%', 3, 0, 1],
    ['25%', 4, 1, 1],
    ['25%', 5, 1, 2],
    ['29%', 100, 29, 29],
    ['7%', 100, 7, 7],
    ['57%', 100, 57, 57],
    ['58%', 50, 29, 29],
    ['99%', 1, 0, 1],
    ['99%', 10_000, 9_900, 9_900],
    ['100%', 7, 7, 7],
  ])('%s of %d is %d rounded down, %d up', (amount, total, down, up) => {
    expect([amountOf(amount, total, 'down'), amountOf(amount, total, 'up')]).toEqual([down, up]);
  });

  it('is exact for every percentage', () => {
    const percentages = fc.integer({ min: 0, max: 100 });
    const totals = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(percentages, totals, (percent, total) => {
        const hundredths = BigInt(percent) * BigInt(total);
        expect(amountOf(`${percent}%`, total, 'down')).toBe(Number(hundredths / 100n));
        expect(amountOf(`${percent}%`, total, 'up')).toBe(Number((hundredths + 99n) / 100n));
      }),
    );
  });

  it.each<Amount>([-1, 1.5, Number.NaN, '', '%', 'ten', '-5%', '1.5%', '5 %', '5%%'])('refuses %p', (amount) => {
    expect(() => amountOf(amount, 10, 'up')).toThrow(
      /^Amount .* is no number of sites: give a whole number or a percentage$/,
    );
  });
});

describe('budgetOf', () => {
  it.each<[string, LayerStrategy, number, Partial<Budget>]>([
    ['the defaults', {}, 100, { maxConcurrency: 25, maxFailures: 0, minSuccess: 1, minReachable: 0 }],
    ['the defaults of one site', {}, 1, { maxConcurrency: 1, maxFailures: 0, minSuccess: 1, minReachable: 0 }],
    ['no site at all', {}, 0, { maxConcurrency: 1, maxFailures: 0, minSuccess: 0, minReachable: 0 }],
    ['a quarter of 7 at once', {}, 7, { maxConcurrency: 1 }],
    ['a quarter of 8 at once', {}, 8, { maxConcurrency: 2 }],
    ['half at once, rounded down', { maxConcurrency: '50%' }, 51, { maxConcurrency: 25 }],
    ['one at once at least', { maxConcurrency: '1%' }, 50, { maxConcurrency: 1 }],
    ['a number at once', { maxConcurrency: 10 }, 4, { maxConcurrency: 10 }],
    ['none may fail', { maxFailures: 0 }, 50, { maxFailures: 0 }],
    ['a percentage may fail, rounded up', { maxFailures: '5%' }, 50, { maxFailures: 3 }],
    ['one of a few may fail', { maxFailures: '1%' }, 3, { maxFailures: 1 }],
    ['all may fail', { maxFailures: '100%' }, 3, { maxFailures: 3 }],
    ['a percentage must be ready, rounded up', { minSuccess: '90%' }, 11, { minSuccess: 10 }],
    ['no more must be ready than there are', { minSuccess: 20 }, 11, { minSuccess: 11 }],
    ['a percentage must be in reach, rounded up', { offline: { minReachable: '80%' } }, 11, { minReachable: 9 }],
    ['a number must be in reach', { offline: { minReachable: 3 } }, 11, { minReachable: 3 }],
    ['no more must be in reach than there are', { offline: { minReachable: 12 } }, 11, { minReachable: 11 }],
    ['a policy alone asks for none in reach', { offline: { policy: 'Wait' } }, 11, { minReachable: 0 }],
  ])('%s', (_, strategy, total, expected) => {
    expect(budgetOf(strategy, total)).toMatchObject(expected);
  });
});
