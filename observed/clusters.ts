import { type Clock, systemClock } from '../kube/clock.ts';
import type { Log } from '../kube/log.ts';
import type { NamespaceReport } from '../model/region-observation.ts';
import { type ClusterChange, type ClusterState, type FindCluster, ObservedCluster } from './cluster.ts';

export interface ObservedClustersOptions {
  clusters: FindCluster;
  log?: Log | undefined;
  /** Ends all observing. */
  signal: AbortSignal;
  clock?: Clock;
}

/** The clusters that sites are on, as far as somebody wants to know of them. */
export class ObservedClusters {
  readonly #options: ObservedClustersOptions;
  readonly #clusters = new Map<string, { cluster: ObservedCluster; stop: AbortController }>();
  readonly #listeners = new Set<(name: string, change: ClusterChange) => void>();

  constructor(options: ObservedClustersOptions) {
    this.#options = options;
  }

  /** From now on these are observed, and no others. */
  observe(names: Iterable<string>): void {
    const wanted = new Set(names);
    for (const [name, { stop }] of this.#clusters) {
      if (wanted.has(name)) continue;
      stop.abort();
      this.#clusters.delete(name);
    }
    for (const name of wanted) if (!this.#clusters.has(name)) this.#start(name);
  }

  /** undefined where the cluster is not observed. */
  stateOf(name: string): ClusterState | undefined {
    return this.#clusters.get(name)?.cluster.state;
  }

  releasesIn(name: string, namespace: string): NamespaceReport {
    return (
      this.#clusters.get(name)?.cluster.releasesIn(namespace) ?? { namespace, releases: 0, present: [], drifted: [] }
    );
  }

  /** @returns a function that ends it */
  subscribe(listener: (name: string, change: ClusterChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #start(name: string): void {
    const { clusters, signal, log, clock = systemClock } = this.#options;
    const stop = new AbortController();
    const onChange = (change: ClusterChange) => {
      if (stop.signal.aborted) return;
      for (const listener of [...this.#listeners]) listener(name, change);
    };
    const cluster = new ObservedCluster({ name, clusters, clock, log, onChange });
    this.#clusters.set(name, { cluster, stop });
    void cluster.run(AbortSignal.any([signal, stop.signal]));
  }
}
