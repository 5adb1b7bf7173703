import { describe, expect, it } from '@jest/globals';
import { actorsOf, pastRuns } from '../../../../model/history/past.ts';
import type { FogRollout, FogRolloutStatus } from '../../../../model/types.ts';
import { aRollout } from '../builders.ts';
import { aKept, aRecord, aStatus, at, ready } from './runs.ts';

const inShort = (...given: Parameters<typeof pastRuns>) =>
  pastRuns(...given).map(({ generation, outcome, runId }) => [generation, outcome, ...(runId ? [runId] : [])]);
const of = (status: FogRolloutStatus): FogRollout => aRollout({}, status);
const ended = of(aStatus({ observedGeneration: 4, phase: 'Succeeded' }));

describe('The history of a rollout', () => {
  it('has the newest first, also among the runs of a generation', () => {
    const first = aRecord({ runId: 'a', outcome: 'Failed' });
    const again = aRecord({ runId: 'b', kind: 'retry', startedAt: at(60) });
    expect(inShort([aKept(2, first, again), aKept(10, aRecord({ runId: 'c' })), aKept(3, aRecord())])).toEqual([
      [10, 'Succeeded', 'c'],
      [3, 'Succeeded', 'run-1'],
      [2, 'Succeeded', 'b'],
      [2, 'Failed', 'a'],
    ]);
  });

  it('has later attempts of a generation before the first', () => {
    const attempts = [1, 2].map((attempt) => ({ ...aKept(3, aRecord({ runId: `${attempt}` })), attempt }));
    const runs = pastRuns([aKept(3, aRecord()), ...attempts]);
    expect(runs.map(({ generation, attempt, runId }) => [generation, attempt, runId])).toEqual([
      [3, 2, '2'],
      [3, 1, '1'],
      [3, undefined, 'run-1'],
    ]);
  });

  it('has what is under way, by what the object says', () => {
    const [running] = pastRuns([aKept(3, aRecord()), aKept(4)], of(aStatus()));
    expect(running).toMatchObject({ generation: 4, outcome: 'Running', runId: 'run-4', message: 'Rolling out v4' });
    expect(running).not.toHaveProperty('finishedAt');
    expect(inShort([aKept(4)], of(aStatus()))).toEqual([[4, 'Running', 'run-4']]);
  });

  it.each<[string, Parameters<typeof pastRuns>, unknown[]]>([
    ['a generation of which nothing is recorded', [[aKept(3)], ended], [[3, 'Unknown']]],
    ['no generation that has yet to begin', [[aKept(5)], of(aStatus({ phase: 'Succeeded' }))], []],
    ['no repair', [[], of(aStatus({ conditions: [ready('False', 'Repairing', '')] }))], []],
    ['nothing of an earlier object', [[{ ...aKept(3, aRecord()), uid: 'old' }], ended], []],
    ['what an object left that is gone', [[{ ...aKept(3, aRecord()), uid: 'old' }]], [[3, 'Succeeded', 'run-1']]],
    [
      'once what has ended and looks as if it went on',
      [[aKept(4, aRecord({ runId: 'run-4' }))], of(aStatus())],
      [[4, 'Succeeded', 'run-4']],
    ],
    [
      'twice what goes on as a newer generation',
      [[aKept(3, aRecord({ runId: 'run-4', outcome: 'Adjusted' })), aKept(4)], of(aStatus())],
      [
        [4, 'Running', 'run-4'],
        [3, 'Adjusted', 'run-4'],
      ],
    ],
    ['nothing of an object that nobody has begun', [[], aRollout()], []],
  ])('has %s', (_, given, expected) => {
    expect(inShort(...given)).toEqual(expected);
  });
});

it('Who acted is named once, in the order they did', () => {
  const gates = [
    {
      ...{ layer: 'edge' as const, at: 'before' as const, name: 'shop', state: 'Open' as const, message: '' },
      ...{ since: at(1), decisions: [{ by: 'bob', at: at(8) }] },
    },
  ];
  const actions = [
    { action: 'Pause' as const, by: 'carol', at: at(9) },
    { action: 'Approve' as const, by: 'bob', at: at(8) },
    { action: 'Retry' as const, by: 'alice', at: at(2) },
  ];
  expect(actorsOf({ actions, gates })).toEqual(['alice', 'bob', 'carol']);
});
