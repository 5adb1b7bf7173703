import { expect, it } from '@jest/globals';
import { canonical } from '../../../model/canonical.ts';

it.each<[string, unknown, string]>([
  [
    'has sorted keys, at every depth',
    { b: 1, a: { d: [{ z: 1, y: 2 }], c: null } },
    '{"a":{"c":null,"d":[{"y":2,"z":1}]},"b":1}',
  ],
  [
    'has keys in the order of their code units',
    { a: 1, B: 2, ä: 3, '10': 4, '9': 5 },
    '{"10":4,"9":5,"B":2,"a":1,"ä":3}',
  ],
  ['keeps the order of lists', ['b', 'a', 3, 1], '["b","a",3,1]'],
  ['has empty ones', { list: [], map: {}, text: '' }, '{"list":[],"map":{},"text":""}'],
  ['leaves out what is undefined', { a: undefined, b: 1 }, '{"b":1}'],
  ['has null in a list for what is undefined, as JSON has', [undefined, null], '[null,null]'],
  ['is what JSON makes of values', ['"\n', true, 1.5, null], '["\\"\\n",true,1.5,null]'],
])('JSON that does not depend on how it was written %s', (_, value, text) => {
  expect(canonical(value)).toBe(text);
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
});
