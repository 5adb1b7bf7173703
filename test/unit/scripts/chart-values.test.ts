import { expect, it } from '@jest/globals';
import { parseDocument } from 'yaml';
import { valuesOf } from '../../../scripts/chart-values.ts';

const rowsOf = (text: string) =>
  valuesOf(parseDocument(text)).map(({ path, preset, meaning }) => [path, preset, meaning]);

it.each<[string, string, (string | undefined)[][]]>([
  ['a value with its comment, in one line', '# Who\n# it is.\nname: x\n', [['name', 'x', 'Who it is.']]],
  ['a value without one', 'name: x\n', [['name', 'x', '']]],
  ['nothing as a value, too', 'name: ""\n', [['name', '""', '']]],
  ['what is about the file as no word of its first value', '# All.\n\n# Who.\nname: x\n', [['name', 'x', 'Who.']]],
  [
    'a group by its comment, then its members',
    '# The image.\nimage:\n  # Which.\n  tag: ""\n  pull: {secrets: [a]}\n',
    [
      ['image', undefined, 'The image.'],
      ['image.tag', '""', 'Which.'],
      ['image.pull', '{secrets: [a]}', ''],
    ],
  ],
  ['a group without a comment by its members alone', 'a:\n  b:\n    c: 1\n', [['a.b.c', '1', '']]],
  ['an empty map as a value', '# Any.\nlabels: {}\n', [['labels', '{}', 'Any.']]],
])('A table of values has %s', (_, text, expected) => {
  expect(rowsOf(text)).toEqual(expected);
});
