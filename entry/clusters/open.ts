import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import type { Cluster, LiveDeployment } from '../../activities/clusters.ts';
import { KubeClient } from '../../kube/client.ts';
import { KubeConnection, type RequestInfo } from '../../kube/connection.ts';
import { Informer } from '../../kube/informer.ts';
import { DEPLOYMENTS } from '../../kube/resources.ts';
import { FIELD_MANAGER, RELEASE_SELECTOR } from '../../model/names.ts';

/** A connection to a cluster, with the one watch of its releases. */
export interface OpenCluster {
  cluster: Cluster;
  /** Ends what waits on the watch with `why`, and every request. */
  close(why: Error): Promise<void>;
}

export interface OpenClusterOptions {
  log: Logger;
  /** Ends the watch. */
  signal: AbortSignal;
  onRequest(request: RequestInfo): void;
}

/** Connects and starts the watch; that the cluster answers is not waited for. @throws Error when the address is none */
export function openCluster(kubeConfig: KubeConfig, { log, signal, onRequest }: OpenClusterOptions): OpenCluster {
  const connection = new KubeConnection(kubeConfig, { onRequest });
  const client = new KubeClient(connection, { fieldManager: FIELD_MANAGER });
  const deployments = new Informer<LiveDeployment>({
    client,
    type: DEPLOYMENTS,
    labelSelector: RELEASE_SELECTOR,
    log,
  });
  const closing = new AbortController();
  deployments.start(AbortSignal.any([signal, closing.signal]));
  return {
    cluster: { client, deployments },
    async close(why) {
      closing.abort(why);
      await connection.close();
      await deployments.stopped;
    },
  };
}
