import { hash } from 'node:crypto';

/**
 * Keeps one copy of values that are alike: thousands of objects of an informer often differ in little but their names.
 * A value is held only as long as somebody else holds it. Shared values must not be changed.
 */
export class SharedValues {
  readonly #values = new Map<string, WeakRef<object>>();
  readonly #ended = new FinalizationRegistry<string>((key) => {
    if (this.#values.get(key)?.deref() === undefined) this.#values.delete(key);
  });

  /** How many values are held. */
  get size(): number {
    return this.#values.size;
  }

  /** The copy of a plain JSON value that all who have one like it share. Strings are told apart by their content anyway. */
  share<T>(value: T): T {
    if (typeof value !== 'object' || value === null) return value;
    // The order of its fields counts: what is read back as text stays the same text.
    const key = hash('sha1', JSON.stringify(value), 'base64');
    const known = this.#values.get(key)?.deref();
    if (known) return known as T;
    this.#values.set(key, new WeakRef(value));
    this.#ended.register(value, key);
    return value;
  }
}
