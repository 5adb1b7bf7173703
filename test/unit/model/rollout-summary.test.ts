import { describe, expect, it } from '@jest/globals';
import { HINDRANCES } from '../../../model/hindrance.ts';
import { type Awaited, summaryOf } from '../../../model/rollout-summary.ts';
import type { Condition, FogRolloutStatus, GateStatus, Phase } from '../../../model/types.ts';
import { ALL_READY, aLayer, aRollout, revision } from './builders.ts';

const AT = '2026-11-22T10:01:40Z';

function isReady(reason: string, message: string): Condition {
  return { type: 'Ready', status: 'False', observedGeneration: 4, lastTransitionTime: AT, reason, message };
}

function inPhase(phase: Phase, more: Partial<FogRolloutStatus> = {}): FogRolloutStatus {
  return { observedGeneration: 3, phase, revision, conditions: [isReady(phase, 'so it is')], ...more };
}

const shop: GateStatus = {
  layer: 'edge',
  at: 'before',
  name: 'shop',
  state: 'Closed',
  message: 'waits for an approval',
  since: AT,
};
const gate: Awaited = {
  kind: 'gate',
  gate: 'shop',
  layer: 'edge',
  at: 'before',
  message: 'waits for an approval',
  since: AT,
};
const other = (message: string): Awaited => ({ kind: 'other', message });
const ended = { observedGeneration: 4, gates: [shop] };

describe('A rollout in a few lines', () => {
  it('has its layers with the counts of all kinds', () => {
    const layers = [
      aLayer('cloud', { phase: 'Ready', version: 'v1.2.0', sites: ALL_READY }),
      aLayer('edge', { sites: { ...ALL_READY, ready: 0, unknown: 1 } }),
    ];
    expect(summaryOf(aRollout({}, inPhase('Progressing', { version: 'v1.1.0', layers })))).toEqual({
      namespace: 'shop',
      name: 'web',
      phase: 'Progressing',
      version: 'v1.2.0',
      completedVersion: 'v1.1.0',
      ready: false,
      createdAt: '2026-11-22T10:00:00Z',
      layers: [
        { layer: 'cloud', phase: 'Ready', version: 'v1.2.0', sites: { ...ALL_READY, unknown: 0 } },
        { layer: 'edge', phase: 'Pending', sites: { ...ALL_READY, ready: 0, unknown: 1 } },
      ],
      waitsFor: [],
    });
  });

  it.each<[string, FogRolloutStatus | undefined, Awaited[]]>([
    ['nothing while it goes on', inPhase('Progressing'), []],
    ['nothing once it has failed', inPhase('Failed', ended), []],
    ['nothing while it is removed', inPhase('Removing', { gates: [shop] }), []],
    ['its first run', undefined, [other('waits for its first run')]],
    [
      'its next run, and no gate of the one before',
      inPhase('Failed', { gates: [shop] }),
      [other('waiting for a run of generation 4')],
    ],
    ['its gates', inPhase('WaitingForApproval', { gates: [{ ...shop, name: 'soak', state: 'Open' }, shop] }), [gate]],
    ['a gate beside which it goes on', inPhase('Progressing', { gates: [shop] }), [gate]],
    [
      'who paused it',
      inPhase('Paused', { hold: { by: 'alice', at: AT, reason: 'stop' } }),
      [{ kind: 'hold', message: 'paused by alice: stop', since: AT }],
    ],
    [
      'who paused it without a word',
      inPhase('Paused', { hold: { by: 'alice', at: AT } }),
      [{ kind: 'hold', message: 'paused by alice', since: AT }],
    ],
    ['a window', inPhase('Paused'), [other('so it is')]],
    [
      'what its conditions tell of before all else',
      inPhase('WaitingForApproval', { gates: [shop], conditions: [isReady(HINDRANCES.temporalUnavailable, 'away')] }),
      [other('away')],
    ],
  ])('waits for %s', (_, status, expected) => {
    expect(summaryOf(aRollout({}, status)).waitsFor).toEqual(expected);
  });
});
