import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  contentHashesOf,
  contentHashOf,
  hashOf,
  ownerOf,
  revisionOf,
  STRATEGY_DEFAULTS,
} from '../../../model/revision.ts';
import type { FogRollout, LayerContent } from '../../../model/types.ts';
import { aRollout, content } from './builders.ts';

const hashOfRollout = (rollout: FogRollout) => revisionOf(rollout).hash;

describe('revisionOf', () => {
  it('freezes the generation with its layers and the strategy it means', () => {
    expect(revisionOf(aRollout({ deployments: { edge: content } }))).toEqual({
      generation: 4,
      version: 'v1.2.0',
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      layers: { edge: content },
      hashes: { edge: contentHashOf('v1.2.0', content) },
      strategy: STRATEGY_DEFAULTS,
    });
  });

  it.each([
    ['no strategy', undefined],
    ['an empty one', {}],
    ['one with the default', { progressDeadlineSeconds: 600 }],
    ['one with a null', { progressDeadlineSeconds: null as unknown as number }],
  ])('means 600 seconds for %s', (_, strategy) => {
    expect(revisionOf(aRollout(strategy && { strategy })).strategy.progressDeadlineSeconds).toBe(600);
  });
});

describe('the hash', () => {
  const base = aRollout();

  it.each<[string, FogRollout]>([
    ['a label', { ...base, metadata: { ...base.metadata, labels: { team: 'fog' } } }],
    ['an annotation', { ...base, metadata: { ...base.metadata, annotations: { note: 'hello' } } }],
    ['the generation', { ...base, metadata: { ...base.metadata, generation: 9 } }],
    ['a status', { ...base, status: { observedGeneration: 1, phase: 'Failed' } }],
    ['the strategy', aRollout({ strategy: { progressDeadlineSeconds: 5, layers: { edge: { maxConcurrency: 1 } } } })],
    ['a default said aloud', aRollout({ strategy: { progressDeadlineSeconds: 600 } })],
  ])('is not altered by %s', (_, changed) => {
    expect(hashOfRollout(changed)).toBe(hashOfRollout(base));
  });

  const other: LayerContent = { containers: [{ name: 'nginx', image: 'nginx:1.28' }] };
  it.each<[string, FogRollout]>([
    ['the version', aRollout({ version: 'v2' })],
    ['a container', aRollout({ deployments: { cloud: content, fog: content, edge: other } })],
    ['a layer less', aRollout({ deployments: { cloud: content, fog: content } })],
  ])('is altered by %s', (_, changed) => {
    expect(hashOfRollout(changed)).not.toBe(hashOfRollout(base));
  });

  it('is the same whatever the order of keys', () => {
    const anyContent = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 });
    fc.assert(
      fc.property(anyContent, (env) => {
        const layers = { cloud: { containers: [], podLabels: env } as unknown as LayerContent };
        const turned = { cloud: reversed(layers.cloud) as LayerContent };
        expect(hashOf({ layers: turned, version: 'v' })).toBe(hashOf({ version: 'v', layers }));
        expect(contentHashOf('v', turned.cloud)).toBe(contentHashOf('v', layers.cloud));
      }),
    );
  });

  it('minds the order of lists', () => {
    const args = (...list: string[]) =>
      aRollout({ deployments: { cloud: { containers: [{ name: 'a', args: list }] } } });
    expect(hashOfRollout(args('a', 'b'))).not.toBe(hashOfRollout(args('b', 'a')));
  });
});

describe('the hash of what a layer’s sites are given', () => {
  const hashesOf = (spec: Partial<FogRollout['spec']> = {}) => revisionOf(aRollout(spec)).hashes;
  const other: LayerContent = { ...content, replicas: 3 };

  it.each<[string, Partial<FogRollout['spec']>, string[]]>([
    ['nothing', {}, []],
    ['the strategy', { strategy: { promotion: 'Branch', layers: { edge: { maxConcurrency: '100%' } } } }, []],
    ['the version', { version: 'v2' }, ['cloud', 'fog', 'edge']],
    ['its content', { deployments: { cloud: content, fog: content, edge: other } }, ['edge']],
    ['the content of others', { deployments: { cloud: other, fog: other, edge: content } }, ['cloud', 'fog']],
  ])('where %s is another, is another for those it concerns', (_, spec, changed) => {
    const [before, after] = [hashesOf(), hashesOf(spec)];
    const layers = ['cloud', 'fog', 'edge'] as const;
    expect(layers.filter((layer) => before[layer] !== after[layer])).toEqual(changed);
  });

  it('is there for the layers that the revision has', () => {
    expect(Object.keys(contentHashesOf({ version: 'v1', layers: { fog: content } }))).toEqual(['fog']);
    expect(contentHashOf('v1', content)).toMatch(/^[0-9a-f]{16}$/);
  });
});

it('ownerOf tells one incarnation from another', () => {
  expect(ownerOf(aRollout())).toEqual({
    namespace: 'shop',
    name: 'web',
    uid: 'uid-1',
    created: '2026-11-22T10:00:00Z',
  });
});

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
