import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ageText, boundText, oneLineOf } from '../../../model/text.ts';

/** Bytes of the text within JSON, without its quotes. */
const bytesOf = (text: string) => Buffer.byteLength(JSON.stringify(text)) - 2;

describe('boundText', () => {
  it.each([
    ['short', 'abc', 10, 'abc'],
    ['just right', 'abcdefghij', 10, 'abcdefghij'],
    ['too long', 'abcdefghijk', 10, 'abcdefg…'],
    ['quotes, that JSON doubles', '""""""', 10, '"""…'],
    ['controls that JSON has a short form for', '\b\t\n\f\r', 10, '\b\t\n\f\r'],
    ['whole characters only', '😀😀😀', 10, '😀…'],
  ])('%s', (_, given, max, expected) => {
    expect(boundText(given, max)).toBe(expected);
  });

  it('never takes more bytes than it may, and changes nothing that fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 3, max: 80 }), (text, max) => {
        const bound = boundText(text, max);
        expect(bytesOf(bound)).toBeLessThanOrEqual(max);
        if (bytesOf(text) <= max) expect(bound).toBe(text);
      }),
    );
  });
});

it('oneLineOf leaves one line, and nothing that a terminal would obey', () => {
  expect(oneLineOf(' a\n\t b\r\n')).toBe('a b');
  expect(oneLineOf('\u001b[2Jgone \u0000\u009b31mred')).toBe('[2Jgone 31mred');
});

describe('ageText', () => {
  it.each([
    [-3, '0 s'],
    [119.9, '119 s'],
    [120, '2 min'],
    [7199, '119 min'],
    [7200, '2 h'],
    [172_799, '47 h'],
    [172_800, '2 d'],
  ])('of %d seconds is %s', (seconds, expected) => {
    expect(ageText(seconds)).toBe(expected);
  });
});
