import { type BackoffOptions, backoffMs } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';

export interface WorkQueueOptions extends Partial<BackoffOptions> {
  clock?: Clock;
}

export interface RunOptions<K extends string> {
  /** How many keys are handled at the same time. */
  workers: number;
  /** A rejection means "again later"; `signal` is aborted when the queue stops. */
  handle: (key: K, signal: AbortSignal) => Promise<void>;
  signal: AbortSignal;
  /** Told of each failure with how many there were in a row; the key is retried whatever it does. */
  onError?: (key: K, error: unknown, failures: number) => void;
}

/**
 * Keys that need work, each at most once in line. A key is never handled by two workers at once; one that is added while
 * it is being handled is handled once more afterwards. A failed key comes back with exponential backoff (not before the
 * `retryAfterSeconds` of its error, where it has one) until it succeeds or is forgotten.
 */
export class WorkQueue<K extends string = string> {
  readonly #clock: Clock;
  readonly #backoff: BackoffOptions;
  /** In order of arrival, with when that was. */
  readonly #ready = new Map<K, number>();
  readonly #active = new Set<K>();
  /** Added while active. */
  readonly #again = new Set<K>();
  readonly #delayed = new Map<K, Delay>();
  readonly #retries = new Map<K, Delay>();
  readonly #failures = new Map<K, number>();
  #run: RunOptions<K> | undefined;
  #stopped = false;
  #ended = Promise.withResolvers<void>();

  constructor({ clock = systemClock, baseMs = 100, maxMs = 60_000, random = Math.random }: WorkQueueOptions = {}) {
    this.#clock = clock;
    this.#backoff = { baseMs, maxMs, random };
  }

  /** How many keys could be handled now if there were a free worker. */
  get length(): number {
    return this.#ready.size;
  }

  /** How many keys are being handled. */
  get active(): number {
    return this.#active.size;
  }

  /** How many keys have failed, and are tried again. */
  get failing(): number {
    return this.#failures.size;
  }

  /** For how long, in ms, the first in line has waited for a free worker; 0 when none does. */
  get oldestMs(): number {
    const [first] = this.#ready.values();
    return first === undefined ? 0 : this.#clock.now() - first;
  }

  add(key: K): void {
    if (this.#stopped) return;
    if (this.#active.has(key)) this.#again.add(key);
    else this.#arrive(key);
    this.#pump();
  }

  /** {@link add} in `ms` milliseconds; of several for one key the earliest counts. */
  addAfter(key: K, ms: number): void {
    if (ms <= 0) this.add(key);
    else this.#later(this.#delayed, key, ms);
  }

  /** How many times in a row the key has failed. */
  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Drops the key's failures and the retry that waits because of them; an add of it stays. */
  forget(key: K): void {
    this.#failures.delete(key);
    this.#retries.get(key)?.cancel();
    this.#retries.delete(key);
  }

  /** Handles keys until `signal` is aborted; resolves when then no handler is running any more. May be called once. */
  run(options: RunOptions<K>): Promise<void> {
    if (this.#run) return Promise.reject(new Error('The queue is running already'));
    this.#run = options;
    if (options.signal.aborted) this.#stop();
    else options.signal.addEventListener('abort', () => this.#stop(), { once: true });
    this.#pump();
    return this.#ended.promise;
  }

  #arrive(key: K): void {
    if (!this.#ready.has(key)) this.#ready.set(key, this.#clock.now());
  }

  #pump(): void {
    if (!this.#run || this.#stopped) return;
    for (const key of this.#ready.keys()) {
      if (this.#active.size >= this.#run.workers) return;
      this.#ready.delete(key);
      this.#active.add(key);
      void this.#handle(key, this.#run);
    }
  }

  async #handle(key: K, { handle, signal, onError }: RunOptions<K>): Promise<void> {
    try {
      await handle(key, signal);
      this.forget(key);
    } catch (error) {
      // What fails because we stop is not the key's fault.
      if (!signal.aborted) this.#failed(key, error, onError);
    } finally {
      this.#active.delete(key);
      if (this.#again.delete(key)) this.#arrive(key);
      if (this.#stopped && this.#active.size === 0) this.#ended.resolve();
      this.#pump();
    }
  }

  #failed(key: K, error: unknown, onError: RunOptions<K>['onError']): void {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    const retryAfterMs = Number((error as { retryAfterSeconds?: number } | undefined)?.retryAfterSeconds ?? 0) * 1000;
    this.#later(this.#retries, key, Math.max(backoffMs(failures, this.#backoff), retryAfterMs));
    try {
      onError?.(key, error, failures + 1);
    } catch {
      // Reporting is the caller's affair; the key's retry is arranged already.
    }
  }

  #later(delays: Map<K, Delay>, key: K, ms: number): void {
    if (this.#stopped) return;
    const due = this.#clock.now() + ms;
    const present = delays.get(key);
    if (present && present.due <= due) return;
    present?.cancel();
    const cancel = this.#clock.after(ms, () => {
      delays.delete(key);
      this.add(key);
    });
    delays.set(key, { due, cancel });
  }

  #stop(): void {
    this.#stopped = true;
    for (const delay of [...this.#delayed.values(), ...this.#retries.values()]) delay.cancel();
    this.#delayed.clear();
    this.#retries.clear();
    if (this.#active.size === 0) this.#ended.resolve();
  }
}

interface Delay {
  /** On the clock's scale, in milliseconds. */
  due: number;
  cancel: () => void;
}
