import type { Metric, MetricValueWithName, Registry } from 'prom-client';

type Label = 'method' | 'route' | 'status' | 'le';

const NAME = 'fog_rollouts_http_request_duration_seconds';
const HELP = 'Seconds from a request to its answer being written; event streams are left out';
const BOUNDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5];

interface Series {
  labels: Record<'method' | 'route' | 'status', string>;
  /** Observations at or below each bound and above the one before it; the last are above all. */
  counts: number[];
  sum: number;
}

/**
 * A histogram that counts by itself and speaks prom-client's language only when it is scraped: `observe` of
 * prom-client's own takes a tenth of the time in which an answer from the cache is sent.
 */
export class RequestDurations {
  readonly name = NAME;
  readonly #series = new Map<string, Series>();

  /** The one of a registry, which several servers of a process may share. */
  static in(registry: Registry): RequestDurations {
    const known: unknown = registry.getSingleMetric(NAME);
    if (known instanceof RequestDurations) return known;
    const made = new RequestDurations();
    registry.registerMetric(made as unknown as Metric<Label>);
    return made;
  }

  /** @param seconds from the request to its answer */
  count(method: string, route: string, status: number, seconds: number): void {
    const key = `${method} ${route} ${status}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const counts = Array(BOUNDS.length + 1).fill(0);
      series = { labels: { method, route, status: String(status) }, counts, sum: 0 };
      this.#series.set(key, series);
    }
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]!) bucket += 1;
    series.counts[bucket]! += 1;
    series.sum += seconds;
  }

  /** What a registry asks of its metrics when it is scraped. */
  async get(): Promise<object> {
    const values = [...this.#series.values()].flatMap(valuesOf);
    return { name: NAME, help: HELP, type: 'histogram', aggregator: 'sum', values };
  }

  reset(): void {
    this.#series.clear();
  }
}

function valuesOf({ labels, counts, sum }: Series): MetricValueWithName<Label>[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    return { labels: { ...labels, le: BOUNDS[index] ?? '+Inf' }, value: total, metricName: `${NAME}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: sum, metricName: `${NAME}_sum` },
    { labels, value: total, metricName: `${NAME}_count` },
  ];
}
