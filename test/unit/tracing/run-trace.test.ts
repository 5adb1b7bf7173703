import { describe, expect, it } from '@jest/globals';
import type { Work } from '../../../model/signals.ts';
import { runSpanId, traceIdOf } from '../../../tracing/ids.ts';
import { RunTrace, type RunTraceInput } from '../../../tracing/run-trace.ts';
import type { EndedSpan } from '../../../tracing/span.ts';
import { shardKey, siteKey, waveKey } from '../../../workflows/parts.ts';

const RUN = '0193ab4c-6d5e-7f80-9123-456789abcdef';
const TRACE = traceIdOf(RUN);
const OWNER = { namespace: 'shop', name: 'web', uid: 'u', created: '' };
const WORK = {
  kind: 'rollout',
  change: { owner: OWNER, revision: { generation: 4, version: 'v2', hash: 'h' } },
} as unknown as Work;

/** A run, and what is told of it; every look at its clock is a second later. */
function aRun(input: Partial<RunTraceInput> = {}) {
  const spans: EndedSpan[] = [];
  let now = 1_000;
  const trace = new RunTrace({
    ...{ workflowId: 'fogrollout/shop/web', runId: RUN, startedAt: 1_000 },
    now: () => {
      now += 1_000;
      return now;
    },
    ended: (span) => spans.push(span),
    ...input,
  });
  const named = (name: string) => spans.find((span) => span.name === name)!;
  return { trace, spans, named };
}

const stage = { key: 'stage edge', name: 'stage edge', layer: 'edge' } as const;
const key = { layer: 'edge', run: 'p', index: 0 } as const;
const site = { layer: 'edge', name: 'edge-1', namespace: 'edge', cluster: 'hub' } as const;
const wave = {
  key: waveKey('stage edge', 0),
  name: 'wave edge',
  within: 'stage edge',
  layer: 'edge',
  wave: '10%',
} as const;
const began = { key: siteKey(site), name: 'site edge', within: shardKey(key), layer: 'edge', site: 'edge-1' } as const;

/** One site, in a wave, in a stage, under way. */
function underWay(input?: Partial<RunTraceInput>) {
  const run = aRun(input);
  run.trace.run(() => WORK);
  run.trace.began(stage);
  run.trace.holds(wave.key, shardKey(key));
  run.trace.began(wave);
  run.trace.began(began);
  return run;
}

