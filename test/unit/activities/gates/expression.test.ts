import { describe, expect, it } from '@jest/globals';
import { expressionOf } from '../../../../activities/gates/expression.ts';

describe('An expression over what a query gave', () => {
  it.each([
    ['result[0] < 0.05', [0.01], true],
    ['result[0] < 0.05', [0.05], false],
    ['result[0] < 5', [1], true],
    ['result[0] > 1.0', [Number.NaN], false],
    ['result[0] > 1.0', [Number.POSITIVE_INFINITY], true],
    ['size(result) == 0', [], true],
    ['result.all(value, value >= 0.99)', [1, 0.995], true],
    ['result.exists(value, value < 0.99)', [1, 0.995], false],
  ])('%s of %j is %s', (text, result, expected) => {
    expect(expressionOf(text)(result)).toBe(expected);
  });

  it.each([
    ['result[0] <', 'is no expression in CEL: Unexpected token'],
    ['reslt[0] < 1.0', 'is no expression in CEL: Unknown variable: reslt'],
    ['result[0]', 'is of type double, and has to be a bool'],
    [`${'('.repeat(40)}true${')'.repeat(40)}`, 'is no expression in CEL'],
  ])('%s is refused', (text, why) => {
    expect(() => expressionOf(text)).toThrow(why);
    expect(() => expressionOf(text)).not.toThrow('\n');
  });

  it.each<[string, string]>([
    [
      'over lists in lists',
      'result.all(a, result.all(b, result.all(c, result.all(d, result.all(e, a + b + c + d + e > 0.0)))))',
    ],
    ['over a regular expression', `"${'a'.repeat(40)}!".matches("^(a+)+$")`],
  ])('%s that would take for ever is stopped soon', (_, text) => {
    const begun = Date.now();
    expect(() => expressionOf(text)(Array<number>(100).fill(1))).toThrow('gives nothing');
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  it('that asks for a value that is not there gives nothing', () => {
    expect(() => expressionOf('result[3] < 1.0')([1])).toThrow('gives nothing: ');
  });
});
