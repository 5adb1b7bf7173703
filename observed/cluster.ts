import type { KubeClient } from '../kube/client.ts';
import { type Clock, sleep } from '../kube/clock.ts';
import { messageOf } from '../kube/errors.ts';
import type { Informer } from '../kube/informer.ts';
import type { Log } from '../kube/log.ts';
import { DEPLOYMENTS } from '../kube/resources.ts';
import { RELEASE_SELECTOR } from '../model/names.ts';
import type { NamespaceReport } from '../model/region-observation.ts';
import { boundText, oneLineOf } from '../model/text.ts';
import { clusterUid } from './cluster-uid.ts';
import { BY_OWN_WORD } from './own-word.ts';
import { type LiveDeployment, type LiveService, ObservedReleases, type ReleaseChange } from './releases.ts';

/** A cluster beyond the hub, as far as it is observed. */
export interface ObservableCluster {
  client: KubeClient;
  /** Every Deployment of ours on the cluster, with {@link NAMESPACE_INDEX}. */
  deployments: Informer<LiveDeployment>;
  /** Every Service of ours on the cluster; watched from the first call on. */
  services(): Informer<LiveService>;
}

/** By the name that `Site.cluster` carries. @throws Error that names the cluster, when it cannot be had now */
export type FindCluster = (name: string) => Promise<ObservableCluster>;

/** How long a cluster may answer nothing before it counts as away, in ms. */
const SILENT_MS = 10_000;
/** How often that is checked, in ms, and how often one that is away is asked; neither costs one that answers a request. */
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
  /** Which cluster it is: its {@link clusterUid}; undefined while unknown, or where that may not be read. */
  uid?: string;
}

/** What changed in a namespace; without one, of the cluster as a whole: whether it answers. */
export interface ClusterChange {
  namespace?: string;
  change: ReleaseChange | 'reach';
}

export interface ObservedClusterOptions {
  name: string;
  clusters: FindCluster;
  clock: Clock;
  log?: Log | undefined;
  onChange(change: ClusterChange): void;
}

/**
 * One cluster, observed for as long as the signal lives: whether it answers, by what all who use it hear of it, and what is
 * watched there shows of its releases. It is asked something only when it, or a release, seems not to be as it should.
 */
export class ObservedCluster {
  readonly #options: ObservedClusterOptions;
  readonly #releases: ObservedReleases;
  #state: ClusterState = { synced: false };
  /** Whether the cluster that is open was asked which it is. */
  #isIdentified = false;

  constructor(options: ObservedClusterOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#releases = new ObservedReleases({
      rules: BY_OWN_WORD,
      clock,
      log,
      onChange: (namespace, change) => options.onChange({ namespace, change }),
      onJudged: () => {
        if (this.#state.answering) this.#set({ ...this.#known, answering: true, synced: true });
      },
    });
  }

  get state(): ClusterState {
    return this.#state;
  }

  /** What stays true of it whether it answers or not. */
  get #known(): Pick<ClusterState, 'uid'> {
    const { uid } = this.#state;
    return uid === undefined ? {} : { uid };
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
    this.#isIdentified = false;
    const ended = new AbortController();
    const source = { client: cluster.client, deployments: cluster.deployments, services: cluster.services() };
    const judging = this.#releases.run(source, AbortSignal.any([signal, ended.signal]));
    let believed = opened;
    try {
      for (; !isClosed && !signal.aborted; ) {
        if (clock.now() - believed >= KUBECONFIG_MS) {
          if ((await clusters(name)) !== cluster) return;
          believed = clock.now();
        }
        await this.#checkReach(cluster, opened, signal);
        await this.#identify(cluster, signal);
        await sleep(clock, this.#state.answering === false ? ASK_MS : BEAT_MS, signal).catch(() => undefined);
      }
    } finally {
      ended.abort();
      await judging;
    }
  }

  async #checkReach({ client, deployments }: ObservableCluster, opened: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const { hasSynced } = deployments;
    const synced = hasSynced && this.#releases.isJudged;
    const { silentSince } = client.connection;
    const now = clock.date().getTime();
    const isSilent = silentSince !== undefined && now - silentSince >= SILENT_MS;
    const isLate = !hasSynced && clock.now() - opened >= SILENT_MS;
    // It may answer, and be no Kubernetes any more: a proxy's page, say.
    const isCutOff = hasSynced && deployments.contact.cutOffMs >= SILENT_MS;
    if (!isSilent && !isLate && !isCutOff) {
      if (hasSynced && silentSince === undefined) this.#set({ ...this.#known, answering: true, synced });
      return;
    }
    // A request that was given up for reasons of its own looks like silence too, and a first list may just be long.
    try {
      await client.list(DEPLOYMENTS, { labelSelector: RELEASE_SELECTOR, limit: 1 }, { signal, timeoutMs: ANSWER_MS });
      this.#set({ ...this.#known, answering: true, synced });
    } catch (error) {
      if (!signal.aborted) this.#away(error, this.#state.since ?? new Date(silentSince ?? now).toISOString());
    }
  }

  /** It may be one that is known by another name too. Who may not read it is not asked again. */
  async #identify({ client }: ObservableCluster, signal: AbortSignal): Promise<void> {
    if (this.#isIdentified || this.#state.answering !== true) return;
    try {
      const uid = await clusterUid(client, { signal, timeoutMs: ANSWER_MS });
      this.#isIdentified = true;
      const { uid: _, ...state } = this.#state;
      this.#set({ ...state, ...(uid !== null && { uid }) });
    } catch {
      // It is asked again as soon as it answers.
    }
  }

  #away(error: unknown, since: string): void {
    const cause = boundText(oneLineOf(messageOf(error)), MOST_CAUSE);
    this.#set({ ...this.#known, answering: false, since, cause, synced: this.#state.synced });
  }

  #set(next: ClusterState): void {
    const { answering, synced, uid } = this.#state;
    this.#state = next;
    if (next.answering !== answering || next.synced !== synced || next.uid !== uid)
      this.#options.onChange({ change: 'reach' });
  }
}
