import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import type { ObservableCluster } from '../../activities/clusters.ts';
import type { Clock } from '../../kube/clock.ts';
import { messageOf } from '../../kube/errors.ts';
import { type ReadKubeconfig, UnusableKubeconfig } from './kubeconfig.ts';
import type { OpenCluster } from './open.ts';

/** A kubeconfig is read again when it is used, or was no use, and the last reading is older than this, in ms. */
export const READ_AGAIN_MS = 30_000;
/** The same where the last reading gave nothing: many sites may ask for a kubeconfig that is not there. */
export const TRY_AGAIN_MS = 5_000;

export interface SharedClusterOptions {
  /** What `Site.cluster` calls it. */
  name: string;
  read: ReadKubeconfig;
  /** @param isRefused - to be called when the cluster does not answer, or does not know us */
  open(kubeConfig: KubeConfig, isRefused: () => void): OpenCluster;
  log: Logger;
  clock: Clock;
}

/**
 * One cluster, open as long as its kubeconfig is: a changed one opens it anew, and what its source no longer gives is no
 * longer used. Whoever waits on what is closed is told, and gets the new one when it tries again.
 */
export class SharedCluster {
  readonly #options: SharedClusterOptions;
  #current: { open: OpenCluster; version: string } | undefined;
  #failure: Error | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<ObservableCluster> | undefined;
  #isClosed = false;

  constructor(options: SharedClusterOptions) {
    this.#options = options;
  }

  /** @throws Error that names the cluster or where its kubeconfig is, when that cannot be had or used */
  async use(): Promise<ObservableCluster> {
    if (this.#current && this.#age() < READ_AGAIN_MS) return this.#current.open.cluster;
    if (this.#failure && this.#age() < TRY_AGAIN_MS) throw this.#failure;
    return await this.#read();
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
      opened = open(kubeConfig, () => this.#isRefused());
    } catch (error) {
      throw new UnusableKubeconfig(`Cluster ${name} cannot be opened: ${messageOf(error)}`);
    }
    await this.#drop('has another kubeconfig now');
    this.#current = { open: opened, version };
    log.info({ cluster: name, server: opened.cluster.client.connection.server }, 'Opened a cluster');
  }

  async #drop(why: string): Promise<void> {
    const dropped = this.#current;
    this.#current = undefined;
    await dropped?.open.close(new Error(`Cluster ${this.#options.name} ${why}`));
  }
}
