/**
 * Keeps every version of the FogRollouts and releases of a cluster, in the API server's order: what a test waits
 * on, and what it asks afterwards about the order of things.
 */
import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import { KubeClient } from '../../kube/client.ts';
import { KubeConnection, loadKubeConfig } from '../../kube/connection.ts';
import { Informer } from '../../kube/informer.ts';
import { DEPLOYMENTS, type KubeObject, keyOfObject, type ResourceType, SERVICES } from '../../kube/resources.ts';
import { FOG_ROLLOUTS } from '../../model/names.ts';
import type { FogRollout } from '../../model/types.ts';
import { type CheckOptions, faultsIn } from './checker/faults.ts';

export interface Version {
  kind: 'FogRollout' | 'Deployment' | 'Service';
  /** `namespace/name`. */
  key: string;
  object: KubeObject & { spec?: unknown; status?: unknown };
  isDeleted: boolean;
}

interface Kinds {
  FogRollout: FogRollout;
  Deployment: V1Deployment & KubeObject;
  Service: V1Service & KubeObject;
}

const TYPES: Record<Version['kind'], ResourceType> = {
  FogRollout: FOG_ROLLOUTS,
  Deployment: DEPLOYMENTS,
  Service: SERVICES,
};

export interface RecorderOptions extends Pick<CheckOptions, 'parentOf'> {
  /** What is recorded; a cluster of sites knows no FogRollouts. Default all. */
  kinds?: readonly Version['kind'][];
}

export class Recorder {
  readonly client: KubeClient;
  readonly versions: Version[] = [];
  readonly #connection: KubeConnection;
  readonly #stop = new AbortController();
  readonly #live = new Map<string, Version['object']>();
  readonly #waiting = new Set<() => void>();
  readonly #informers: Informer<KubeObject>[] = [];
  /** uids of the FogRollouts that were there before. */
  readonly #before = new Set<string>();
  readonly #kinds: readonly Version['kind'][];
  readonly #parentOf: CheckOptions['parentOf'];

  constructor(kubeconfig: string, { kinds = ['FogRollout', 'Deployment', 'Service'], parentOf }: RecorderOptions = {}) {
    this.#kinds = kinds;
    this.#parentOf = parentOf;
    this.#connection = new KubeConnection(loadKubeConfig({ kubeconfig }));
    this.client = new KubeClient(this.#connection, { fieldManager: 'e2e' });
  }

  /** Resolves when everything that is there was seen; what comes after it is never missed. */
  async start(): Promise<void> {
    for (const kind of this.#kinds) {
      const informer = new Informer<KubeObject>({ client: this.client, type: TYPES[kind] });
      informer.subscribe({
        onAdd: (object) => this.#keep(kind, object, false),
        onUpdate: (_old, object) => this.#keep(kind, object, false),
        onDelete: (object) => this.#keep(kind, object, true),
      });
      informer.start(this.#stop.signal);
      this.#informers.push(informer);
    }
    await Promise.all(this.#informers.map((informer) => informer.waitForSync()));
    for (const { kind, object } of this.versions) if (kind === 'FogRollout') this.#before.add(object.metadata.uid!);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#informers.map((informer) => informer.stopped));
    await this.#connection.close();
  }

  /** The newest version seen; undefined when there is none any more. */
  get<K extends Version['kind']>(kind: K, key: string): Kinds[K] | undefined {
    return this.#live.get(`${kind} ${key}`) as Kinds[K] | undefined;
  }

  /** Every version seen of one object, the oldest first; those that say it was deleted left out. */
  historyOf<K extends Version['kind']>(kind: K, key: string): Kinds[K][] {
    return this.versions
      .filter((version) => version.kind === kind && version.key === key && !version.isDeleted)
      .map(({ object }) => object as unknown as Kinds[K]);
  }

  /**
   * Resolves with the first defined answer of `check`, asked now and after every change of anything recorded.
   *
   * @param what - ends the sentence `Waited 20 s for …`
   * @param about - keys whose last versions a timeout shows
   */
  async until<R>(what: string, about: string[], check: () => R | undefined, ms = 120_000): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const look = () => {
      try {
        const answer = check();
        if (answer !== undefined) resolve(answer);
      } catch (error) {
        reject(error);
      }
    };
    const giveUp = setTimeout(
      () => reject(new Error(`Waited ${ms / 1000} s for ${what}; last seen:\n${this.#describe(about)}`)),
      ms,
    );
    this.#waiting.add(look);
    try {
      look();
      return await promise;
    } finally {
      clearTimeout(giveUp);
      this.#waiting.delete(look);
    }
  }

  /** Whether the object's version of that number, or a later one, was seen; its deletion has one too. */
  hasSeen(kind: Version['kind'], key: string, resourceVersion: string): boolean {
    return this.versions.some(
      (version) =>
        version.kind === kind &&
        version.key === key &&
        Number(version.object.metadata.resourceVersion) >= Number(resourceVersion),
    );
  }

  /** What must never happen (`checker/` says what) and did, of every rollout that began after the start. */
  faults(): string[] {
    return faultsIn(this.versions, { before: this.#before, ...(this.#parentOf && { parentOf: this.#parentOf }) });
  }

  #keep(kind: Version['kind'], object: KubeObject, isDeleted: boolean): void {
    const key = keyOfObject(object);
    this.versions.push({ kind, key, object, isDeleted });
    if (isDeleted) this.#live.delete(`${kind} ${key}`);
    else this.#live.set(`${kind} ${key}`, object);
    for (const look of [...this.#waiting]) look();
  }

  #describe(about: string[]): string {
    const lines = [...this.#live]
      .filter(([kindAndKey]) => about.some((key) => kindAndKey.endsWith(` ${key}`)))
      .map(([kindAndKey, { metadata, status }]) => {
        const { generation, deletionTimestamp, finalizers, annotations } = metadata;
        return `${kindAndKey} ${JSON.stringify({ generation, deletionTimestamp, finalizers, annotations, status })}`;
      });
    return lines.length > 0 ? lines.join('\n') : `none of ${about.join(', ')} exists`;
  }
}
