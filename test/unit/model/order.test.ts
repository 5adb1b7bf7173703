import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareOrder, isFirst, type Order, orderText } from '../../../model/order.ts';

describe('Of two orders', () => {
  it.each<[string, Order, Order, number]>([
    [
      'the one of a later generation is later, whatever the attempts',
      { generation: 5 },
      { generation: 4, attempt: 9 },
      1,
    ],
    ['the one of an earlier generation is earlier', { generation: 3, attempt: 9 }, { generation: 4 }, -1],
    ['within a generation the later attempt is later', { generation: 4, attempt: 2 }, { generation: 4, attempt: 1 }, 1],
    ['an attempt is later than the generation itself', { generation: 4, attempt: 1 }, { generation: 4 }, 1],
    ['none is later than itself', { generation: 4 }, { generation: 4, attempt: 0 }, 0],
  ])('%s', (_, a, b, expected) => {
    expect(Math.sign(compareOrder(a, b))).toBe(expected);
  });

  it('any come in one order, whichever are compared', () => {
    const order = fc.record({ generation: fc.nat(3), attempt: fc.nat(3) }, { requiredKeys: ['generation'] });
    fc.assert(
      fc.property(order, order, order, (a, b, c) => {
        expect(Math.sign(compareOrder(a, b))).toBe(0 - Math.sign(compareOrder(b, a)));
        if (compareOrder(a, b) <= 0 && compareOrder(b, c) <= 0) expect(compareOrder(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

it.each<[Order, string]>([
  [{ generation: 4 }, 'generation 4'],
  [{ generation: 4, attempt: 0 }, 'generation 4'],
  [{ generation: 4, attempt: 2 }, 'generation 4, attempt 2'],
])('an order reads as a person would say it: %j', (order, text) => {
  expect(orderText(order)).toBe(text);
});

it.each<[Order, boolean]>([
  [{ generation: 1 }, true],
  [{ generation: 1, attempt: 0 }, true],
  [{ generation: 1, attempt: 1 }, false],
  [{ generation: 2 }, false],
  [{ generation: 2, attempt: 0 }, false],
])('of %j it is %s that nothing was decided before', (order, expected) => {
  expect(isFirst(order)).toBe(expected);
});
