import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planRollout } from '../../../model/plan/rollout-plan.ts';
import { PLAN_HASH, planHashOf } from '../../../model/plan-hash.ts';
import { restartedRevision, revisionOf } from '../../../model/revision.ts';
import { sha256 } from '../../../model/sha256.ts';
import type { FogRollout } from '../../../model/types.ts';
import { aRollout, content } from './builders.ts';
import { aSite } from './fleet/sites.ts';

const SPEC: FogRollout['spec'] = {
  version: 'v1',
  deployments: { cloud: content, edge: content },
  strategy: { layers: { edge: { maxConcurrency: 2 } } },
};
const hashOf = (spec: Partial<FogRollout['spec']> = {}) => planHashOf(revisionOf(aRollout({ ...SPEC, ...spec })));

describe('The hash of a plan', () => {
  it.each<[string, Partial<FogRollout['spec']>]>([
    ['the same with its fields in another order', { deployments: { edge: content, cloud: content } }],
    ['what only says when', { strategy: { ...SPEC.strategy, paused: true } }],
    ['what is kept', { strategy: { ...SPEC.strategy, revisionHistoryLimit: 3 } }],
    ['a default that is said', { strategy: { ...SPEC.strategy, onFailure: 'Halt' } }],
  ])('stays the same for %s', (_, spec) => {
    expect(hashOf(spec)).toBe(hashOf());
    expect(hashOf()).toMatch(PLAN_HASH);
  });

  it.each<[string, Partial<FogRollout['spec']>]>([
    ['version', { version: 'v2' }],
    ['content', { deployments: { cloud: content, edge: { ...content, replicas: 7 } } }],
    ['layers', { deployments: { cloud: content } }],
    ['strategy', { strategy: { layers: { edge: { maxConcurrency: 3 } } } }],
    ['gates', { strategy: { layers: { edge: { maxConcurrency: 2, before: [{ approval: {} }] } } } }],
    ['deadline', { strategy: { ...SPEC.strategy, progressDeadlineSeconds: 5 } }],
  ])('is another with another %s', (_, spec) => {
    expect(hashOf(spec)).not.toBe(hashOf());
  });

  it('is that of the run: before it is applied, under way, and whatever its sites are', () => {
    const wanted = aRollout(SPEC);
    const facts = { live: undefined, sites: [], shards: [] };
    const before = planRollout(wanted, facts).hash;
    expect(planRollout(wanted, { ...facts, live: wanted, sites: [aSite('edge-1')] }).hash).toBe(before);
    expect(planHashOf(JSON.parse(JSON.stringify(revisionOf(wanted))))).toBe(before);
    expect(planHashOf(restartedRevision(revisionOf(wanted), '2026-01-01T00:00:00Z'))).not.toBe(before);
  });
});

describe('SHA-256 in plain JavaScript', () => {
  const known = (text: string) => createHash('sha256').update(text).digest('hex');

  it.each([0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 1_000])('is that of node for %d characters', (length) => {
    expect(sha256('a'.repeat(length))).toBe(known('a'.repeat(length)));
  });

  it('is that of node for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(sha256(text)).toBe(known(text));
      }),
    );
  });
});
