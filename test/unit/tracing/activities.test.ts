import { beforeEach, describe, expect, it } from '@jest/globals';
import { context, propagation } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { activitySpans } from '../../../tracing/activities.ts';
import { withPlace } from '../../../tracing/header.ts';
import { runSpanId, traceIdOf } from '../../../tracing/ids.ts';

const RUN = '0193ab4c-6d5e-7f80-9123-456789abcdef';
const PLACE = { traceId: 'a'.repeat(32), parentId: 'b'.repeat(16) };
const OWN = { traceId: traceIdOf(RUN), parentId: runSpanId(traceIdOf(RUN)) };
const JUNK: Headers = { '_tracer-data': { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{') } };
const SITE = { site: { layer: 'edge', name: 'edge-1' } };

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
beforeEach(() => exporter.reset());

interface Done {
  headers?: Headers;
  args?: unknown[];
  workflowType?: string;
  fails?: Error;
}

/** Has an activity done with these headers; what it gives is what it was given. */
async function done({ headers = {}, args = [SITE], workflowType = 'rolloutWorkflow', fails }: Done) {
  const info = {
    ...{ activityType: 'applyRelease', activityId: '7', attempt: 2, inWorkflow: true, workflowType },
    workflowExecution: { workflowId: 'fogrollout/shop/web', runId: RUN },
  };
  const factory = activitySpans(provider.getTracer('test'));
  const { inbound, outbound } = factory({ info } as unknown as Parameters<typeof factory>[0]);
  const result = await inbound!.execute!({ headers, args }, async (input) => {
    if (fails) throw fails;
    return input.args;
  }).catch((error: unknown) => error);
  return { result, logged: outbound!.getLogAttributes!({}, (attributes) => attributes) };
}

const spans = () =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    attributes: span.attributes,
    status: span.status,
    place: { traceId: span.spanContext().traceId, parentId: span.parentSpanContext?.spanId },
  }));

describe('An activity', () => {
  it.each<[string, Headers, typeof PLACE]>([
    ['where its workflow says', withPlace({}, PLACE), PLACE],
    ['in the trace of its run, where nothing is said', {}, OWN],
    ['in the trace of its run, where what is said cannot be read', JUNK, OWN],
    [
      'in the trace of its run, where something else is said',
      { '_tracer-data': defaultPayloadConverter.toPayload({})! },
      OWN,
    ],
  ])('is a span %s, and its log lines have the id', async (_, headers, place) => {
    const { result, logged } = await done({ headers });
    expect(result).toEqual([SITE]);
    expect(spans()).toMatchObject([{ name: 'RunActivity:applyRelease', place }]);
    expect(spans()[0]!.attributes).toEqual({
      'fog_rollouts.layer': 'edge',
      'fog_rollouts.site': 'edge-1',
      'fog_rollouts.try': 2,
      run_id: RUN,
      temporalActivityId: '7',
      temporalWorkflowId: 'fogrollout/shop/web',
    });
    expect(logged).toEqual({ trace_id: place.traceId });
  });

  it.each(['shardWorkflow', 'observeRegion'])('of %s is in no trace that it is not told of', async (workflowType) => {
    const { result, logged } = await done({ workflowType });
    expect([result, logged, spans()]).toEqual([[SITE], {}, []]);
  });

  it.each([[[]], [[null]], [[7]], [[{ site: 7, layer: {} }]], [[{ 'fog-rollouts/unsigned': 'why' }]]])(
    'that was given %j is done like any other',
    async (args) => {
      expect((await done({ args })).result).toEqual(args);
      expect(spans()).toHaveLength(1);
    },
  );

  it('that fails says why, and fails', async () => {
    const fails = new Error('the cluster is away');
    expect((await done({ fails })).result).toBe(fails);
    expect(spans()).toMatchObject([{ status: { code: 2, message: 'the cluster is away' } }]);
  });
});
