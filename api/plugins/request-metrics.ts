import type { FastifyRequest } from 'fastify';
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { App } from '../base.ts';
import type { EventStreams } from '../events/streams.ts';

const DURATIONS = 'fog_rollouts_http_request_duration_seconds';
const STREAM_COUNT = 'fog_rollouts_event_streams';

const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

declare module 'fastify' {
  interface FastifyRequest {
    /** When it came, in the milliseconds of `performance.now()`. */
    startedAt: number;
  }
  interface FastifyInstance {
    /** Counts a request whose answer Fastify does not send; all others are counted by themselves. */
    countRequest(request: FastifyRequest, status: number): void;
  }
}

/**
 * Times requests by route pattern, method and status: a bounded number of series whatever clients ask for.
 * An answer counts when it is handed over for writing: to wait for its last byte takes listeners on each.
 */
export function useRequestMetrics(app: App, registry: Registry): void {
  const durations = durationsIn(registry);

  app.decorateRequest('startedAt', 0);
  app.decorate('countRequest', (request: FastifyRequest, status: number) => {
    const method = KNOWN_METHODS.has(request.method) ? request.method : 'other';
    const route = request.routeOptions.url ?? 'none';
    durations.observe({ method, route, status }, (performance.now() - request.startedAt) / 1_000);
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    app.countRequest(request, reply.statusCode);
    done();
  });
}

/** The histogram of a registry, which several servers of a process may share. */
function durationsIn(registry: Registry): Histogram<'method' | 'route' | 'status'> {
  const known: unknown = registry.getSingleMetric(DURATIONS);
  if (known instanceof Histogram) return known;
  return new Histogram({
    name: DURATIONS,
    help: 'Seconds from a request to its answer being written; event streams are left out',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
    registers: [registry],
  });
}

export function useStreamGauge(registry: Registry, streams: Pick<EventStreams, 'size'>): void {
  registry.removeSingleMetric(STREAM_COUNT);
  new Gauge({
    name: STREAM_COUNT,
    help: 'Event streams that are open',
    registers: [registry],
    collect() {
      this.set(streams.size);
    },
  });
}
