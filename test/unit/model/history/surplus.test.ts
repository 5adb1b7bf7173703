import { expect, it } from '@jest/globals';
import { surplusOf } from '../../../../model/history/surplus.ts';
import { aKept, aRecord } from './runs.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const kept = (...generations: number[]) => generations.map((generation) => aKept(generation));
const runs = (...generations: number[]) => generations.map((generation) => ({ generation }));

it.each<[string, Parameters<typeof surplusOf>, number[]]>([
  ['the oldest of one too many', [kept(...range(1, 11)), { generation: 11, limit: 10, layers: [] }], [1]],
  ['nothing of few', [kept(...range(1, 10)), { generation: 10, limit: 10, layers: [] }], []],
  [
    'all that a lowered limit leaves over, oldest first',
    [kept(3, 2, 9, 4, 1, 8), { generation: 9, limit: 2, layers: [] }],
    [1, 2, 3, 4],
  ],
  ['none of what layers still run', [kept(1, 2, 3, 4), { generation: 4, limit: 1, layers: runs(2, 3) }], [1]],
  [
    'not the last that succeeded',
    [
      [aKept(1, aRecord()), aKept(2, aRecord()), aKept(3, aRecord({ outcome: 'Failed' })), aKept(4)],
      { generation: 4, limit: 1, layers: [] },
    ],
    [1, 3],
  ],
  [
    'as many whether the present one is seen yet or not',
    [kept(1, 2, 3), { generation: 4, limit: 2, layers: [] }],
    [1, 2],
  ],
  ['nothing that claims to be later', [kept(7, 8, 9), { generation: 3, limit: 1, layers: [] }], []],
  ['a bounded number at once', [kept(...range(1, 60)), { generation: 60, limit: 1, layers: [] }], range(1, 20)],
])('Goes: %s', (_, given, expected) => {
  expect(surplusOf(...given)).toEqual(expected);
});
