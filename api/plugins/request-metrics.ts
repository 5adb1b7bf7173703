import type { FastifyRequest } from 'fastify';
import { Gauge, type Registry } from 'prom-client';
import type { App } from '../base.ts';
import type { EventStreams } from '../event-streams.ts';
import { RequestDurations } from '../request-durations.ts';

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
  const durations = RequestDurations.in(registry);

  app.decorateRequest('startedAt', 0);
  app.decorate('countRequest', (request: FastifyRequest, status: number) => {
    const method = KNOWN_METHODS.has(request.method) ? request.method : 'other';
    const route = request.routeOptions.url ?? 'none';
    durations.count(method, route, status, (performance.now() - request.startedAt) / 1_000);
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    app.countRequest(request, reply.statusCode);
    done();
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
