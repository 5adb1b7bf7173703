import type { Handlers, Informer } from '../../../kube/informer.ts';
import { type KubeObject, keyOf } from '../../../kube/resources.ts';
import { type IndexFunction, Store } from '../../../kube/store.ts';

/** What an informer shows, changed by hand. */
export class Shelf<T extends KubeObject> {
  readonly #store: Store<T>;
  readonly #handlers = new Set<Handlers<T>>();

  constructor(indexes: Record<string, IndexFunction<T>> = {}) {
    this.#store = new Store(indexes);
  }

  get informer(): Informer<T> {
    return this as unknown as Informer<T>;
  }

  get size(): number {
    return this.#store.size;
  }

  readonly hasSynced = true;

  async waitForSync(): Promise<void> {}

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#store.get(keyOf(namespace, name));
  }

  list(): T[] {
    return this.#store.list();
  }

  byIndex(index: string, value: string): T[] {
    return this.#store.byIndex(index, value);
  }

  subscribe(handlers: Handlers<T>): () => void {
    for (const object of this.list()) handlers.onAdd?.(object);
    this.#handlers.add(handlers);
    return () => this.#handlers.delete(handlers);
  }

  put(object: T): void {
    this.#tell(this.#store.put(object));
  }

  remove(key: string): void {
    this.#tell(this.#store.remove(key));
  }

  #tell(changes: ReturnType<Store<T>['put']>): void {
    for (const change of changes) {
      for (const { onAdd, onUpdate, onDelete } of this.#handlers) {
        if (change.type === 'added') onAdd?.(change.object);
        else if (change.type === 'updated') onUpdate?.(change.old, change.object);
        else onDelete?.(change.old);
      }
    }
  }
}
