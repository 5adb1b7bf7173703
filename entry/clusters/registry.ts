import type { LookupFunction } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../../kube/clock.ts';
import type { RequestInfo } from '../../kube/connection.ts';
import type { FindCluster } from '../../observed/cluster.ts';
import type { NamedWatch } from '../metrics/kube.ts';
import type { FindKubeconfig } from './kubeconfig.ts';
import { openCluster } from './open.ts';
import { SharedCluster } from './shared.ts';

/** The verbs of a watch that keeps itself going, whether or not anybody needs it. */
const WATCHING = ['list', 'watch'];

export interface ClusterRegistryOptions {
  find: FindKubeconfig;
  log: Logger;
  clock: Clock;
  /** Ends the watches. */
  signal: AbortSignal;
  /** How the names of the clusters' servers are looked up. */
  lookup?: LookupFunction | undefined;
  /** Told of every request to any of the clusters. */
  onRequest(request: RequestInfo): void;
}

/**
 * The clusters of a worker besides its hub: each is opened at its first use, shared by all sites on it, and closed a while
 * after its last.
 */
export class ClusterRegistry {
  readonly #options: ClusterRegistryOptions;
  readonly #clusters = new Map<string, SharedCluster>();

  constructor(options: ClusterRegistryOptions) {
    this.#options = options;
  }

  /**
   * The cluster that `Site.cluster` names.
   *
   * @throws Error that names the cluster, when its kubeconfig cannot be had or used; trying again later may help
   */
  readonly cluster: FindCluster = async (name) => {
    this.#options.signal.throwIfAborted();
    return await this.#shared(name).use();
  };

  /** The watches that there are now. */
  watches(): NamedWatch[] {
    return [...this.#clusters].flatMap(([cluster, shared]) => shared.informers().map((watch) => ({ cluster, watch })));
  }

  /** For after the last use. */
  async close(): Promise<void> {
    await Promise.all([...this.#clusters.values()].map((cluster) => cluster.close()));
  }

  #shared(name: string): SharedCluster {
    const known = this.#clusters.get(name);
    if (known) return known;
    const { find, log, clock, signal, lookup, onRequest } = this.#options;
    const shared = new SharedCluster({
      name,
      read: find(name),
      open: (kubeConfig, { onRefused, onUsed }) =>
        openCluster(kubeConfig, {
          log: log.child({ cluster: name }),
          signal,
          lookup,
          onRequest(request) {
            onRequest(request);
            if (request.code === 0 || request.code === 401) onRefused();
            // What the watch asks by itself is no use of it.
            if (!WATCHING.includes(request.verb)) onUsed();
          },
        }),
      log,
      clock,
    });
    this.#clusters.set(name, shared);
    return shared;
  }
}
