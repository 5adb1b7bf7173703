import { keyOf } from '../../kube/resources.ts';
import type { FogRollout } from '../../model/types.ts';

/** In how many words clients are told of a FogRollout. */
export type Shown = 'view' | 'summary';

/** The last change of one FogRollout. */
export interface Change {
  /** Grows with each change of any. */
  readonly at: number;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** It is not there any more. */
  readonly isGone: boolean;
  /** What clients are sent of it, made when the first asks. */
  data?: Partial<Record<Shown, string>> | undefined;
}

/** How many FogRollouts that are gone are remembered. */
const MOST_GONE = 1_000;
/** So many changes that were overtaken by others are kept before they are cleared away. */
const SLACK = 64;

/**
 * In which order FogRollouts last changed: of each one the last change, so that it never holds more than there are, and the last
 * that went. Whoever knows how far they had come is told what changed since, once, however often it did.
 */
export class Changes {
  /** By their numbers; those that a later one of the same FogRollout has overtaken are passed over. */
  #order: Change[] = [];
  readonly #latest = new Map<string, Change>();
  /** Oldest first. */
  #gone: Change[] = [];
  #head = 0;
  #forgotten = 0;

  /** The number of the last change, 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** How many changes it has, those that were overtaken among them. */
  get kept(): number {
    return this.#order.length;
  }

  /** Whether all that changed after a number is still known. */
  knowsSince(at: number): boolean {
    return at >= this.#forgotten && at <= this.#head;
  }

  changed({ metadata }: FogRollout): void {
    this.#add(metadata, false);
  }

  gone({ metadata }: FogRollout): void {
    const change = this.#add(metadata, true);
    this.#gone.push(change);
    while (this.#gone.length > MOST_GONE) this.#forget(this.#gone.shift()!);
  }

  latest(namespace: string, name: string): Change | undefined {
    return this.#latest.get(keyOf(namespace, name));
  }

  /** The next change after a number, of any FogRollout or of those of a namespace. */
  after(at: number, namespace?: string): Change | undefined {
    for (let index = this.#firstAfter(at); index < this.#order.length; index++) {
      const change = this.#order[index]!;
      if (this.#isLatest(change) && (namespace === undefined || change.namespace === namespace)) return change;
    }
    return undefined;
  }

  /** Nobody asks any more. */
  dropData(): void {
    for (const change of this.#latest.values()) change.data = undefined;
  }

  #add({ namespace, name, uid, resourceVersion }: FogRollout['metadata'], isGone: boolean): Change {
    const key = keyOf(namespace, name);
    const before = this.#latest.get(key);
    if (before) before.data = undefined;
    const change: Change = { at: ++this.#head, namespace, name, uid, resourceVersion, isGone };
    this.#latest.set(key, change);
    this.#order.push(change);
    if (this.#order.length > 2 * this.#latest.size + SLACK) {
      this.#order = this.#order.filter((one) => this.#isLatest(one));
      this.#gone = this.#gone.filter((one) => this.#isLatest(one));
    }
    return change;
  }

  #forget(change: Change): void {
    if (!this.#isLatest(change)) return; // it has come back
    this.#latest.delete(keyOf(change.namespace, change.name));
    this.#forgotten = change.at;
  }

  #isLatest(change: Change): boolean {
    return this.#latest.get(keyOf(change.namespace, change.name)) === change;
  }

  #firstAfter(at: number): number {
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#order[middle]!.at > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
