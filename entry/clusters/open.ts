import type { LookupFunction } from 'node:net';
import type { Logger } from 'pino';
import { KubeClient } from '../../kube/client.ts';
import { KubeConnection, type RequestInfo } from '../../kube/connection.ts';
import { Informer } from '../../kube/informer.ts';
import type { KubeConfig } from '../../kube/kube-config.ts';
import { DEPLOYMENTS, type KubeObject, type ResourceType, SERVICES } from '../../kube/resources.ts';
import { FIELD_MANAGER, RELEASE_SELECTOR } from '../../model/names.ts';
import type { ObservableCluster } from '../../observed/cluster.ts';
import { type LiveDeployment, type LiveService, NAMESPACE_INDEX, namespaceIndex } from '../../observed/releases.ts';
import { slimReleases } from '../../observed/slim.ts';

/** A connection to a cluster, with the one watch of its releases; of their Services too where somebody asks for it. */
export interface OpenCluster {
  cluster: ObservableCluster;
  /** Its watches. */
  informers(): Informer<never>[];
  /** Ends what waits on the watch with `why`, and every request. */
  close(why: Error): Promise<void>;
}

export interface OpenClusterOptions {
  log: Logger;
  /** Ends what is watched. */
  signal: AbortSignal;
  /** How the name of its server is looked up. */
  lookup?: LookupFunction | undefined;
  onRequest(request: RequestInfo): void;
}

/** Connects and starts the watch; that the cluster answers is not waited for. @throws Error when the address is none */
export function openCluster(
  kubeConfig: KubeConfig,
  { log, signal, lookup, onRequest }: OpenClusterOptions,
): OpenCluster {
  const connection = new KubeConnection(kubeConfig, { onRequest, lookup });
  const client = new KubeClient(connection, { fieldManager: FIELD_MANAGER });
  const closing = new AbortController();
  const ended = AbortSignal.any([signal, closing.signal]);
  const transform = slimReleases();
  const watch = <T extends KubeObject>(type: ResourceType) => {
    const indexes = { [NAMESPACE_INDEX]: namespaceIndex };
    const options = { client, type, labelSelector: RELEASE_SELECTOR, indexes, log, transform };
    const informer = new Informer<T>(options);
    informer.start(ended);
    return informer;
  };
  const deployments = watch<LiveDeployment>(DEPLOYMENTS);
  let services: Informer<LiveService> | undefined;
  return {
    cluster: {
      client,
      deployments,
      services() {
        services ??= watch<LiveService>(SERVICES);
        return services;
      },
    },
    informers: () => [deployments, ...(services ? [services] : [])] as unknown as Informer<never>[],
    async close(why) {
      closing.abort(why);
      await connection.close();
      await Promise.all([deployments.stopped, services?.stopped]);
    },
  };
}