describe('The trace of a run', () => {
  it('is a tree: the run, its steps, their waves, their sites', () => {
    const { trace, spans, named } = underWay();
    trace.ended(began.key, { phase: 'ready' });
    trace.ended('stage edge');
    trace.runEnded();
    expect(spans.map(({ name }) => name)).toEqual(['site edge', 'wave edge', 'stage edge', 'rollout']);
    expect(spans.every(({ traceId }) => traceId === TRACE)).toBe(true);
    expect(named('site edge').parentId).toBe(named('wave edge').spanId);
    expect(named('wave edge').parentId).toBe(named('stage edge').spanId);
    expect(named('stage edge').parentId).toBe(named('rollout').spanId);
    expect(named('rollout')).toMatchObject({ spanId: runSpanId(TRACE), startedAt: 1_000 });
    expect(named('rollout')).not.toHaveProperty('parentId');
    expect(named('site edge').attributes).toEqual({
      'fog_rollouts.layer': 'edge',
      'fog_rollouts.site': 'edge-1',
      'fog_rollouts.phase': 'ready',
    });
    expect(named('rollout').attributes).toMatchObject({
      'fog_rollouts.namespace': 'shop',
      'fog_rollouts.rollout': 'web',
      'fog_rollouts.version': 'v2',
      'fog_rollouts.generation': 4,
    });
  });

  it('is the same again when the history is replayed', () => {
    const [first, second] = [underWay(), underWay()];
    for (const { trace } of [first, second]) trace.runEnded('why');
    expect(second.spans).toEqual(first.spans);
  });

  it.each([
    ['applyRelease', { site }, siteKey(site)],
    ['planStage', { layer: 'edge' }, 'stage edge'],
    ['reportShard', { layer: 'edge' }, 'stage edge'],
    ['findSites', { sites: [site] }, 'stage edge'],
    ['shardWorkflow', { key }, wave.key],
    ['reportStatus', { owner: OWNER }, undefined],
    ['applyRelease', { site: { ...site, name: 'unknown' } }, undefined],
    ['anything', undefined, undefined],
  ])('has %s of %j where it belongs', (type, input, part) => {
    const { trace, spans } = underWay();
    const { traceId, parentId } = trace.placeFor(type, [input]);
    trace.runEnded();
    const ids = Object.fromEntries(spans.map(({ name, spanId }) => [name, spanId]));
    const names: Record<string, string> = { [siteKey(site)]: 'site edge', [wave.key]: 'wave edge' };
    const expected = part === undefined ? runSpanId(TRACE) : ids[names[part] ?? part];
    expect([traceId, parentId]).toEqual([TRACE, expected]);
  });

  it.each([
    [
      'what has failed',
      { phase: 'failed', failure: { site: 's', layer: 'edge', reason: 'Invalid', message: 'why' } },
      'why',
    ],
    [
      'what is left for later',
      { phase: 'deferred', failure: { site: 's', layer: 'edge', reason: 'Unreachable', message: 'why' } },
      undefined,
    ],
    ['what was stopped', undefined, undefined],
  ] as const)('says of %s whether it failed, and why', (_, end, error) => {
    const { trace, named } = underWay();
    trace.ended(began.key, end);
    expect(named('site edge').error).toBe(error);
    expect(named('site edge').attributes['fog_rollouts.reason']).toBe(end?.failure.reason);
  });

  it('has a site that has its turn again twice', () => {
    const { trace, spans } = underWay();
    trace.ended(began.key, { phase: 'deferred' });
    trace.began(began);
    trace.ended(began.key, { phase: 'ready' });
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(2);
  });

  it('says nothing of what is not under way', () => {
    const { trace, spans } = aRun();
    trace.ended('stage edge');
    expect(spans).toEqual([]);
  });
});

describe('A run that goes on in a fresh one', () => {
  it('goes on with its trace, and with what is under way', () => {
    const first = underWay();
    first.trace.ended(began.key);
    const { carried } = first.trace;
    const second = aRun({ runId: '0193ab4c-0000-7000-8000-000000000000', startedAt: 90_000, from: carried });
    second.trace.run(() => WORK);
    second.trace.began(stage); // as the run that goes on with it says again
    second.trace.holds(wave.key, shardKey(key));
    second.trace.began(began);
    second.trace.runEnded();
    expect(second.spans.map(({ name, traceId }) => [name, traceId])).toEqual(
      ['site edge', 'wave edge', 'stage edge', 'rollout'].map((name) => [name, TRACE]),
    );
    expect(second.named('stage edge').startedAt).toBeLessThan(10_000);
    expect(second.named('rollout')).toMatchObject({ spanId: runSpanId(TRACE), startedAt: 1_000 });
  });

  it.each([
    ['by somebody who is in a trace of his own', { traceId: 'a'.repeat(32), parentId: 'b'.repeat(16) }],
    ['without a trace', undefined],
    ['with what cannot be read', { traceId: TRACE, parentId: 'b'.repeat(16), state: '{' }],
  ])('that is begun %s begins its own', (_, from) => {
    expect(aRun({ from }).trace.traceId).toBe(TRACE);
  });
});

describe('A shard of its own', () => {
  const place = { traceId: TRACE, parentId: 'b'.repeat(16) };
  const shard = (from: RunTraceInput['from']) => aRun({ runId: 'another', parentRunId: RUN, from });

  it('has the spans of its sites, below what it was told', () => {
    const { trace, spans } = shard(place);
    trace.began(began);
    expect(trace.placeFor('loadShard', [{ layer: 'edge' }])).toEqual(place);
    trace.runEnded('cancelled');
    expect(spans).toMatchObject([{ name: 'site edge', ...place }]);
    expect(trace.carried).toEqual(place);
  });

  it('is in the trace of the run that started it, where it was told nothing', () => {
    expect(shard(undefined).trace.placeFor('loadShard', [])).toEqual({ traceId: TRACE, parentId: runSpanId(TRACE) });
  });
});
