import { describe, expect, it } from '@jest/globals';
import { selectorText, selects } from '../../../../model/fleet/selector.ts';
import type { SiteRequirement, SiteSelector } from '../../../../model/types.ts';

const north = { region: 'north', tier: 'gold', empty: '' };
const expression = (key: string, operator: SiteRequirement['operator'], ...values: string[]): SiteSelector => ({
  matchExpressions: [{ key, operator, values }],
});

describe('selects', () => {
  it.each<[string, SiteSelector | undefined, Record<string, string> | undefined, boolean]>([
    ['everything, with no selector', undefined, north, true],
    ['everything, with no selector, without labels too', undefined, undefined, true],
    ['everything, with an empty selector', {}, undefined, true],
    ['everything, with empty parts', { matchLabels: {}, matchExpressions: [] }, undefined, true],
    ['a label with the value', { matchLabels: { region: 'north' } }, north, true],
    ['not another value', { matchLabels: { region: 'south' } }, north, false],
    ['not where the label is absent', { matchLabels: { zone: 'a' } }, north, false],
    ['not without labels', { matchLabels: { region: 'north' } }, undefined, false],
    ['an empty value', { matchLabels: { empty: '' } }, north, true],
    ['no empty value where the label is absent', { matchLabels: { zone: '' } }, north, false],
    ['all labels', { matchLabels: { region: 'north', tier: 'gold' } }, north, true],
    ['not one label of two', { matchLabels: { region: 'north', tier: 'iron' } }, north, false],
    ['In: one of the values', expression('region', 'In', 'south', 'north'), north, true],
    ['In: none of the values', expression('region', 'In', 'south'), north, false],
    ['In: not where the label is absent', expression('zone', 'In', 'a'), north, false],
    ['NotIn: none of the values', expression('region', 'NotIn', 'south'), north, true],
    ['NotIn: one of the values', expression('region', 'NotIn', 'south', 'north'), north, false],
    ['NotIn: where the label is absent', expression('zone', 'NotIn', 'a'), north, true],
    ['NotIn: without labels', expression('zone', 'NotIn', 'a'), undefined, true],
    ['Exists', expression('region', 'Exists'), north, true],
    ['Exists: with an empty value', expression('empty', 'Exists'), north, true],
    ['Exists: not where it is absent', expression('zone', 'Exists'), north, false],
    ['DoesNotExist', expression('zone', 'DoesNotExist'), north, true],
    ['DoesNotExist: without labels', expression('zone', 'DoesNotExist'), undefined, true],
    ['DoesNotExist: not where it is', expression('empty', 'DoesNotExist'), north, false],
    ['no label that every object inherits', expression('constructor', 'Exists'), north, false],
    ['a label called like one that every object inherits', expression('valueOf', 'In', 'a'), { valueOf: 'a' }, true],
    ['both parts', { matchLabels: { tier: 'gold' }, ...expression('region', 'In', 'north') }, north, true],
    ['not one part of two', { matchLabels: { tier: 'gold' }, ...expression('region', 'In', 'south') }, north, false],
    [
      'not one expression of two',
      {
        matchExpressions: [
          { key: 'region', operator: 'Exists' },
          { key: 'zone', operator: 'Exists' },
        ],
      },
      north,
      false,
    ],
  ])('%s', (_, selector, labels, expected) => {
    expect(selects(selector, labels)).toBe(expected);
  });
});

describe('selectorText', () => {
  it.each<[string, SiteSelector | undefined, string | undefined]>([
    [
      'is what a list request takes',
      { matchLabels: { 'a.b/region': 'north', empty: '' } },
      'a.b/region in (north),empty in ()',
    ],
    ['has In', expression('zone', 'In', 'a', 'b'), 'zone in (a,b)'],
    ['has NotIn', expression('zone', 'NotIn', 'a'), 'zone notin (a)'],
    ['has Exists', expression('zone', 'Exists'), 'zone'],
    ['has DoesNotExist', expression('zone', 'DoesNotExist'), '!zone'],
    ['is none for no selector', undefined, undefined],
    ['is none for one that takes everything', { matchLabels: {}, matchExpressions: [] }, undefined],
    [
      'is none for what is in order but for one of its parts',
      { matchLabels: { zone: 'a' }, ...expression('region', 'In', 'north', 'so uth') },
      undefined,
    ],
    ['is none for what can be no value', { matchLabels: { zone: 'a,b' } }, undefined],
    ['is none for what can be no key', expression('zone in (a),b', 'Exists'), undefined],
  ])('%s', (_, selector, text) => {
    expect(selectorText(selector)).toBe(text);
  });
});
