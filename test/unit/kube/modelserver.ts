import type { KubeClient, ListOptions, Page, WatchEvent, WatchOptions } from '../../../kube/client.ts';
import { KubeConnectionError, KubeError } from '../../../kube/errors.ts';
import { type KubeObject, keyOfObject, type ResourceType } from '../../../kube/resources.ts';

export interface Thing extends KubeObject {
  color: string;
}

/** The rules of lists and watches without a network: fast enough for property tests. */
export class ModelServer {
  readonly #objects = new Map<string, Thing>();
  #history: { version: number; event: WatchEvent<Thing> }[] = [];
  #version = 1;
  #oldest = 0;
  #uid = 0;
  #wake = Promise.withResolvers<void>();
  #breakWith: Error | undefined;

  get client(): KubeClient {
    return this as unknown as KubeClient;
  }

  objects(): Thing[] {
    return [...this.#objects.values()];
  }

  put(name: string, color: string): void {
    const old = this.#objects.get(`edge/${name}`);
    const uid = old?.metadata.uid ?? `uid-${++this.#uid}`;
    const thing: Thing = { metadata: { namespace: 'edge', name, uid, resourceVersion: `${++this.#version}` }, color };
    this.#objects.set(keyOfObject(thing), thing);
    this.#tell({ type: old ? 'MODIFIED' : 'ADDED', object: thing });
  }

  remove(name: string): void {
    const old = this.#objects.get(`edge/${name}`);
    if (!old) return;
    this.#objects.delete(`edge/${name}`);
    const metadata = { ...old.metadata, resourceVersion: `${++this.#version}` };
    this.#tell({ type: 'DELETED', object: { ...old, metadata } });
  }

  /** Breaks the open watch. */
  cut(): void {
    this.#breakWith = new KubeConnectionError('WATCH', 'cut');
    this.#notify();
  }

  /** Breaks the open watch and forgets the past. */
  expire(): void {
    this.#oldest = this.#version;
    this.#history = [];
    this.#breakWith = new KubeError({ request: 'WATCH', code: 410 });
    this.#notify();
  }

  async listAll(_type: ResourceType, _list: ListOptions): Promise<Page<Thing>> {
    return { items: this.objects(), resourceVersion: `${this.#version}` };
  }

  async *watch(_type: ResourceType, { resourceVersion }: WatchOptions, { signal }: { signal: AbortSignal }) {
    let from = Number(resourceVersion);
    signal.addEventListener('abort', () => this.#notify(), { once: true });
    this.#breakWith = undefined;
    for (;;) {
      if (signal.aborted) throw signal.reason;
      if (from < this.#oldest) throw new KubeError({ request: 'WATCH', code: 410 });
      for (const { version, event } of this.#history.filter((entry) => entry.version > from)) {
        from = version;
        yield event;
      }
      if (this.#breakWith) throw this.#breakWith;
      if (this.#history.every(({ version }) => version <= from)) await this.#wake.promise;
    }
  }

  #tell(event: WatchEvent<Thing>): void {
    this.#history.push({ version: this.#version, event });
    this.#notify();
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
