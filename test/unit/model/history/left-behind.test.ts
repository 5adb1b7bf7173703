import { describe, expect, it } from '@jest/globals';
import type { OpenRunInput } from '../../../../model/activities.ts';
import { leftBehind } from '../../../../model/history/left-behind.ts';
import type { FogRolloutStatus, Revision } from '../../../../model/types.ts';
import { ALL_READY, aLayer, owner } from '../builders.ts';
import { aStatus, at, ready } from './runs.ts';

const anOpening = (generation: number, given: Partial<OpenRunInput> = {}): OpenRunInput => ({
  ...{ owner, kind: 'rollout', carried: [] },
  revision: { generation, version: `v${generation}`, hash: 'h', layers: {}, hashes: {} } as unknown as Revision,
  run: { workflowId: 'w', runId: 'run-5', startedAt: at(40), reports: 1 },
  ...given,
});
const ofItself = { workflowId: 'w', runId: 'run-4', startedAt: at(0), reports: 3 };

const attempt = (one: number) => ({ revision: { ...anOpening(4).revision!, attempt: one } });

describe('A run whose place another takes', () => {
  it('has failed where the next goes back from it', () => {
    const failing = ready('False', 'RollingBack', 'Rolling back to v3: fog: no such image');
    const before = aStatus({ phase: 'RollingBack', conditions: [failing] });
    expect(leftBehind(anOpening(4, attempt(1)), before, at(40))).toMatchObject({
      order: { generation: 4 },
      record: { outcome: 'Failed', message: 'Rolling back to v3: fog: no such image' },
    });
  });

  it('by a later attempt of the same generation is superseded, also while it goes back itself', () => {
    const { revision } = aStatus();
    const back = { generation: 3, version: 'v3', at: at(1) };
    const before = aStatus({ phase: 'RollingBack', revision: { ...revision!, attempt: 1 }, rollback: back });
    expect(leftBehind(anOpening(4, attempt(2)), before, at(40))).toMatchObject({
      order: { generation: 4, attempt: 1 },
      record: { outcome: 'Superseded', message: 'superseded by generation 4, attempt 2, v4' },
    });
  });

  it.each<[string, OpenRunInput, object]>([
    [
      'for a newer generation is superseded',
      anOpening(5),
      { outcome: 'Superseded', message: 'superseded by generation 5, v5', runId: 'run-4', finishedAt: at(40) },
    ],
    [
      'for the same generation was interrupted',
      anOpening(4),
      { outcome: 'Interrupted', message: 'ended without a word, and was begun anew' },
    ],
    [
      'for the same first generation, blindly, was interrupted too',
      anOpening(4, { status: aStatus() }),
      { outcome: 'Interrupted', runId: 'run-4' },
    ],
    [
      'and goes on as a newer generation in a fresh history is adjusted',
      anOpening(5, { status: aStatus() }),
      { outcome: 'Adjusted', runId: 'run-4' },
    ],
    [
      'and that itself goes on as a newer generation is adjusted',
      anOpening(5, { status: aStatus(), run: ofItself }),
      { outcome: 'Adjusted', message: 'went on as generation 5, which changed nothing but the strategy' },
    ],
    [
      'and that told the next is known better than by its last report',
      anOpening(5, {
        superseded: { runId: 'run-4', kind: 'retry', actions: [{ action: 'Pause', by: 'alice', at: at(3) }] },
        carried: [aLayer('fog', { phase: 'Ready', sites: ALL_READY, startedAt: at(6), finishedAt: at(8) })],
      }),
      {
        kind: 'retry',
        actions: [{ by: 'alice' }],
        layers: [{ phase: 'Ready' }, { layer: 'fog', phase: 'Ready', finishedAt: at(8) }, { phase: 'Pending' }],
      },
    ],
    [
      'is not taken for another that told the next, and was never on the object',
      anOpening(5, { superseded: { runId: 'run-x', kind: 'retry', actions: [] } }),
      { kind: 'rollout', layers: [{}, { phase: 'Progressing' }, {}] },
    ],
  ])('%s', (_, input, record) => {
    expect(leftBehind(input, aStatus(), at(40))).toMatchObject({ order: { generation: 4 }, record });
  });

  it.each<[string, OpenRunInput, FogRolloutStatus]>([
    ['that has succeeded', anOpening(5), aStatus({ phase: 'Succeeded' })],
    ['that has failed', anOpening(4), aStatus({ phase: 'Failed' })],
    ['that was a repair', anOpening(5), aStatus({ conditions: [ready('False', 'Repairing', 'Putting right')] })],
    ['when the opening is said again', anOpening(4, { run: ofItself }), aStatus()],
    ['when it is a repair that begins', anOpening(5, { revision: undefined as never, kind: 'repair' }), aStatus()],
    ['when nothing was said yet', anOpening(5), { observedGeneration: -1, phase: 'Pending' }],
  ])('leaves nothing to say %s', (_, input, before) => {
    expect(leftBehind(input, before, at(40))).toBeUndefined();
  });
});
