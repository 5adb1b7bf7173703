/** OpenTelemetry in a process of ours. Loaded only where an endpoint is set: without one nothing of this is there. */
import { hostname } from 'node:os';
import {
  context,
  propagation,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { InjectedSinks, WorkerInterceptors } from '@temporalio/worker';
import type { Logger } from 'pino';
import { activitySpans } from './activities.ts';
import { ATTRIBUTES, type EndedSpan, SINK } from './span.ts';
import { complainTo, ExportTrouble, WatchedExporter } from './trouble.ts';
import type { TraceSinks } from './workflow.ts';

/** Where traces go, and how many of them. Timeout, headers, certificates and batches the library reads from `OTEL_*` itself. */
export interface TracingConfig {
  /** Full URL. */
  endpoint: string;
  /** Part of the runs that are traced, from 0 to 1; a run is traced whole, or not at all. */
  ratio: number;
}

export interface TracingOptions extends TracingConfig {
  role: string;
  version: string;
  /** Of a region's worker. */
  queue?: string | undefined;
  log: Logger;
}

/** What a worker needs for its part of the traces. */
export interface Tracing {
  /** Of activities; the workflow's are in its bundle. */
  interceptors: WorkerInterceptors;
  sinks: InjectedSinks<TraceSinks>;
  /** The trace that what goes on now is in; undefined where it is in none, or is left out of the sample. */
  traceId(): string | undefined;
  /** Sends what there is, as far as that is soon done. Never throws. */
  close(): Promise<void>;
}

/** What is not delivered by then, as the process ends, is lost; in ms. */
const CLOSE_MS = 3_000;

export function startTracing({ endpoint, ratio, role, version, queue, log }: TracingOptions): Tracing {
  const shown = withoutSecrets(endpoint);
  const trouble = new ExportTrouble(log, shown);
  complainTo(trouble);
  const ids = new GivenIds();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'fog-rollouts',
      'service.version': version,
      'service.instance.id': hostname(),
      [ATTRIBUTES.role]: role,
      ...(queue !== undefined && { [ATTRIBUTES.queue]: queue }),
    }).merge(detectResources({ detectors: [envDetector] })),
    // By the trace's id, which all processes have alike: whoever is asked says the same.
    sampler: new TraceIdRatioBasedSampler(ratio),
    idGenerator: ids,
    spanProcessors: [new BatchSpanProcessor(new WatchedExporter(new OTLPTraceExporter({ url: endpoint }), trouble))],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const tracer = provider.getTracer('fog-rollouts', version);
  log.info({ endpoint: shown, ratio }, 'Traces are sent');
  return {
    interceptors: { activity: [activitySpans(tracer)] },
    sinks: { [SINK]: { ended: { fn: (_, span) => record(tracer, ids, span), callDuringReplay: false } } },
    traceId: () => sampledIn(trace.getActiveSpan()?.spanContext()),
    async close() {
      const closing = provider.shutdown().catch(() => undefined); // who does not take them has been named
      await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
    },
  };
}

/** Some collectors are told who sends by the URL. */
function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function sampledIn(place: SpanContext | undefined): string | undefined {
  return place && (place.traceFlags & TraceFlags.SAMPLED) !== 0 ? place.traceId : undefined;
}

function record(tracer: Tracer, ids: GivenIds, span: EndedSpan): void {
  const { traceId, spanId, parentId, name, startedAt, endedAt, attributes, error } = span;
  const parent = { traceId, spanId: parentId ?? '', traceFlags: TraceFlags.SAMPLED, isRemote: true };
  const above = parentId === undefined ? context.active() : trace.setSpanContext(context.active(), parent);
  const options = { startTime: startedAt, attributes, root: parentId === undefined };
  const recorded = ids.with({ traceId, spanId }, () => tracer.startSpan(name, options, above));
  if (error !== undefined) recorded.setStatus({ code: SpanStatusCode.ERROR, message: error });
  recorded.end(endedAt);
}

/** Gives the ids that are given to it, else such as nobody else has. */
class GivenIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private given: { traceId: string; spanId: string } | undefined;

  with<T>(given: { traceId: string; spanId: string }, act: () => T): T {
    this.given = given;
    try {
      return act();
    } finally {
      this.given = undefined;
    }
  }

  readonly generateTraceId = (): string => this.given?.traceId ?? this.random.generateTraceId();
  readonly generateSpanId = (): string => this.given?.spanId ?? this.random.generateSpanId();
}
