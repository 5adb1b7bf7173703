import { describe, expect, it } from '@jest/globals';
import { expressionOfAnswer, expressionOfResult } from '../../../../activities/gates/expression.ts';

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
    expect(expressionOfResult(text)(result)).toBe(expected);
  });

  it.each([
    ['result[0] <', 'is no expression in CEL: Unexpected token'],
    ['reslt[0] < 1.0', 'is no expression in CEL: Unknown variable: reslt'],
    ['result[0]', 'is of type double, and has to be a bool'],
    [`${'('.repeat(40)}true${')'.repeat(40)}`, 'is no expression in CEL'],
  ])('%s is refused', (text, why) => {
    expect(() => expressionOfResult(text)).toThrow(why);
    expect(() => expressionOfResult(text)).not.toThrow('\n');
  });

  it.each<[string, string]>([
    [
      'over lists in lists',
      'result.all(a, result.all(b, result.all(c, result.all(d, result.all(e, a + b + c + d + e > 0.0)))))',
    ],
    ['over a regular expression', `"${'a'.repeat(40)}!".matches("^(a+)+$")`],
  ])('%s that would take for ever is stopped soon', (_, text) => {
    const begun = Date.now();
    expect(() => expressionOfResult(text)(Array<number>(100).fill(1))).toThrow('gives nothing');
    expect(Date.now() - begun).toBeLessThan(5_000);
  });

  it('that asks for a value that is not there gives nothing', () => {
    expect(() => expressionOfResult('result[3] < 1.0')([1])).toThrow('gives nothing: ');
  });
});

describe('An expression over what was answered', () => {
  const items = { items: [{ state: 'done' }, { state: 'skipped' }] };
  it.each<[string, number, unknown, boolean]>([
    ['status == 200', 200, null, true],
    ['status >= 400 && status < 500', 404, null, true],
    ['body.state == "done"', 200, { state: 'done' }, true],
    ['body.done', 200, { done: false }, false],
    ['body.left == 0', 200, { left: 0 }, true],
    ['body.share > 0.5', 200, { share: 1 }, true],
    ['body.items.all(item, item.state in ["done", "skipped"])', 200, items, true],
    ['body.items[1].state == "done"', 200, items, false],
    ['has(body.state) && body.state == "done"', 200, {}, false],
    ['has(body.state)', 502, null, false],
    ['has(body.constructor)', 200, {}, false],
    ['body == null', 204, null, true],
  ])('%s of %d and %j is %s', (text, status, body, expected) => {
    expect(expressionOfAnswer(text)({ status, body })).toBe(expected);
  });

  it.each([
    ['body.state == ', 'is no expression in CEL'],
    ['result[0] > 1.0', 'Unknown variable: result'],
    ['status', 'is of type int, and has to be a bool'],
  ])('%s is refused', (text, why) => {
    expect(() => expressionOfAnswer(text)).toThrow(why);
  });

  it.each<[string, unknown, string]>([
    ['body.state == "done"', {}, 'gives nothing: No such key: state'],
    ['body.state == "done"', null, 'gives nothing: '],
    ['body.state', { state: 'done' }, 'gives no bool'],
    ['body == body', JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`), 'gives nothing: '],
  ])('%s says neither yes nor no of what is not as it expects', (text, body, why) => {
    expect(() => expressionOfAnswer(text)({ status: 200, body })).toThrow(why);
  });
});
