import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { Counter, Histogram, type Registry } from 'prom-client';
import { KubeClient } from '../kube/client.ts';
import { KubeConnection, loadKubeConfig } from '../kube/connection.ts';
import { Informer } from '../kube/informer.ts';
import { DEPLOYMENTS, type KubeObject, SERVICES, withoutManagedFields } from '../kube/resources.ts';
import { FIELD_MANAGER, FOG_ROLLOUTS, RELEASE_SELECTOR } from '../model/names.ts';
import type { FogRollout } from '../model/types.ts';
import { OWNER_INDEX, ownerIndex } from '../watcher/releases.ts';

/** The hub's cluster as the roles of one process share it: one connection, and each watch at most once. */
export interface Hub {
  client: KubeClient;
  rollouts(): Informer<FogRollout & KubeObject>;
  deployments(): Informer<V1Deployment & KubeObject>;
  services(): Informer<V1Service & KubeObject>;
  /** The informers that were asked for. */
  informers(): Informer<never>[];
  close(): Promise<void>;
}

/**
 * @param signal - ends the watches
 * @throws Error when there is no usable kubeconfig
 */
export function openHub({ log, metrics }: { log: Logger; metrics: Registry }, signal: AbortSignal): Hub {
  const connection = new KubeConnection(loadKubeConfig(), { onRequest: countRequests(metrics) });
  const client = new KubeClient(connection, { fieldManager: FIELD_MANAGER });
  const started = new Map<string, Informer<never>>();
  const once = <T extends KubeObject>(name: string, make: () => Informer<T>): Informer<T> => {
    const known = started.get(name) as unknown as Informer<T> | undefined;
    if (known) return known;
    const informer = make();
    started.set(name, informer as unknown as Informer<never>);
    informer.start(signal);
    return informer;
  };
  const releases = { client, labelSelector: RELEASE_SELECTOR, indexes: { [OWNER_INDEX]: ownerIndex }, log };
  return {
    client,
    rollouts: () =>
      once('rollouts', () => {
        const indexes = { namespace: (rollout: FogRollout) => [rollout.metadata.namespace] };
        return new Informer<FogRollout & KubeObject>({
          client,
          type: FOG_ROLLOUTS,
          indexes,
          log,
          transform: withoutManagedFields,
        });
      }),
    deployments: () =>
      once('deployments', () => new Informer<V1Deployment & KubeObject>({ ...releases, type: DEPLOYMENTS })),
    services: () => once('services', () => new Informer<V1Service & KubeObject>({ ...releases, type: SERVICES })),
    informers: () => [...started.values()],
    async close() {
      await Promise.all([...started.values()].map((informer) => informer.stopped));
      await connection.close();
    },
  };
}

function countRequests(metrics: Registry) {
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
  return (request: { verb: string; type: string; code: number; seconds: number }) => {
    const { verb, type, code } = request;
    requests.inc({ verb, type, code: String(code) });
    if (verb !== 'watch') seconds.observe({ verb, type }, request.seconds);
  };
}
