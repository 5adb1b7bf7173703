import type { Logger } from 'pino';
import type { Clock } from '../../kube/clock.ts';
import { messageOf } from '../../kube/errors.ts';
import type { Informer } from '../../kube/informer.ts';
import type { KubeConfig } from '../../kube/kube-config.ts';
import type { ObservableCluster } from '../../observed/cluster.ts';
import { type ReadKubeconfig, UnusableKubeconfig } from './kubeconfig.ts';
import type { OpenCluster } from './open.ts';

/** A kubeconfig is read again when it is used, or was no use, and the last reading is older than this, in ms. */
export const READ_AGAIN_MS = 30_000;
/** The same where the last reading gave nothing: many sites may ask for a kubeconfig that is not there. */
export const TRY_AGAIN_MS = 5_000;

/** A cluster that nobody used, followed or waited on for so long is closed, in ms. */
export const IDLE_MS = 5 * 60_000;
/** How often that is checked, in ms. */
const CHECK_MS = 30_000;

/** What an open cluster tells of itself. */
export interface ClusterEvents {
  /** It does not answer, or does not know us. */
  onRefused(): void;
  /** Somebody asked it something. */
  onUsed(): void;
}

export interface SharedClusterOptions {
  /** What `Site.cluster` calls it. */
  name: string;
  read: ReadKubeconfig;
  open(kubeConfig: KubeConfig, events: ClusterEvents): OpenCluster;
  log: Logger;
  clock: Clock;
}

/**
 * One cluster, open as long as its kubeconfig is and somebody needs it: a changed one opens it anew, what its source no
 * longer gives is no longer used, and what nobody uses is closed until it is used again. Whoever waits on what is closed is
 * told, and gets the new one when it tries again.
 */
export class SharedCluster {
  readonly #options: SharedClusterOptions;
  #current: { open: OpenCluster; version: string } | undefined;
  #failure: Error | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #usedAt = Number.NEGATIVE_INFINITY;
  #cancelCheck = () => {};
  #reading: Promise<ObservableCluster> | undefined;
  #isClosed = false;

  constructor(options: SharedClusterOptions) {
    this.#options = options;
  }

  /** @throws Error that names the cluster or where its kubeconfig is, when that cannot be had or used */
  async use(): Promise<ObservableCluster> {
    this.#isUsed();
    if (this.#current && this.#age() < READ_AGAIN_MS) return this.#current.open.cluster;
    if (this.#failure && this.#age() < TRY_AGAIN_MS) throw this.#failure;
    return await this.#read();
  }

  /** The watches of it that there are now. */
  informers(): Informer<never>[] {
    return this.#current?.open.informers() ?? [];
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#reading?.catch(() => undefined);
    await this.#drop('is not needed any more');
  }

  /** Those who wait on the watch ask for nothing: a kubeconfig that was changed because it is refused must reach them too. */
  #isRefused(): void {
    if (!this.#isClosed && this.#age() >= READ_AGAIN_MS) this.#read().catch(() => undefined);
  }

  #isUsed(): void {
    this.#usedAt = this.#options.clock.now();
  }

  /** Now and then: closes it when nobody needs it any more, as when the last FogSite on it was deleted. */
  #checkUse(): void {
    const { name, log, clock } = this.#options;
    if (this.informers().some(({ isFollowed }) => isFollowed)) this.#isUsed();
    if (clock.now() - this.#usedAt < IDLE_MS) {
      this.#checkLater();
    } else {
      log.info({ cluster: name }, 'Closing a cluster that nobody uses');
      void this.#drop('has not been used for a while');
    }
  }

  #checkLater(): void {
    this.#cancelCheck = this.#options.clock.after(CHECK_MS, () => this.#checkUse());
  }

  #age(): number {
    return this.#options.clock.now() - this.#readAt;
  }

  /** One reading at a time, for all who ask. */
  #read(): Promise<ObservableCluster> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<ObservableCluster> {
    const { name, read, log, clock } = this.#options;
    try {
      const { kubeConfig, version } = await read();
      if (this.#isClosed) throw new Error(`Cluster ${name} was closed`);
      if (this.#current?.version !== version) await this.#open(kubeConfig, version);
      this.#failure = undefined;
      return this.#current!.open.cluster;
    } catch (error) {
      if (this.#current && !(error instanceof UnusableKubeconfig)) {
        // Whether the kubeconfig still holds cannot be told now, so it does.
        log.warn({ cluster: name, error: messageOf(error) }, 'Could not read the kubeconfig again');
        return this.#current.open.cluster;
      }
      this.#failure = error as Error;
      log.warn({ cluster: name, error: messageOf(error) }, 'The cluster cannot be used');
      await this.#drop('has no usable kubeconfig any more');
      throw error;
    } finally {
      this.#readAt = clock.now();
    }
  }

  async #open(kubeConfig: KubeConfig, version: string): Promise<void> {
    const { name, open, log } = this.#options;
    let opened: OpenCluster;
    try {
      opened = open(kubeConfig, { onRefused: () => this.#isRefused(), onUsed: () => this.#isUsed() });
    } catch (error) {
      throw new UnusableKubeconfig(`Cluster ${name} cannot be opened: ${messageOf(error)}`);
    }
    await this.#drop('has another kubeconfig now');
    this.#current = { open: opened, version };
    this.#checkLater();
    log.info({ cluster: name, server: opened.cluster.client.connection.server }, 'Opened a cluster');
  }

  async #drop(why: string): Promise<void> {
    const dropped = this.#current;
    this.#current = undefined;
    this.#cancelCheck();
    await dropped?.open.close(new Error(`Cluster ${this.#options.name} ${why}`));
  }
}
