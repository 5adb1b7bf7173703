import { expect } from '@jest/globals';
import { LAYERS, type Layer } from '../../../model/layers.ts';
import type { FakeRollout } from './fake-rollout.ts';

/** Nothing of a layer begins before everything of the layer above has ended. */
export function expectPromotionInOrder({ calls }: FakeRollout): void {
  const of = (layer: Layer) =>
    calls.filter(({ what }) => what.startsWith(`applyRelease ${layer}`) || what.startsWith(`awaitReady ${layer}`));
  for (const [at, layer] of LAYERS.entries()) {
    const above = of(LAYERS[at - 1] ?? layer);
    const below = of(layer);
    if (at === 0 || above.length === 0 || below.length === 0) continue;
    const end = Math.max(...above.map(({ ended }) => ended ?? Number.POSITIVE_INFINITY));
    expect(Math.min(...below.map(({ begun }) => begun))).toBeGreaterThan(end);
  }
}

/** Every call that starts with `earlier` has ended before the first that starts with `later` began. */
export function expectEndedBefore({ calls }: FakeRollout, earlier: string, later: string): void {
  const ends = calls
    .filter(({ what }) => what.startsWith(earlier))
    .map(({ ended }) => ended ?? Number.POSITIVE_INFINITY);
  const begins = calls.filter(({ what }) => what.startsWith(later)).map(({ begun }) => begun);
  expect(ends.length).toBeGreaterThan(0);
  expect(begins.length).toBeGreaterThan(0);
  expect(Math.min(...begins)).toBeGreaterThan(Math.max(...ends));
}
