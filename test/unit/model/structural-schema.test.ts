import { expect, it } from '@jest/globals';
import { defaulted } from '../../../model/structural-schema.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    mode: { type: 'string', default: 'fast' },
    limits: { type: 'object', default: {}, properties: { most: { type: 'integer', default: 3 } } },
    gates: { type: 'array', items: { type: 'object', properties: { needs: { type: 'integer', default: 1 } } } },
    layers: {
      type: 'object',
      additionalProperties: { type: 'object', properties: { soaks: { type: 'boolean', default: false } } },
    },
    free: { type: 'object' },
  },
};
const WHOLE = { mode: 'fast', limits: { most: 3 } };

it.each<[string, object, object]>([
  ['what is missing, and what is missing in it', {}, WHOLE],
  ['null for what has one', { mode: null, limits: { most: null } }, WHOLE],
  ['items of a list', { gates: [{}, { needs: 2 }] }, { ...WHOLE, gates: [{ needs: 1 }, { needs: 2 }] }],
  ['values of any name', { layers: { edge: {} } }, { ...WHOLE, layers: { edge: { soaks: false } } }],
  ['nothing that is there', { mode: '', limits: { most: 0 } }, { mode: '', limits: { most: 0 } }],
  ['nothing of what has no schema', { free: { mode: null } }, { ...WHOLE, free: { mode: null } }],
  ['nothing of what is of another type', { gates: 'none', layers: [1] }, { ...WHOLE, gates: 'none', layers: [1] }],
])('The defaults of a schema are for %s', (_, given, expected) => {
  expect(defaulted(given, SCHEMA)).toEqual(expected);
});
