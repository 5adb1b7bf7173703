import { expect, it } from '@jest/globals';
import { surplusOf } from '../../../../model/history/surplus.ts';
import { aKept, aRecord } from './runs.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const kept = (...generations: number[]) => generations.map((generation) => aKept(generation));
const runs = (...generations: number[]) => generations.map((generation) => ({ generation }));

it.each<[string, Parameters<typeof surplusOf>, number[]]>([
  ['the oldest of one too many', [kept(...range(1, 11)), { present: { generation: 11 }, limit: 10, inUse: [] }], [1]],
  ['nothing of few', [kept(...range(1, 10)), { present: { generation: 10 }, limit: 10, inUse: [] }], []],
  [
    'all that a lowered limit leaves over, oldest first',
    [kept(3, 2, 9, 4, 1, 8), { present: { generation: 9 }, limit: 2, inUse: [] }],
    [1, 2, 3, 4],
  ],
  [
    'none of what layers still run',
    [kept(1, 2, 3, 4), { present: { generation: 4 }, limit: 1, inUse: runs(2, 3) }],
    [1],
  ],
  [
    'not the last that succeeded',
    [
      [aKept(1, aRecord()), aKept(2, aRecord()), aKept(3, aRecord({ outcome: 'Failed' })), aKept(4)],
      { present: { generation: 4 }, limit: 1, inUse: [] },
    ],
    [1, 3],
  ],
  [
    'as many whether the present one is seen yet or not',
    [kept(1, 2, 3), { present: { generation: 4 }, limit: 2, inUse: [] }],
    [1, 2],
  ],
  ['nothing that claims to be later', [kept(7, 8, 9), { present: { generation: 3 }, limit: 1, inUse: [] }], []],
  [
    'a bounded number at once',
    [kept(...range(1, 60)), { present: { generation: 60 }, limit: 1, inUse: [] }],
    range(1, 20),
  ],
])('Goes: %s', (_, given, expected) => {
  expect(surplusOf(...given)).toEqual(expected.map((generation) => ({ generation })));
});

it('Attempts count like generations, and go by their order', () => {
  const attempts = [1, 2, 3].map((attempt) => ({ ...aKept(4), attempt }));
  const inUse = [{ generation: 4, attempt: 1 }];
  expect(surplusOf([...attempts, ...kept(3, 4)], { present: { generation: 5 }, limit: 2, inUse })).toEqual([
    { generation: 3 },
    { generation: 4 },
    { generation: 4, attempt: 2 },
  ]);
});
