import { describe, expect, it } from '@jest/globals';
import { SharedValues } from '../../../kube/shared-values.ts';

describe('Values that are alike', () => {
  const values = new SharedValues();

  it.each<[string, unknown, unknown, boolean]>([
    ['objects', { a: { b: [1] } }, { a: { b: [1] } }, true],
    ['lists', ['a'], ['a'], true],
    ['objects of other values', { a: 1 }, { a: 2 }, false],
    ['objects in another order, which would be another text', { a: 1, b: 2 }, { b: 2, a: 1 }, false],
  ])('are one: %s', (_, one, other, isOne) => {
    expect(values.share(one) === values.share(other)).toBe(isOne);
  });

  it('are what they were', () => {
    expect(values.share({ a: [{ b: null }] })).toEqual({ a: [{ b: null }] });
    expect([values.share(undefined), values.share(7), values.share('x')]).toEqual([undefined, 7, 'x']);
  });
});
