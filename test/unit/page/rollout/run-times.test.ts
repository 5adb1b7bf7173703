import { describe, expect, it } from '@jest/globals';
import { type Run, revisionsToGoBackTo, ticksOf, timesOf, wayOf } from '../../../../page/rollout/run-times.ts';

const time = (second: number) => new Date(Date.parse('2026-11-27T10:00:00Z') + second * 1000).toISOString();
const NOW = Date.parse(time(100));
const sites = { total: 1, updated: 1, ready: 1, failed: 0, deferred: 0 };
const layer = (name: Run['layers'][number]['layer'], from?: number, until?: number, phase = 'Ready') => ({
  ...{ layer: name, phase: phase as 'Ready', sites },
  ...(from !== undefined && { startedAt: time(from) }),
  ...(until !== undefined && { finishedAt: time(until) }),
});
const gate = (since: number, more: object = {}) => ({
  ...{ layer: 'edge', at: 'before', name: 'shop', state: 'Open', message: 'approved by alice', since: time(since) },
  ...more,
});

function aRun(more: object = {}): Run {
  return {
    ...{ runId: 'r', generation: 4, outcome: 'Succeeded', version: 'v4', message: 'v4 is ready' },
    ...{ startTime: time(0), closeTime: time(60), gates: [], actions: [] },
    layers: [layer('cloud', 0, 10), layer('fog', 10, 20), layer('edge', 50, 60)],
    ...more,
  } as Run;
}

describe('How long a run took', () => {
  it.each<[string, Run, [number | undefined, number]]>([
    ['all of it at work', aRun(), [60, 0]],
    [
      'with the wait for an approval',
      aRun({ gates: [gate(20, { decisions: [{ by: 'alice', at: time(45) }] })] }),
      [60, 25],
    ],
    ['with a wait that ended as the layer began', aRun({ gates: [gate(20)] }), [60, 30]],
    ['with two waits at a time', aRun({ gates: [gate(20), gate(30, { name: 'board' })] }), [60, 30]],
    [
      'with a wait after a layer, until the next began',
      aRun({ gates: [gate(20, { layer: 'fog', at: 'after' })] }),
      [60, 30],
    ],
    ['so far', aRun({ outcome: 'Running', closeTime: undefined, gates: [gate(20, { state: 'Closed' })] }), [100, 80]],
    [
      'is not known of what is not recorded',
      aRun({ outcome: 'Unknown', closeTime: undefined, layers: [] }),
      [undefined, 0],
    ],
  ])('%s', (_, run, [took, waited]) => {
    const times = timesOf(run, NOW);
    expect([times.took, times.waited]).toEqual([took === undefined ? undefined : took * 1000, waited * 1000]);
  });

  it('is told by the order of its revision, and who acted', () => {
    const actions = [{ action: 'Restart', by: 'bob', at: time(0) }];
    expect(timesOf(aRun({ attempt: 2, actions }), NOW)).toMatchObject({ order: '4.2', key: 'r', by: ['bob'] });
    expect(timesOf(aRun({ runId: undefined }), NOW).key).toBe(`4 ${time(0)}`);
  });
});

describe('A run’s way through the layers', () => {
  const bars = (run: Run) =>
    wayOf(run, NOW)?.lanes.map(({ layer, bars }) =>
      [
        layer,
        ...bars.map(({ kind, state, from, until, isOpen }) => {
          const seconds = [from, until].map((at) => (at - Date.parse(time(0))) / 1000);
          return `${kind} ${state} ${seconds.join('-')}${isOpen ? ' on' : ''}`;
        }),
      ].join(', '),
    );

  it('has a bar for each layer, and for each wait', () => {
    expect(bars(aRun({ gates: [gate(20)] }))).toEqual([
      'cloud, layer Ready 0-10',
      'fog, layer Ready 10-20',
      'edge, layer Ready 50-60, gate Open 20-50',
    ]);
  });

  it('goes on until now', () => {
    const layers = [layer('cloud', 0, 10), layer('edge', 10, undefined, 'Progressing'), layer('fog')];
    expect(bars(aRun({ outcome: 'Running', closeTime: undefined, layers }))).toEqual([
      'cloud, layer Ready 0-10',
      'edge, layer Progressing 10-100 on',
      'fog',
    ]);
  });

  it('leaves out what was done before it began, and marks who asked what', () => {
    const layers = [layer('cloud', -50, -40), layer('edge', -5, 60)];
    const run = aRun({ layers, actions: [{ action: 'Retry', by: 'bob', at: time(-1), reason: 'again' }] });
    expect(bars(run)).toEqual(['cloud', 'edge, layer Ready 0-60']);
    expect(wayOf(run, NOW)?.marks).toEqual([{ at: Date.parse(time(0)), text: 'Retry by bob: again' }]);
  });

  it('is none where nothing is recorded', () => {
    expect(wayOf(aRun({ outcome: 'Unknown', closeTime: undefined, layers: [] }), NOW)).toBeUndefined();
  });
});

it.each([
  [1, ['0', '0.2 s', '0.4 s', '0.6 s', '0.8 s', '1 s']],
  [45, ['0', '10 s', '20 s', '30 s', '40 s']],
  [100, ['0', '20 s', '40 s', '1 min', '1 min 20 s', '1 min 40 s']],
  [7_200, ['0', '20 min', '40 min', '1 h', '1 h 20 min', '1 h 40 min', '2 h']],
  [86_400 * 3, ['0', '12 h', '1 d', '1 d 12 h', '2 d', '2 d 12 h', '3 d']],
])('an axis of %d s has round times', (seconds, expected) => {
  const ticks = ticksOf({ from: 0, until: seconds * 1000 });
  expect(ticks.map(({ text }) => text)).toEqual(expected);
  expect(ticks[0]!.at).toBe(0);
});

it('One goes back to generations that have succeeded, each once', () => {
  const runs = [
    aRun({ generation: 5, outcome: 'Failed' }),
    aRun({ generation: 4 }),
    aRun({ generation: 3, attempt: 1 }),
    aRun({ generation: 3, outcome: 'Failed' }),
    aRun({ generation: 2, runId: 'newer' }),
    aRun({ generation: 2, runId: 'older' }),
  ];
  expect(revisionsToGoBackTo(runs, 4).map(({ generation, runId }) => `${generation} ${runId}`)).toEqual(['2 newer']);
});
