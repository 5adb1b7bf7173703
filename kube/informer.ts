import type { KubeClient } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { Contact } from './contact.ts';
import { type Log, silentLog } from './log.ts';
import { reflect, type Sink } from './reflector.ts';
import { type KubeObject, keyOf, keyOfObject, type ResourceType, typeName } from './resources.ts';
import { type Change, type IndexFunction, Store } from './store.ts';

export interface InformerOptions<T extends KubeObject> {
  client: KubeClient;
  type: ResourceType;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** By name, the values an object is found under with {@link Informer.byIndex}. */
  indexes?: Record<string, IndexFunction<T>>;
  /**
   * Makes an object smaller before it is kept; must keep its metadata's name, namespace, uid and resourceVersion.
   *
   * @param known - what is kept of its name so far, smaller already
   */
  transform?: (object: T, known: T | undefined) => T;
  /** The type may not be installed: until it is, the informer is synced and empty. */
  optional?: boolean | undefined;
  log?: Log | undefined;
  idleTimeoutMs?: number | undefined;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
}

/** All are called in the order of the server's changes, after the store has them. Objects are shared: do not change them. */
export interface Handlers<T> {
  onAdd?: (object: T) => void;
  onUpdate?: (old: T, object: T) => void;
  /** @param last the last state known; of an object deleted while we were away, the one we had */
  onDelete?: (last: T) => void;
}

/**
 * A copy of the server's objects of one type, kept current by one watch however many read it or wait on it.
 * Start it once; it lives until the signal given to {@link start} is aborted.
 */
