import { describe, expect, it } from '@jest/globals';
import { selectorText } from '../../../model/fleet/selector.ts';
import { selectorIn } from '../../../model/label-selector.ts';
import type { SiteRequirement } from '../../../model/types.ts';

const is = (key: string, operator: SiteRequirement['operator'], ...values: string[]) =>
  operator === 'In' || operator === 'NotIn' ? { key, operator, values } : { key, operator };

describe('A label selector', () => {
  it.each<[string, SiteRequirement[]]>([
    ['a=b', [is('a', 'In', 'b')]],
    ['a==b', [is('a', 'In', 'b')]],
    ['a = b', [is('a', 'In', 'b')]],
    ['a=', [is('a', 'In', '')]],
    ['a!=b', [is('a', 'NotIn', 'b')]],
    ['a', [is('a', 'Exists')]],
    ['!a', [is('a', 'DoesNotExist')]],
    ['! a', [is('a', 'DoesNotExist')]],
    ['a in (b, c)', [is('a', 'In', 'b', 'c')]],
    ['a notin (b,)', [is('a', 'NotIn', 'b', '')]],
    ['in in (in)', [is('in', 'In', 'in')]],
    [' a=b , x in (y,z),!c ', [is('a', 'In', 'b'), is('x', 'In', 'y', 'z'), is('c', 'DoesNotExist')]],
    ['example.com/a-b_c=D.1', [is('example.com/a-b_c', 'In', 'D.1')]],
  ])('%j is read as kubectl reads it', (text, matchExpressions) => {
    expect(selectorIn(text)).toEqual({ matchExpressions });
  });

  it.each(['', '  '])('%j takes all', (text) => {
    expect(selectorIn(text)).toEqual({});
  });

  it.each([
    ...[
      'a b',
      'a,',
      ',',
      '!',
      '=b',
      'a=b=c',
      'a>1',
      'a in b',
      'a in',
      'a in (b',
      'a in b)',
      'a in (b c)',
      'a in ((b))',
    ],
    ...['a~b', '-a', `${'a'.repeat(64)}`, `a=${'b'.repeat(64)}`, 'a=b c', 'a/b/c', '/a', 'a=\u0000', 'ä'],
  ])('%j is none', (text) => {
    expect(selectorIn(text)).toBeUndefined();
  });

  it.each(['a in (b,c),d notin (e),f,!g'])('%j is what a request to the API server has again', (text) => {
    expect(selectorText(selectorIn(text))).toBe(text);
  });
});
