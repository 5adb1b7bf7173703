import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RequestInfo } from '../kube/connection.ts';
import type { Informer } from '../kube/informer.ts';

/** Counts requests to Kubernetes, whichever cluster's; once a process. */
export function countRequests(metrics: Registry): (request: RequestInfo) => void {
  const requests = new Counter({
    name: 'fog_rollouts_kube_requests_total',
    help: 'Requests to the Kubernetes API',
    labelNames: ['verb', 'type', 'code'],
    registers: [metrics],
  });
  const seconds = new Histogram({
    name: 'fog_rollouts_kube_request_seconds',
    help: 'Time of requests to the Kubernetes API, watches left out',
    labelNames: ['verb', 'type'],
    registers: [metrics],
  });
  return ({ verb, type, code, seconds: taken }) => {
    requests.inc({ verb, type, code: String(code) });
    if (verb !== 'watch') seconds.observe({ verb, type }, taken);
  };
}

/** A watch, and the cluster it is of. */
export interface NamedWatch {
  cluster: string;
  watch: Pick<Informer<never>, 'type' | 'contact'>;
}

/** Shows of each watch how old what it knows may be, and whether it is open; once a process. */
export function showWatches(metrics: Registry, watches: () => NamedWatch[]): void {
  const gauge = (name: string, help: string, read: (watch: NamedWatch['watch']) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['cluster', 'type'],
      registers: [metrics],
      collect() {
        this.reset(); // clusters are closed, and so are their watches
        for (const { cluster, watch } of watches()) {
          const value = read(watch);
          if (value !== undefined) this.set({ cluster, type: watch.type }, value);
        }
      },
    });
  gauge('fog_rollouts_watch_age_seconds', 'Time since a watch last heard of its API server', ({ contact }) =>
    contact.ageMs === undefined ? undefined : contact.ageMs / 1000,
  );
  gauge('fog_rollouts_watch_open', 'Whether a watch is open (1) or cut off (0)', ({ contact }) =>
    Number(contact.isOpen),
  );
}
