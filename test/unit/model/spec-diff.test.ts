import { describe, expect, it } from '@jest/globals';
import { changesOf, specDiff } from '../../../model/spec-diff.ts';
import type { FogRollout } from '../../../model/types.ts';
import { content } from './builders.ts';

type Spec = FogRollout['spec'];
const spec = (change: Partial<Spec> = {}): Spec => ({
  version: 'v1',
  deployments: { cloud: content, edge: { ...content, replicas: 1 } },
  ...change,
});
const kinds = (before: Spec, after: Spec) =>
  Object.fromEntries(specDiff(before, after).layers.map(({ layer, kind }) => [layer, kind]));

describe('what another spec changes', () => {
  it.each<[string, Partial<Spec>, object, string]>([
    ['nothing', {}, { cloud: 'same', edge: 'same' }, 'none'],
    ['the version alone', { version: 'v2' }, { cloud: 'restartless', edge: 'restartless' }, 'run'],
    ['the strategy alone', { strategy: { paused: true } }, { cloud: 'same', edge: 'same' }, 'adjust'],
    [
      'one layer',
      { deployments: { cloud: content, edge: { ...content, replicas: 2 } } },
      { cloud: 'same', edge: 'changed' },
      'run',
    ],
    [
      'a layer more',
      { deployments: { ...spec().deployments, fog: content } },
      { cloud: 'same', fog: 'added', edge: 'same' },
      'run',
    ],
    ['a layer less', { deployments: { cloud: content } }, { cloud: 'same', edge: 'removed' }, 'run'],
  ])('%s', (_, change, layers, effect) => {
    expect(kinds(spec(), spec(change))).toEqual(layers);
    expect(specDiff(spec(), spec(change)).effect).toBe(effect);
  });
});

describe('changes of a value', () => {
  it.each<[string, unknown, unknown, unknown[]]>([
    ['none', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, []],
    [
      'a field',
      { a: 1, b: 1 },
      { a: 2, c: 3 },
      [
        { path: 'a', before: 1, after: 2 },
        { path: 'b', before: 1 },
        { path: 'c', after: 3 },
      ],
    ],
    [
      'items by their names, whatever their order',
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
      {
        env: [
          { name: 'B', value: '3' },
          { name: 'A', value: '1' },
        ],
      },
      [{ path: 'env[B].value', before: '2', after: '3' }],
    ],
    [
      'ports of one number and two protocols',
      [
        { containerPort: 53, protocol: 'TCP' },
        { containerPort: 53, protocol: 'UDP' },
      ],
      [
        { containerPort: 53, protocol: 'TCP' },
        { containerPort: 53, protocol: 'UDP', name: 'dns' },
      ],
      [{ path: '[53/UDP].name', after: 'dns' }],
    ],
    [
      'words in their order',
      { args: ['a', 'b'] },
      { args: ['b', 'a'] },
      [{ path: 'args', before: ['a', 'b'], after: ['b', 'a'] }],
    ],
    [
      'items without names by their places',
      [{ x: 1 }],
      [{ x: 2 }, { x: 3 }],
      [
        { path: '[0].x', before: 1, after: 2 },
        { path: '[1]', after: { x: 3 } },
      ],
    ],
    [
      'a list that begins',
      { ports: [] },
      { ports: [{ containerPort: 80 }] },
      [{ path: 'ports[80]', after: { containerPort: 80 } }],
    ],
    ['another type', { a: [1] }, { a: { b: 1 } }, [{ path: 'a', before: [1], after: { b: 1 } }]],
    ['null is a value', { a: null }, { a: 0 }, [{ path: 'a', before: null, after: 0 }]],
    [
      'two of one name are both there',
      [{ name: 'a' }, { name: 'a', x: 1 }],
      [{ name: 'a' }],
      [{ path: '[a, 1]', before: { name: 'a', x: 1 } }],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(changesOf(before, after)).toEqual(expected);
  });
});
