import { Gauge, Histogram, type Registry } from 'prom-client';
import type { App } from '../base.ts';
import type { EventStreams } from '../event-streams.ts';

const DURATION = 'fog_rollouts_http_request_duration_seconds';
const STREAM_COUNT = 'fog_rollouts_event_streams';

/** Routes whose duration is how long a client stays, not how long it waits. */
const STREAMS: ReadonlySet<string | undefined> = new Set(['/rollouts/:name/events']);

const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Times requests by route pattern, method and status: a bounded number of series whatever clients ask for. */
export function useRequestMetrics(app: App, registry: Registry): void {
  const durations =
    (registry.getSingleMetric(DURATION) as Histogram<'method' | 'route' | 'status'> | undefined) ??
    new Histogram({
      name: DURATION,
      help: 'Seconds from a request to the end of its answer; event streams are left out',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
      registers: [registry],
    });

  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url;
    if (!STREAMS.has(route)) {
      const method = KNOWN_METHODS.has(request.method) ? request.method : 'other';
      durations.observe(
        { method, route: route ?? 'none', status: String(reply.statusCode) },
        reply.elapsedTime / 1_000,
      );
    }
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
