import { describe, expect, it } from '@jest/globals';
import { conditionsFor } from '../../../model/conditions.ts';
import { freed, HINDRANCES, hindered, hindranceIn } from '../../../model/hindrance.ts';
import { MAX_MESSAGE } from '../../../model/status-size.ts';
import type { FogRolloutStatus, Phase } from '../../../model/types.ts';
import { ALL_READY, aLayer, revision } from './builders.ts';

const BEFORE = '2026-11-22T10:00:00Z';
const NOW = '2026-11-22T11:00:00Z';
const GENERATION = 4;
const IN_THE_WAY = { reason: HINDRANCES.temporalUnavailable, message: 'no answer', state: 'reconciling' } as const;

function aStatus(phase: Phase, given: Partial<FogRolloutStatus> = {}): FogRolloutStatus {
  return { phase, observedGeneration: GENERATION, ...given };
}

/** As the watcher leaves it that has said what is in the way. */
function inTrouble(phase: Phase, given: Partial<FogRolloutStatus> = {}): FogRolloutStatus {
  const status = aStatus(phase, given);
  return { ...status, conditions: hindered(status, IN_THE_WAY, GENERATION, BEFORE)! };
}

describe('What is in the way of a rollout', () => {
  it('is said in its conditions, for the generation the object has', () => {
    const status = aStatus('Progressing', { observedGeneration: 3 });
    expect(hindered(status, { ...IN_THE_WAY, state: 'failed' }, GENERATION, NOW)).toEqual([
      expect.objectContaining({ type: 'Ready', status: 'False', observedGeneration: GENERATION }),
      expect.objectContaining({ type: 'Stalled', status: 'True', reason: IN_THE_WAY.reason, message: 'no answer' }),
    ]);
  });

  it('is not said again where the object says it already', () => {
    expect(hindered(inTrouble('Progressing'), IN_THE_WAY, GENERATION, NOW)).toBeUndefined();
  });

  it.each<[string, Parameters<typeof hindered>[1], number]>([
    ['for another reason', { ...IN_THE_WAY, reason: HINDRANCES.noWorker }, GENERATION],
    ['in other words', { ...IN_THE_WAY, message: 'refused' }, GENERATION],
    ['as what nobody but a person ends', { ...IN_THE_WAY, state: 'failed' }, GENERATION],
    ['as what is over for Reconciling, and left to Ready', { ...IN_THE_WAY, state: 'degraded' }, GENERATION],
    ['of a newer generation', IN_THE_WAY, GENERATION + 1],
  ])('is said again %s', (_, hindrance, generation) => {
    const conditions = hindered(inTrouble('Progressing'), hindrance, generation, NOW);
    expect(conditions?.[0]).toMatchObject({
      ...{ type: 'Ready', status: 'False', lastTransitionTime: BEFORE, observedGeneration: generation },
      ...{ reason: hindrance.reason, message: hindrance.message },
    });
  });

  it('is said where one of its conditions is missing, or of another state', () => {
    const { conditions, ...status } = inTrouble('Progressing');
    const [ready, reconciling] = conditions!;
    const again = (...said: typeof conditions & object) =>
      hindered({ ...status, conditions: said }, IN_THE_WAY, GENERATION, BEFORE);
    expect(again(ready!)).toEqual(conditions);
    expect(again(ready!, { ...reconciling!, type: 'Stalled' })).toEqual(conditions);
    expect(again({ ...ready!, status: 'True' }, reconciling!)).toEqual(conditions);
  });

  it('is bounded, however long its words are', () => {
    const conditions = hindered(aStatus('Pending'), { ...IN_THE_WAY, message: 'x'.repeat(99_999) }, GENERATION, NOW);
    expect(conditions![0]!.message.length).toBeLessThanOrEqual(MAX_MESSAGE);
  });

  it.each(Object.values(HINDRANCES))('is known by its reason: %s', (reason) => {
    const outcome = { state: 'reconciling', reason, message: '' } as const;
    expect(hindranceIn({ conditions: conditionsFor(outcome, GENERATION, undefined, NOW) })).toBe(reason);
  });

  it('is nothing of what a run says itself, nor where nothing is said', () => {
    const outcome = { state: 'failed', reason: 'Forbidden', message: '' } as const;
    expect(hindranceIn({ conditions: conditionsFor(outcome, GENERATION, undefined, NOW) })).toBeUndefined();
    expect(hindranceIn({})).toBeUndefined();
  });
});

describe('A rollout that nothing is in the way of any more', () => {
  const layers = [aLayer('cloud', { phase: 'Ready', sites: ALL_READY })];
  const older = { observedGeneration: GENERATION - 1 };

  it.each<[string, FogRolloutStatus, string]>([
    [
      'is ready where it was',
      inTrouble('Succeeded', { layers, revision }),
      'Ready=True Succeeded: v1.2.0 is ready in cloud',
    ],
    [
      'is ready with what it says to have, where it knows no revision',
      inTrouble('Succeeded', { layers, version: 'v1.0.0' }),
      'Ready=True Succeeded: v1.0.0 is ready in cloud',
    ],
    [
      'is rolled back where it was, and waits for a person',
      inTrouble('Succeeded', {
        ...{ layers, revision, rollback: { generation: 3, version: 'v1.2.0', by: 'alice', at: BEFORE, done: true } },
      }),
      'Ready=False, Stalled=True RolledBack: rolled back by alice; v1.2.0 is ready in cloud; change spec, or Resume, to go on',
    ],
    [
      'is being put right where it is repaired',
      inTrouble('Progressing', { revision }),
      'Ready=False, Reconciling=True Repairing: Putting changed releases right',
    ],
    [
      'is being removed where it is',
      inTrouble('Removing', { revision }),
      'Ready=False, Reconciling=True Removing: Removing the releases',
    ],
    [
      'is being removed, its object having been changed before',
      inTrouble('Removing', { revision, ...older }),
      'Ready=False, Reconciling=True Removing: Removing the releases',
    ],
    [
      'goes on where it was',
      inTrouble('Progressing', { revision, ...older }),
      'Ready=False, Reconciling=True Progressing: Rolling out v1.2.0',
    ],
    [
      'waits where it did',
      inTrouble('WaitingForApproval', { revision, ...older }),
      'Ready=False, Reconciling=True WaitingForApproval: Rolling out v1.2.0',
    ],
    ...(['Pending', 'Succeeded', 'Failed'] as const).map((phase): [string, FogRolloutStatus, string] => [
      `has its change in good hands where it was ${phase}`,
      inTrouble(phase, { revision, layers, ...older }),
      'Ready=False, Reconciling=True Progressing: The change is with Temporal',
    ]),
  ])('%s', (_, status, expected) => {
    const conditions = freed(status, GENERATION, NOW)!;
    const states = conditions.map(({ type, status: value }) => `${type}=${value}`).join(', ');
    const [{ reason, message }] = conditions as [(typeof conditions)[0]];
    expect(`${states} ${reason}: ${message}`).toBe(expected);
    expect(conditions.map(({ observedGeneration }) => observedGeneration)).toEqual(conditions.map(() => GENERATION));
    expect(hindranceIn({ conditions })).toBeUndefined();
  });

  it('keeps what its conditions say where that is nothing of the kind', () => {
    const outcome = { state: 'reconciling', reason: 'Progressing', message: 'Rolling out v1.2.0' } as const;
    const conditions = conditionsFor(outcome, GENERATION, undefined, BEFORE);
    expect(freed(aStatus('Progressing', { conditions }), GENERATION, NOW)).toBeUndefined();
    expect(freed(aStatus('Pending'), GENERATION, NOW)).toBeUndefined();
  });
});
