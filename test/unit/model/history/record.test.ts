import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { endOf, MAX_RECORD_BYTES, recordOf } from '../../../../model/history/record.ts';
import { LAYERS } from '../../../../model/layers.ts';
import type { TakenAction } from '../../../../model/run/notes.ts';
import { REASONS } from '../../../../model/status.ts';
import type { FogRolloutStatus, GateStatus, SiteFailure } from '../../../../model/types.ts';
import { aLayer } from '../builders.ts';
import { aStatus, at, ready } from './runs.ts';

const notes = { kind: 'rollout' as const, actions: [] };
const stalled = { ...ready('False', 'Invalid', ''), type: 'Stalled' as const, lastTransitionTime: at(30) };
const failedAs = (reason: string, message: string) =>
  aStatus({ phase: 'Failed', conditions: [ready('False', reason, message), { ...stalled, reason, message }] });

describe('The end of a run', () => {
  it('has how far each layer came, and when; of one whose turn did not come no time of an earlier run', () => {
    expect(endOf(failedAs('Invalid', 'fog: no'), notes)).toEqual({
      runId: 'run-4',
      kind: 'rollout',
      version: 'v4',
      outcome: 'Failed',
      phase: 'Failed',
      startedAt: at(0),
      finishedAt: at(30),
      reason: 'Invalid',
      message: 'fog: no',
      layers: [
        {
          ...{ layer: 'cloud', phase: 'Ready', startedAt: at(1), finishedAt: at(5) },
          sites: { total: 1, updated: 1, ready: 1, failed: 0, deferred: 0 },
        },
        { layer: 'fog', phase: 'Progressing', sites: aLayer('fog').sites, message: 'waits', startedAt: at(6) },
        { layer: 'edge', phase: 'Pending', sites: aLayer('edge').sites },
      ],
      gates: [],
      actions: [],
    });
  });

  it.each<[string, FogRolloutStatus, object]>([
    [
      'that succeeded is when it became ready',
      aStatus({ phase: 'Succeeded', conditions: [ready('True', 'Succeeded', 'v4 is ready')] }),
      { outcome: 'Succeeded', finishedAt: at(20), message: 'v4 is ready' },
    ],
    [
      'that a person ended is told from a failure',
      failedAs(REASONS.aborted, 'aborted by bob: no'),
      { outcome: 'Aborted', message: 'aborted by bob: no' },
    ],
    [
      'that has gone back, by itself or for a person, is told from one that brought what spec says',
      failedAs(REASONS.rolledBack, 'rolled back: fog: no; v3 is ready in cloud'),
      { outcome: 'RolledBack', finishedAt: at(30) },
    ],
    [
      'that went on in a fresh history is as long as both together',
      { ...failedAs('Invalid', 'no'), run: { workflowId: 'w', runId: 'run-5', startedAt: at(10), reports: 9 } },
      { runId: 'run-5', startedAt: at(1) },
    ],
  ])('%s', (_, status, expected) => {
    expect(endOf(status, notes)).toMatchObject(expected);
  });

  it.each<[string, FogRolloutStatus]>([
    ['while it goes on', aStatus()],
    ['of no run', { ...failedAs('Invalid', 'no'), run: undefined } as unknown as FogRolloutStatus],
    ['without conditions', aStatus({ phase: 'Failed', conditions: [] })],
  ])('is not there %s', (_, status) => {
    expect(endOf(status, notes)).toBeUndefined();
  });

  it('has the sites that failed in it, as many as its layers count', () => {
    const failure = (site: string, layer: 'cloud' | 'fog' | 'edge') => ({
      site,
      layer,
      reason: 'Invalid',
      message: 'no',
    });
    const sites = { total: 9, updated: 9, ready: 7, failed: 2, deferred: 0 };
    const status = {
      ...failedAs(REASONS.rolledBack, 'rolled back'),
      layers: [
        aLayer('cloud', { phase: 'Ready' }),
        aLayer('fog', { phase: 'Failed', sites }),
        aLayer('edge', { sites }),
      ],
      failures: [
        failure('c', 'fog'),
        failure('x', 'cloud'),
        failure('b', 'fog'),
        failure('a', 'fog'),
        failure('d', 'edge'),
      ],
    };
    expect(endOf(status, notes)!.failures).toEqual([failure('c', 'fog'), failure('b', 'fog')]);
  });

  it('says what it has no room for', () => {
    const by = 'a'.repeat(256);
    const gates = Array.from({ length: 14 }, (_, index) => aGate(index, by));
    const actions = Array.from({ length: 25 }, () => ({ action: 'Pause' as const, by, at: at(1), reason: by }));
    const layers = [aLayer('edge', { phase: 'Failed', sites: { ...aLayer('edge').sites, failed: 30 } })];
    const failures = Array.from({ length: 20 }, (_, at) => aFailure(`site-${at}`, by));
    const record = endOf({ ...failedAs('Invalid', 'no'), gates, layers, failures }, { kind: 'retry', actions })!;
    expect(record).toMatchObject({ kind: 'retry', leftOut: '10 gates, 36 decisions, 21 actions, 16 failures' });
    expect(record.failures!.map(({ site }) => site)).toEqual(['site-0', 'site-1', 'site-2', 'site-3']);
    expect(record.gates.map(({ name }) => name)).toEqual(['gate-10', 'gate-11', 'gate-12', 'gate-13']);
    expect(record.actions[0]!.by).toMatch(/^a+…$/);
  });

  it('has room whatever anybody said, and keeps why it ended', () => {
    const text = fc.string({ unit: 'binary', maxLength: 2000 });
    const short = fc.string({ unit: 'grapheme', maxLength: 256 });
    const gate = fc.tuple(fc.nat(99), short, text).map(([index, by, message]) => ({ ...aGate(index, by), message }));
    const action = fc.record({ action: fc.constant('Pause' as const), by: short, at: short, reason: short });
    const failure = fc.tuple(short, text).map(([site, message]) => aFailure(site, message));
    const lists = [fc.array(gate, { maxLength: 20 }), fc.array(action, { maxLength: 40 })] as const;
    const inputs = [...lists, fc.array(failure, { maxLength: 20 }), text, short] as const;
    fc.assert(
      fc.property(
        ...inputs,
        (gates: GateStatus[], actions: TakenAction[], failures: SiteFailure[], message, version) => {
          const sites = { ...aLayer('edge').sites, failed: failures.length };
          const layers = LAYERS.map((name) => aLayer(name, { phase: 'Failed', sites, message }));
          const status = aStatus({ gates, layers, failures, revision: { generation: 4, version, hash: 'h' } });
          const told = { notes: { ...notes, actions }, outcome: 'Failed' as const, finishedAt: at(9), message };
          const bytes = Buffer.byteLength(JSON.stringify(recordOf(status, told)));
          expect(bytes).toBeLessThanOrEqual(MAX_RECORD_BYTES);
        },
      ),
    );
  });
});

function aFailure(site: string, message: string): SiteFailure {
  return { site, layer: 'edge', reason: message, message };
}

function aGate(index: number, by: string): GateStatus {
  return {
    ...{ layer: 'fog', at: 'before', name: `gate-${index}`, state: 'Closed', message: by, since: at(2) },
    decisions: Array.from({ length: 10 }, () => ({ by, at: at(3) })),
  };
}
