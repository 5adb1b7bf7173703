import { type KubeObject, keyOfObject } from './resources.ts';

export type IndexFunction<T> = (object: T) => string[];

/** What an event or a relist did to one object. */
export type Change<T> =
  | { type: 'added'; key: string; object: T }
  | { type: 'updated'; key: string; old: T; object: T }
  | { type: 'deleted'; key: string; old: T };

interface Entry<T> {
  object: T;
  /** The values it is indexed under, kept because the object may not be asked twice. */
  values: [index: string, value: string][];
}

/** The objects of one informer by key and by index. Pure: it holds and compares, and tells what changed. */
export class Store<T extends KubeObject> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #indexFunctions: [string, IndexFunction<T>][];
  readonly #indexes = new Map<string, Map<string, Map<string, T>>>();

  constructor(indexes: Record<string, IndexFunction<T>> = {}) {
    this.#indexFunctions = Object.entries(indexes);
    for (const name of Object.keys(indexes)) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.object;
  }

  list(): T[] {
    return Array.from(this.#entries.values(), (entry) => entry.object);
  }

  byIndex(index: string, value: string): T[] {
    const values = this.#indexes.get(index);
    if (!values) throw new Error(`There is no index ${index}`);
    return [...(values.get(value)?.values() ?? [])];
  }

  /**
   * Puts an object in, and says what that changed: nothing when it is there at this version already, two changes when
   * the object was deleted and made again under the same name.
   */
  put(object: T): Change<T>[] {
    const key = keyOfObject(object);
    const old = this.get(key);
    if (!old) {
      this.#set(key, object);
      return [{ type: 'added', key, object }];
    }
    if (old.metadata.uid !== object.metadata.uid) return [...this.remove(key), ...this.put(object)];
    if (sameVersion(old, object)) return [];
    this.#set(key, object);
    return [{ type: 'updated', key, old, object }];
  }

  /** @param last the object as it was last, when that is known better than by the store */
  remove(key: string, last?: T): Change<T>[] {
    const entry = this.#entries.get(key);
    if (!entry) return [];
    this.#unindex(key, entry);
    this.#entries.delete(key);
    return [{ type: 'deleted', key, old: last ?? entry.object }];
  }

  /** Which keys are here and not among `objects`: what a relist shows to be deleted. */
  missingFrom(objects: T[]): string[] {
    const present = new Set(objects.map(keyOfObject));
    return [...this.#entries.keys()].filter((key) => !present.has(key));
  }

  #set(key: string, object: T): void {
    // Asked first: an index function that throws must not leave the store half changed.
    const values = this.#indexFunctions.flatMap(([index, valuesOf]) =>
      valuesOf(object).map((value): [string, string] => [index, value]),
    );
    const old = this.#entries.get(key);
    if (old) this.#unindex(key, old);
    this.#entries.set(key, { object, values });
    for (const [index, value] of values) {
      const ofIndex = this.#indexes.get(index)!;
      const keys = ofIndex.get(value) ?? new Map<string, T>();
      ofIndex.set(value, keys.set(key, object));
    }
  }

  #unindex(key: string, { values }: Entry<T>): void {
    for (const [index, value] of values) {
      const ofIndex = this.#indexes.get(index)!;
      const keys = ofIndex.get(value);
      keys?.delete(key);
      if (keys?.size === 0) ofIndex.delete(value);
    }
  }
}

function sameVersion(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.resourceVersion !== undefined && a.metadata.resourceVersion === b.metadata.resourceVersion;
}
