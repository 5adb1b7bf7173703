/** What runs tell of themselves as traces, on a real Temporal: over fresh runs, shards, and workers that trace and do not. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ActivityInterceptorsFactory, WorkerOptions, WorkflowBundleOption } from '@temporalio/worker';
import { placeIn } from '../../tracing/header.ts';
import { traceIdOf } from '../../tracing/ids.ts';
import { type EndedSpan, SINK } from '../../tracing/span.ts';
import { bundleWorkflows } from '../../workers/bundle.ts';
import { Gate } from './support/behaviour.ts';
import { aFleet } from './support/fleets.ts';
import { START_MS } from './support/server.ts';
import { useServer } from './support/use-server.ts';

const server = useServer('limit.historyCount.suggestContinueAsNew=80');
const SITES = 40;
const OPTIONS = { fleet: ['edge' as const], strategy: { maxConcurrency: 3, waves: [{ name: 'canary', size: 1 }] } };

let workflowBundle: WorkflowBundleOption;
beforeAll(async () => {
  workflowBundle = await bundleWorkflows({ tracing: true });
}, START_MS);

/** What a worker with tracing hears. */
function listening() {
  const told = new Map<string, EndedSpan>();
  /** Of activities, where their headers say they are. */
  const activities: { type: string; workflowId: string; traceId?: string; parentId?: string }[] = [];
  const reads: ActivityInterceptorsFactory = ({ info }) => ({
    inbound: {
      execute(input, next) {
        const { workflowId } = info.workflowExecution!;
        activities.push({ type: info.activityType, workflowId, ...placeIn(input.headers) });
        return next(input);
      },
    },
  });
  const options: Partial<WorkerOptions> = {
    workflowBundle,
    sinks: {
      [SINK]: {
        ended: { fn: (_: unknown, span: EndedSpan) => void told.set(span.spanId, span), callDuringReplay: false },
      },
    },
    interceptors: { activity: [reads] },
  };
  /** A task that Temporal takes back, for what has come meanwhile, is done again: what it told is told again, by the same id. */
  const spans = () => [...told.values()];
  return { spans, activities, options };
}

async function workBy(options?: Partial<WorkerOptions>): Promise<void> {
  await server().stopWorker();
  await server().startWorker(options);
}

describe('A run over many sites, by a worker that traces,', () => {
  it('is one trace, though it and its shards go on in fresh runs', async () => {
    const { spans: told, activities, options } = listening();
    await workBy(options);
    const rollout = aFleet(server(), 'traced', SITES);
    await rollout.change(1, OPTIONS);
    const ends = await rollout.ends();
    expect([ends[0], ends.at(-1)]).toEqual(['ContinuedAsNew', 'Completed']);

    const spans = told();
    const of = (name: string) => spans.filter((span) => span.name === name);
    const [root] = of('rollout');
    const [stage] = of('stage edge');
    const waves = of('wave edge');
    expect([of('rollout').length, of('stage edge').length, waves.length, of('site edge').length]).toEqual([
      1,
      1,
      2,
      SITES,
    ]);
    expect(root!.parentId).toBeUndefined();
    expect([stage!.parentId, ...waves.map(({ parentId }) => parentId)]).toEqual([
      root!.spanId,
      stage!.spanId,
      stage!.spanId,
    ]);
    expect(of('site edge').map(({ parentId }) => parentId)).toEqual(
      expect.arrayContaining(waves.map(({ spanId }) => spanId)),
    );
    // Each site is in a wave, and each release at a site.
    const idsOf = (all: EndedSpan[]) => new Set<string | undefined>(all.map(({ spanId }) => spanId));
    expect(of('site edge').every(({ parentId }) => idsOf(waves).has(parentId))).toBe(true);
    const applied = activities.filter(({ type }) => type === 'applyRelease');
    const sites = idsOf(spans.filter(({ name }) => name.startsWith('site ')));
    expect(applied.length).toBeGreaterThanOrEqual(SITES);
    expect(applied.every(({ parentId }) => sites.has(parentId))).toBe(true);
    expect(new Set([...spans, ...activities].map(({ traceId }) => traceId))).toEqual(new Set([root!.traceId]));
    const chain = await rollout.runs();
    expect(root!.traceId).toBe(traceIdOf(chain.at(0)!.runId));
    expect(Math.min(...spans.map(({ startedAt }) => startedAt))).toBe(root!.startedAt);
  });
});

it('A run goes on by a worker that traces, and then by one that does not', async () => {
  await workBy();
  const rollout = aFleet(server(), 'changing', 10);
  const [first, later] = [new Gate(), new Gate()];
  rollout.fake.next('applyRelease edge-2 ', first.hold());
  rollout.fake.next('applyRelease edge-7 ', later.hold());
  // One after the other: none goes on while workers change.
  await rollout.change(1, { ...OPTIONS, strategy: { ...OPTIONS.strategy, maxConcurrency: 1 } });
  await first.reached;
  const { spans, options } = listening();
  await workBy(options);
  first.open();
  await later.reached;
  expect(spans().filter(({ name }) => name === 'site edge').length).toBeGreaterThan(0);
  expect(new Set(spans().map(({ traceId }) => traceId)).size).toBe(1);
  await workBy();
  later.open();
  expect((await rollout.ends()).at(-1)).toBe('Completed');
});
