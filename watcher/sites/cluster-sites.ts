import type { NamespaceReport } from '../../model/region-observation.ts';
import { HUB_CLUSTER, siteOf } from '../../model/site.ts';
import type { FogSite } from '../../model/types.ts';
import type { OnObserved, SiteObservation, SiteSource } from './source.ts';

/** The clusters that the hub reaches by kubeconfigs from Secrets, observed while somebody wants to know of them. */
export interface ObservedClusters {
  /** From now on these are observed, and no others. */
  observe(names: Iterable<string>): void;
  stateOf(
    name: string,
  ): { answering?: boolean; since?: string; cause?: string; synced: boolean; uid?: string } | undefined;
  releasesIn(name: string, namespace: string): NamespaceReport;
  /** @returns a function that ends it */
  subscribe(listener: (name: string, change: { namespace?: string }) => void): () => void;
}

/** The sites on clusters that the hub reaches itself, other than its own. */
export class ClusterSites implements SiteSource {
  readonly #clusters: ObservedClusters;
  readonly #onObserved: OnObserved;
  /** Names of sites by their cluster, and in it by their namespace. */
  #sites = new Map<string, Map<string, string[]>>();

  constructor(clusters: ObservedClusters, onObserved: OnObserved) {
    this.#clusters = clusters;
    this.#onObserved = onObserved;
  }

  follow(sites: readonly FogSite[]): void {
    const there = sites.map(siteOf).filter(({ cluster, queue }) => queue === undefined && cluster !== HUB_CLUSTER);
    this.#sites = new Map();
    for (const { name, cluster, namespace } of there) {
      const ofCluster = this.#sites.get(cluster) ?? new Map<string, string[]>();
      this.#sites.set(cluster, ofCluster);
      ofCluster.set(namespace, [...(ofCluster.get(namespace) ?? []), name]);
    }
    this.#clusters.observe(this.#sites.keys());
  }

  observationOf(site: FogSite): SiteObservation | undefined {
    const { cluster, namespace, queue } = siteOf(site);
    if (queue !== undefined || cluster === HUB_CLUSTER) return undefined;
    const state = this.#clusters.stateOf(cluster);
    if (!state) return {};
    const { releases, drifted } = this.#clusters.releasesIn(cluster, namespace);
    return {
      ...(state.answering === true && {
        reach: { status: 'True', reason: 'Answering', message: 'Its cluster answers the hub' },
      }),
      ...(state.answering === false && {
        reach: {
          status: 'False',
          reason: 'ClusterAway',
          message: `Its cluster has given the hub no answer since ${state.since}: ${state.cause}`,
          ...(state.since !== undefined && { lastSeen: state.since }),
        },
      }),
      ...(state.synced && { releases, drifted }),
    };
  }

  presentAt(site: FogSite): readonly string[] | undefined {
    const { cluster, namespace, queue } = siteOf(site);
    if (queue !== undefined || cluster === HUB_CLUSTER) return undefined;
    const { answering, synced } = this.#clusters.stateOf(cluster) ?? {};
    return answering && synced ? this.#clusters.releasesIn(cluster, namespace).present : undefined;
  }

  clusterUidOf(site: FogSite): string | undefined {
    const { cluster, queue } = siteOf(site);
    return queue !== undefined || cluster === HUB_CLUSTER ? undefined : this.#clusters.stateOf(cluster)?.uid;
  }

  async run(signal: AbortSignal): Promise<void> {
    const unsubscribe = this.#clusters.subscribe((name, { namespace }) => {
      const ofCluster = this.#sites.get(name);
      if (!ofCluster) return;
      this.#onObserved(namespace === undefined ? [...ofCluster.values()].flat() : (ofCluster.get(namespace) ?? []));
    });
    const ended = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => ended.resolve(), { once: true });
    if (signal.aborted) ended.resolve();
    await ended.promise;
    unsubscribe();
    this.#clusters.observe([]);
  }
}
