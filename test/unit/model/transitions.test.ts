import { describe, expect, it } from '@jest/globals';
import { rolloutTransitions, siteTransitions } from '../../../model/transitions.ts';
import type { Condition, FogRolloutStatus, FogSiteStatus, LayerStatus, SiteCondition } from '../../../model/types.ts';
import { aLayer } from './builders.ts';

const AT = '2026-01-01T00:00:00Z';
const run = (runId: string) => ({ workflowId: 'w', runId, startedAt: AT, reports: 1 });
const ready = (status: Condition['status'], reason: string, message: string): Condition[] => [
  { type: 'Ready', status, reason, message, observedGeneration: 4, lastTransitionTime: AT },
];
const revision = { generation: 4, version: 'v2', hash: 'h' };
const layers = (...phases: LayerStatus['phase'][]) =>
  (['cloud', 'fog', 'edge'] as const).map((name, at) =>
    aLayer(name, { phase: phases[at] ?? 'Pending', version: 'v2', ...(phases[at] && { startedAt: AT }) }),
  );
const status = (phase: FogRolloutStatus['phase'], more: Partial<FogRolloutStatus>): FogRolloutStatus => ({
  observedGeneration: 3,
  phase,
  revision,
  run: run('b'),
  ...more,
});

const ENDED = status('Succeeded', {
  run: run('a'),
  conditions: ready('True', 'Succeeded', 'v1 is ready'),
  layers: layers('Ready', 'Ready', 'Ready'),
});
const BEGUN = status('Progressing', {
  conditions: ready('False', 'Progressing', 'Rolling out v2'),
  layers: layers('Progressing'),
});
const gate = { layer: 'fog', at: 'before', name: 'shop', since: AT } as const;
const WAITING = status('WaitingForApproval', {
  conditions: ready('False', 'WaitingForApproval', 'v2: waits'),
  layers: layers('Ready'),
  gates: [{ ...gate, state: 'Closed', message: 'waits' }],
});
const OPENED = status('Progressing', {
  conditions: ready('False', 'Progressing', 'Rolling out v2'),
  layers: layers('Ready', 'Progressing'),
  gates: [{ ...gate, state: 'Open', message: 'approved by alice' }],
});
const FAILED = status('Failed', {
  conditions: ready('False', 'ProgressDeadlineExceeded', 'fog: no'),
  layers: [layers('Ready')[0]!, { ...layers('Ready', 'Failed')[1]!, message: 'fog: no' }],
});
const DONE = status('Succeeded', {
  conditions: ready('True', 'Succeeded', 'v2 is ready in cloud, fog, edge'),
  layers: layers('Ready', 'Ready', 'Ready'),
});
const DEGRADED = { ...DONE, conditions: ready('False', 'ReleaseNotReady', 'fog: 0 of 1 ready') };
const PAUSED = { ...BEGUN, phase: 'Paused' as const, conditions: ready('False', 'Paused', 'v2 is paused by alice') };

describe('What is told of a rollout', () => {
  it.each<[string, FogRolloutStatus | undefined, FogRolloutStatus, string[]]>([
    ['begins', ENDED, BEGUN, ['Normal Progressing: Rolling out v2, generation 4']],
    ['is the same', BEGUN, { ...BEGUN, run: { ...run('b'), reports: 2 } }, []],
    [
      'has a layer ready, and waits',
      BEGUN,
      WAITING,
      ['Normal LayerReady: cloud: v2 is ready at 0 of 1 site', 'Normal WaitingForApproval: v2: waits'],
    ],
    [
      'goes on when a gate opens',
      WAITING,
      OPENED,
      ['Normal GateOpened: The gate shop before the fog is open: approved by alice', 'Normal Resumed: Rolling out v2'],
    ],
    ['fails', OPENED, FAILED, ['Warning LayerFailed: fog: no', 'Warning ProgressDeadlineExceeded: fog: no']],
    [
      'is well at once: one word for all layers',
      undefined,
      DONE,
      ['Normal Succeeded: v2 is ready in cloud, fog, edge'],
    ],
    ['is no longer ready', DONE, DEGRADED, ['Warning ReleaseNotReady: fog: 0 of 1 ready']],
    ['is ready again', DEGRADED, DONE, ['Normal Succeeded: v2 is ready in cloud, fog, edge']],
    ['is paused', BEGUN, PAUSED, ['Normal Paused: v2 is paused by alice']],
    ['is resumed', PAUSED, BEGUN, ['Normal Resumed: Rolling out v2']],
    ['is there, and nobody has begun it', undefined, status('Pending', {}), []],
  ])('that %s', (_, before, after, expected) => {
    expect(
      rolloutTransitions(before, after).map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
    ).toEqual(expected);
  });
});

describe('What is told of a site', () => {
  const site = (...conditions: [SiteCondition['type'], SiteCondition['status'], string][]): FogSiteStatus => ({
    conditions: conditions.map(([type, state, reason]) => ({
      type,
      status: state,
      reason,
      message: 'words',
      observedGeneration: 1,
      lastTransitionTime: AT,
    })),
  });
  it.each<[string, FogSiteStatus | undefined, FogSiteStatus, string[]]>([
    ['that is new and well', undefined, site(['Ready', 'True', 'Usable']), []],
    ['that is new and wrong', undefined, site(['Ready', 'False', 'PlaceTaken']), ['Warning PlaceTaken']],
    [
      'that goes out of reach',
      site(['Reachable', 'True', 'Answers']),
      site(['Reachable', 'False', 'NoAnswer']),
      ['Warning NoAnswer'],
    ],
    [
      'that comes back',
      site(['Reachable', 'False', 'NoAnswer']),
      site(['Reachable', 'True', 'Answers']),
      ['Normal Answers'],
    ],
    [
      'that is wrong otherwise',
      site(['Ready', 'False', 'PlaceTaken']),
      site(['Ready', 'False', 'ParentMissing']),
      ['Warning ParentMissing'],
    ],
    ['that is the same', site(['Ready', 'True', 'Usable']), site(['Ready', 'True', 'Usable']), []],
  ])('%s', (_, before, after, expected) => {
    expect(siteTransitions(before, after).map(({ type, reason }) => `${type} ${reason}`)).toEqual(expected);
  });
});
