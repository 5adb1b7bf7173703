import { Counter, Histogram, type Registry } from 'prom-client';
import type { RequestInfo } from '../kube/connection.ts';

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