export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions<T>;
  readonly #log: Log;
  readonly #store: Store<T>;
  /** When it last heard of the server. */
  readonly contact: Contact;
  readonly #subscribers = new Set<Handlers<T>>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #synced = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();
  #hasSynced = false;
  #awaitingSync = 0;
  #signal: AbortSignal | undefined;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#store = new Store<T>(this.#guardedIndexes());
    this.contact = new Contact(options.clock ?? systemClock);
    // Nobody need be waiting when it stops before the first list.
    this.#synced.promise.catch(() => {});
  }

  start(signal: AbortSignal): void {
    if (this.#signal) throw new Error(`The informer of ${this.type} was started before`);
    this.#signal = signal;
    void reflect<T>({ ...this.#options, contact: this.contact, sink: this.#sink() }, signal).finally(() => {
      this.#synced.reject(signal.reason);
      for (const listeners of [...this.#waiting.values()]) for (const listener of [...listeners]) listener();
      this.#stopped.resolve();
    });
  }

  /** `deployments.apps`. */
  get type(): string {
    return typeName(this.#options.type);
  }

  /** How old what it has may be, in milliseconds; undefined before the first list. */
  get ageMs(): number | undefined {
    return this.#hasSynced ? this.contact.ageMs : undefined;
  }

  /** True once the first complete list is in the store and the handlers know it. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Whether anybody is told of its changes, or waits for one; its readers do not count. */
  get isFollowed(): boolean {
    return this.#subscribers.size > 0 || this.#waiting.size > 0 || this.#awaitingSync > 0;
  }

  /** Resolves when the informer's signal was aborted and its watch has ended. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  /** Rejects with the reason of `signal`, or of the informer's own, when that is aborted first. */
  async waitForSync(signal?: AbortSignal): Promise<void> {
    if (this.#hasSynced) return;
    signal?.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const stop = () => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    this.#awaitingSync++;
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      this.#awaitingSync--;
      signal?.removeEventListener('abort', stop);
    }
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#store.get(keyOf(namespace, name));
  }

  list(): T[] {
    return this.#store.list();
  }

  get size(): number {
    return this.#store.size;
  }

  byIndex(index: string, value: string): T[] {
    return this.#store.byIndex(index, value);
  }

  /**
   * Calls `onAdd` for every object there is before it returns, then the handlers at every change.
   * @returns a function that ends it
   */
  subscribe(handlers: Handlers<T>): () => void {
    for (const object of this.#store.list()) this.#guard(() => handlers.onAdd?.(object));
    const subscriber = { ...handlers };
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }

  /**
   * Resolves with the first defined answer of `check`, which is asked at once (or when the informer has synced) and after
   * every change of that one object; `undefined` stands for an object that does not exist. Costs nothing while nothing
   * changes. Rejects with what `check` throws, and with the reason of `signal`, or of the informer's own.
   */
  async waitFor<R>(
    namespace: string | undefined,
    name: string,
    check: (object: T | undefined) => R | undefined,
    signal: AbortSignal,
  ): Promise<R> {
    await this.waitForSync(signal);
    signal.throwIfAborted();
    const key = keyOf(namespace, name);
    return new Promise<R>((resolve, reject) => {
      const done = (settle: () => void) => {
        this.#unlisten(key, look);
        signal.removeEventListener('abort', stop);
        settle();
      };
      const stop = () => done(() => reject(signal.reason));
      const look = () => {
        try {
          if (this.#signal?.aborted) return done(() => reject(this.#signal?.reason));
          const answer = check(this.#store.get(key));
          if (answer !== undefined) done(() => resolve(answer));
        } catch (error) {
          done(() => reject(error));
        }
      };
      this.#listen(key, look);
      signal.addEventListener('abort', stop, { once: true });
      look();
    });
  }

  #sink(): Sink<T> {
    const { transform = (object) => object } = this.#options;
    // An object that cannot be made smaller is kept as it is rather than lost.
    const kept = (object: T) => this.#guard(() => transform(object, this.#store.get(keyOfObject(object)))) ?? object;
    return {
      replace: (objects) => {
        for (const key of this.#store.missingFrom(objects)) this.#tell(this.#store.remove(key));
        for (const object of objects) this.#tell(this.#store.put(kept(object)));
        this.#hasSynced = true;
        this.#synced.resolve();
      },
      apply: ({ type, object }) => {
        if (type === 'DELETED') this.#tell(this.#store.remove(keyOfObject(object), kept(object)));
        else this.#tell(this.#store.put(kept(object)));
      },
    };
  }

  #tell(changes: Change<T>[]): void {
    for (const change of changes) {
      for (const handlers of [...this.#subscribers]) this.#guard(() => call(handlers, change));
      for (const listener of [...(this.#waiting.get(change.key) ?? [])]) listener();
    }
  }

  #guardedIndexes(): Record<string, IndexFunction<T>> {
    const guarded = (valuesOf: IndexFunction<T>) => (object: T) => this.#guard(() => valuesOf(object)) ?? [];
    return Object.fromEntries(
      Object.entries(this.#options.indexes ?? {}).map(([name, valuesOf]) => [name, guarded(valuesOf)]),
    );
  }

  /** One faulty function of a caller must not stop the copy from following the server. */
  #guard<R>(fn: () => R): R | undefined {
    const failed = (error: unknown) => this.#log.error({ type: this.type, err: error }, 'Informer callback failed');
    try {
      const answer = fn();
      // Typed void, but an async function fits too, and its rejection would end the process.
      if (answer instanceof Promise) answer.catch(failed);
      return answer;
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  #listen(key: string, listener: () => void): void {
    const listeners = this.#waiting.get(key);
    if (listeners) listeners.add(listener);
    else this.#waiting.set(key, new Set([listener]));
  }

  #unlisten(key: string, listener: () => void): void {
    const listeners = this.#waiting.get(key);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#waiting.delete(key);
  }
}

function call<T>(handlers: Handlers<T>, change: Change<T>): unknown {
  switch (change.type) {
    case 'added':
      return handlers.onAdd?.(change.object);
    case 'updated':
      return handlers.onUpdate?.(change.old, change.object);
    case 'deleted':
      return handlers.onDelete?.(change.old);
  }
}
