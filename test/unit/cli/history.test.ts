import { describe, expect, it } from '@jest/globals';
import { historyLines, runLines } from '../../../cli/history.ts';
import { coloured } from '../../../cli/paint.ts';
import { type PastRun, pastRuns } from '../../../model/history/past.ts';
import { ALL_READY, aLayer, aRollout } from '../model/builders.ts';
import { aKept, aRecord, aStatus, at } from '../model/history/runs.ts';

const NOW = at(120);
const failed = aRecord({
  ...{ runId: 'a', outcome: 'Failed', reason: 'Rejected', startedAt: at(0), finishedAt: at(75) },
  message: 'edge: the gate shop before it: rejected by bob: no',
  layers: [
    { layer: 'cloud', phase: 'Ready', sites: ALL_READY, startedAt: at(1), finishedAt: at(9) },
    { layer: 'edge', phase: 'Pending', sites: aLayer('edge').sites },
  ],
  gates: [
    {
      ...{ layer: 'edge', at: 'before', name: 'shop', state: 'Failed', message: 'rejected by bob: no', since: at(10) },
      decisions: [
        { by: 'alice', at: at(20) },
        { by: 'bob', at: at(75) },
      ],
    },
  ],
  actions: [
    { action: 'Pause', by: 'carol', at: at(2), reason: 'incident 7' },
    { action: 'Reject', layer: 'edge', gate: 'shop', by: 'bob', at: at(75), reason: 'no' },
  ],
  leftOut: '1 gate',
});
const retried = aRecord({ runId: 'b', kind: 'retry', startedAt: at(80), finishedAt: at(92) });
const kept = [aKept(2), aKept(3, failed, retried), aKept(4)];
const runs = pastRuns(kept, aRollout({}, aStatus()));
const runOf = (generation: number, runId?: string): PastRun =>
  runs.find((run) => run.generation === generation && (runId === undefined || run.runId === runId))!;

describe('The history of a rollout', () => {
  it('is a line a run, newest first, with who acted', () => {
    expect(historyLines(runs, NOW)).toEqual([
      'GENERATION   VERSION   OUTCOME             BY                  STARTED                TOOK         MESSAGE',
      '4            v4        Running             –                   2026-11-22 10:00:00Z   2 min 0 s    Rolling out v4',
      '3            v1        Succeeded (retry)   –                   2026-11-22 10:01:20Z   12 s         v1 is ready in cloud',
      '3            v1        Failed              carol, alice, bob   2026-11-22 10:00:00Z   1 min 15 s   edge: the gate shop before it: rejected by bob: no',
      '2            v2        Unknown             –                   –                      –            nothing is recorded of how it went',
    ]);
  });

  it('names later attempts of a generation as what is kept of them, and says what they are', () => {
    const back = aRecord({ kind: 'rollback', outcome: 'RolledBack' });
    const [, line] = historyLines(pastRuns([{ ...aKept(4, back), attempt: 1 }]), NOW);
    expect(line).toMatch(/^4\.1 +v1 +RolledBack \(rollback\) /);
  });

  it('says of nobody when nobody acted, and cuts what is long', () => {
    const [head, line] = historyLines(pastRuns([aKept(1, aRecord({ message: 'x'.repeat(300) }))]), NOW);
    expect(head).not.toContain('BY');
    expect(line).toMatch(/ x{99}…$/);
  });

  it('of one that has none says so', () => {
    expect(historyLines([], NOW)).toEqual(['Nothing is recorded yet']);
  });

  it('is coloured on a terminal, and says the same', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    const escapes = /\u001b\[\d+m/g;
    const lines = historyLines(runs, NOW, coloured);
    expect(lines.join('').match(escapes)).toHaveLength(2 * runs.length);
    expect(lines.map((line) => line.replace(escapes, ''))).toEqual(historyLines(runs, NOW));
  });
});

describe('One run', () => {
  it('has its layers between their gates, who decided, and what people asked', () => {
    expect(runLines(runOf(3, 'a'), NOW)).toEqual([
      'generation 3 v1 Failed, 2026-11-22 10:00:00Z, took 1 min 15 s',
      '│  edge: the gate shop before it: rejected by bob: no',
      '├─ ✔ cloud Ready        1/1 ready  from 2026-11-22 10:00:01Z  8 s',
      '├─ ✘ gate shop before the edge: rejected by bob: no, from 2026-11-22 10:00:10Z',
      '│  ├─ alice, 2026-11-22 10:00:20Z',
      '│  └─ bob, 2026-11-22 10:01:15Z',
      '├─ – edge  Pending      0/1 ready',
      '├─ Pause by carol, 2026-11-22 10:00:02Z: incident 7',
      '├─ Reject of the gate shop of the edge by bob, 2026-11-22 10:01:15Z: no',
      '└─ too long to be kept: 1 gate',
    ]);
  });

  it('says once why a layer and with it the run has failed', () => {
    const message = 'cloud: no such image';
    const layers = [{ layer: 'cloud' as const, phase: 'Failed' as const, sites: aLayer('cloud').sites, message }];
    expect(runLines({ ...runOf(3, 'a'), message, layers, gates: [], actions: [] }, NOW).slice(1, 3)).toEqual([
      '│  cloud: no such image',
      '├─ ✘ cloud Failed       0/1 ready',
    ]);
  });

  it('has the sites that failed below their layers, but for what the layer says itself', () => {
    const sites = { ...aLayer('edge').sites, total: 9, ready: 7, failed: 2 };
    const message = 'more than 1 site failed';
    const layers = [{ layer: 'edge' as const, phase: 'Failed' as const, sites, message }];
    const failures = [
      { site: 'hamburg', layer: 'edge' as const, reason: 'Invalid', message: 'hamburg: no such field' },
      { site: 'berlin', layer: 'edge' as const, reason: 'Forbidden', message },
    ];
    expect(runLines({ ...runOf(3, 'a'), layers, gates: [], actions: [], failures }, NOW).slice(2, 4)).toEqual([
      expect.stringMatching(/^├─ ✘ edge {2}Failed {7}7\/9 ready, 2 failed .*more than 1 site failed$/),
      '│  └─ ✘ hamburg: no such field',
    ]);
  });

  it('of which nothing is known is shown as that', () => {
    expect(runLines(runOf(2), NOW)).toEqual(['generation 2 v2 Unknown', '│  nothing is recorded of how it went']);
  });
});
