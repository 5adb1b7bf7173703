import { type Clock, sleep } from '../../kube/clock.ts';
import { messageOf } from '../../kube/errors.ts';
import { DEPLOYMENTS } from '../../kube/resources.ts';
import { RELEASE_SELECTOR } from '../../model/names.ts';
import type { NamespaceReport } from '../../model/region.ts';
import { boundText, oneLineOf } from '../../model/text.ts';
import type { Clusters, ObservableCluster } from '../clusters.ts';
import { ObservedReleases, type ReleaseChange } from './releases.ts';

/** How long a cluster may answer nothing before it counts as away, in ms. */
const SILENT_MS = 10_000;
/** How often that is looked at, in ms, and how often one that is away is asked; neither costs one that answers a request. */
const BEAT_MS = 2_000;
const ASK_MS = 5_000;
/** How long a kubeconfig is believed that works, in ms: it may be gone. */
const KUBECONFIG_MS = 5 * 60_000;
/** How long it has to answer. */
const ANSWER_MS = 8_000;
const MOST_CAUSE = 512;

/** Whether a cluster answers, and whether all its releases are known. */
export interface ClusterState {
  /** undefined while that is not known yet. */
  answering?: boolean;
  /** Since when it does not, RFC 3339. */
  since?: string;
  /** Why it does not, for people. */
  cause?: string;
  synced: boolean;
}

/** What changed in a namespace; without one, of the cluster as a whole: whether it answers. */
export interface ClusterChange {
  namespace?: string;
  change: ReleaseChange | 'reach';
}

export interface ObservedClusterOptions {
  name: string;
  clusters: Clusters<ObservableCluster>;
  clock: Clock;
  onChange(change: ClusterChange): void;
}

/**
 * One cluster, observed for as long as the signal lives: whether it answers, by what all who use it hear of it, and what is
 * watched there shows of its releases. It is asked something only when it, or a Service, seems to be away.
 */
export class ObservedCluster {
  readonly #options: ObservedClusterOptions;
  readonly #releases: ObservedReleases;
  #state: ClusterState = { synced: false };

  constructor(options: ObservedClusterOptions) {
    this.#options = options;
    this.#releases = new ObservedReleases(options.clock, (namespace, change) =>
      options.onChange({ namespace, change }),
    );
  }

  get state(): ClusterState {
    return this.#state;
  }

  releasesIn(namespace: string): NamespaceReport {
    return this.#releases.of(namespace);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { name, clusters, clock } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#watch(await clusters(name), signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#away(error, this.#state.since ?? clock.date().toISOString());
        await sleep(clock, ASK_MS, signal).catch(() => undefined);
      }
    }
  }

  /** Until its kubeconfig is another, or gone: then it is opened anew. */
  async #watch(cluster: ObservableCluster, signal: AbortSignal): Promise<void> {
    const { name, clusters, clock } = this.#options;
    const opened = clock.now();
    let isClosed = false;
    void cluster.deployments.stopped.then(() => {
      isClosed = true;
    });
    this.#set({ ...this.#state, synced: false });
    const unfollow = this.#releases.follow(cluster);
    let believed = opened;
    try {
      for (; !isClosed && !signal.aborted; ) {
        if (clock.now() - believed >= KUBECONFIG_MS) {
          if ((await clusters(name)) !== cluster) return;
          believed = clock.now();
        }
        await this.#look(cluster, opened, signal);
        if (this.#state.answering) await this.#releases.settle(cluster, signal);
        await sleep(clock, this.#state.answering === false ? ASK_MS : BEAT_MS, signal).catch(() => undefined);
      }
    } finally {
      unfollow();
    }
  }

  async #look({ client, deployments }: ObservableCluster, opened: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const { hasSynced: synced } = deployments;
    const { silentSince } = client.connection;
    const now = clock.date().getTime();
    const isSilent = silentSince !== undefined && now - silentSince >= SILENT_MS;
    const isLate = !synced && clock.now() - opened >= SILENT_MS;
    if (!isSilent && !isLate) {
      if (synced && silentSince === undefined) this.#set({ answering: true, synced });
      return;
    }
    // A request that was given up for reasons of its own looks like silence too, and a first list may just be long.
    try {
      await client.list(DEPLOYMENTS, { labelSelector: RELEASE_SELECTOR, limit: 1 }, { signal, timeoutMs: ANSWER_MS });
      this.#set({ answering: true, synced });
    } catch (error) {
      if (!signal.aborted) this.#away(error, this.#state.since ?? new Date(silentSince ?? now).toISOString());
    }
  }

  #away(error: unknown, since: string): void {
    const cause = boundText(oneLineOf(messageOf(error)), MOST_CAUSE);
    this.#set({ answering: false, since, cause, synced: this.#state.synced });
  }

  #set(next: ClusterState): void {
    const { answering, synced } = this.#state;
    this.#state = next;
    if (next.answering !== answering || next.synced !== synced) this.#options.onChange({ change: 'reach' });
  }
}
