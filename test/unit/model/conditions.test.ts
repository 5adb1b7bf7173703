import { describe, expect, it } from '@jest/globals';
import { conditionOf, conditionsFor, type Outcome } from '../../../model/conditions.ts';
import type { Condition } from '../../../model/types.ts';

const BEFORE = '2026-11-22T10:00:00Z';
const NOW = '2026-11-22T11:00:00Z';
const outcome = (state: Outcome['state']): Outcome => ({ state, reason: 'Because', message: 'of this' });
const brief = (conditions: Condition[]) => conditions.map(({ type, status }) => `${type}=${status}`);

describe('conditionsFor', () => {
  it.each<[Outcome['state'], string[]]>([
    ['reconciling', ['Ready=False', 'Reconciling=True']],
    ['succeeded', ['Ready=True']],
    ['failed', ['Ready=False', 'Stalled=True']],
  ])('%s', (state, expected) => {
    expect(brief(conditionsFor(outcome(state), 3, undefined, NOW))).toEqual(expected);
  });

  it('says for which generation, why, and since when', () => {
    expect(conditionsFor(outcome('succeeded'), 3, undefined, NOW)).toEqual([
      {
        type: 'Ready',
        status: 'True',
        observedGeneration: 3,
        lastTransitionTime: NOW,
        reason: 'Because',
        message: 'of this',
      },
    ]);
  });

  it.each<[Outcome['state'], Outcome['state'], string]>([
    ['reconciling', 'failed', BEFORE],
    ['succeeded', 'succeeded', BEFORE],
    ['succeeded', 'reconciling', NOW],
    ['failed', 'succeeded', NOW],
  ])('from %s to %s, Ready is so since %s', (from, to, since) => {
    const previous = conditionsFor(outcome(from), 2, undefined, BEFORE);
    const ready = conditionOf(conditionsFor(outcome(to), 3, previous, NOW), 'Ready');
    expect(ready).toMatchObject({ lastTransitionTime: since, observedGeneration: 3 });
  });
});
