import { type Clock, sleep, systemClock } from './clock.ts';
import { type LeaseClient, LeaseRecord } from './leaserecord.ts';
import { type Log, silentLog } from './log.ts';
import { keyOf } from './resources.ts';

export interface LeaderElectorOptions {
  client: LeaseClient;
  namespace: string;
  name: string;
  /** Must differ between any two processes that ever run at the same time; pod name and a random part do. */
  identity: string;
  /** How long the others wait, by their own clocks, after the last change they saw. */
  leaseDurationSeconds?: number;
  /** How long after its last success the leader tries to renew before it stops acting; shorter than the lease. */
  renewDeadlineSeconds?: number;
  retryPeriodSeconds?: number;
  clock?: Clock;
  log?: Log;
  /** In [0, 1); for tests. */
  random?: () => number;
}

export interface LeadOptions {
  /**
   * The leader's work. Its signal is aborted when the lead is lost or `run` is stopped; the work must then end soon, since
   * the lease is given back, or stood for again, only when the promise has settled. A rejection ends `run`.
   */
  onStarted: (signal: AbortSignal) => void | Promise<void>;
  /** Called after the work has ended, however it came to that. */
  onStopped?: () => void;
  signal: AbortSignal;
}

/**
 * One leader among the processes that share a Lease object, by client-go's rules (k8s.io/client-go/tools/leaderelection).
 * As with every lease, a process that was frozen for longer than its term acts on for an instant when it wakes: what must
 * never happen twice needs a fence of its own, or a look at {@link leading} right before.
 */
export class LeaderElector {
  readonly #record: LeaseRecord;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #random: () => number;
  readonly #deadlineMs: number;
  readonly #retryMs: number;
  #leading = false;

  constructor(options: LeaderElectorOptions) {
    const { leaseDurationSeconds = 15, renewDeadlineSeconds = 10, retryPeriodSeconds = 2 } = options;
    if (!(leaseDurationSeconds > renewDeadlineSeconds && renewDeadlineSeconds > retryPeriodSeconds * 1.2)) {
      throw new Error('A lease must last longer than its renew deadline, and that longer than 1.2 retry periods');
    }
    if (options.identity === '') throw new Error('The identity of a leader elector is empty');
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
    this.#random = options.random ?? Math.random;
    this.#deadlineMs = renewDeadlineSeconds * 1000;
    this.#retryMs = retryPeriodSeconds * 1000;
    this.#key = keyOf(options.namespace, options.name);
    this.#record = new LeaseRecord({ ...options, clock: this.#clock, durationSeconds: leaseDurationSeconds });
  }

  /** Whether we may act now; asks the clock, so it is right also when a timer is late. */
  get leading(): boolean {
    return this.#leading && this.#clock.now() < this.#record.renewedAt + this.#deadlineMs;
  }

  /** Who held the lease when we last looked; empty for nobody. */
  get holder(): string {
    return this.#record.holder;
  }

  /** Stands for election, again after every loss, until `signal` is aborted; resolves when the lease is given back. */
  async run(options: LeadOptions): Promise<void> {
    const { signal } = options;
    while (!signal.aborted) {
      if (await this.#hold(signal)) await this.#lead(options);
      // Jitter, so that candidates do not keep meeting.
      else await this.#pause(this.#retryMs * (1 + 0.2 * this.#random()), signal);
    }
  }

  async #lead({ onStarted, onStopped, signal }: LeadOptions): Promise<void> {
    this.#log.info({ lease: this.#key }, 'Became leader');
    this.#leading = true;
    const lost = new AbortController();
    const done = new AbortController();
    const acting = AbortSignal.any([signal, lost.signal]);
    let failure: { error: unknown } | undefined;
    const work = Promise.resolve(acting)
      .then(onStarted)
      .catch((error: unknown) => {
        failure = { error };
        lost.abort(error);
      });
    const renewing = this.#keepRenewing(lost, done.signal);
    await aborted(acting);
    // Still renewing: nobody else may start before our work has ended.
    await work;
    done.abort();
    await renewing;
    if (this.leading) await this.#release();
    this.#leading = false;
    this.#log.info({ lease: this.#key }, 'Stopped leading');
    onStopped?.();
    if (failure && !signal.aborted) throw failure.error;
  }

  /** Renews every retry period until `done`; aborts `lost` when the deadline passes or another has the lease. */
  async #keepRenewing(lost: AbortController, done: AbortSignal): Promise<void> {
    const over = new AbortController();
    const end = AbortSignal.any([done, over.signal]);
    const lose = (why: string) => {
      if (end.aborted) return;
      this.#leading = false;
      this.#log.warn({ lease: this.#key, why }, 'Lost the lead');
      over.abort();
      lost.abort(new Error(`Lost the lease ${this.#key}: ${why}`));
    };
    // A timer of its own: a renewal that hangs must not keep us from stopping in time.
    let cancel = () => {};
    const setDeadline = () => {
      cancel();
      const left = this.#record.renewedAt + this.#deadlineMs - this.#clock.now();
      cancel = this.#clock.after(Math.max(0, left), () => lose('It could not be renewed in time'));
    };
    setDeadline();
    while (!end.aborted) {
      await this.#pause(this.#retryMs, end);
      if (end.aborted) break;
      // Not cut short by `done`: a write under way would collide with the one that gives the lease back.
      if (await this.#hold(over.signal)) setDeadline();
      else if (this.holder !== '' && !this.#record.isOurs) lose(`${this.holder} has it`);
    }
    cancel();
  }

  async #hold(signal: AbortSignal): Promise<boolean> {
    try {
      // Half of the deadline: a request that hangs leaves time for another.
      return await this.#record.hold({ signal, timeoutMs: this.#deadlineMs / 2 });
    } catch (error) {
      if (!signal.aborted) this.#log.warn({ lease: this.#key, err: error }, 'Lease request failed');
      return false;
    }
  }

  async #release(): Promise<void> {
    try {
      await this.#record.release({ timeoutMs: this.#deadlineMs / 2 });
    } catch (error) {
      this.#log.warn({ lease: this.#key, err: error }, 'Lease not given back, it will run out');
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    await sleep(this.#clock, ms, signal).catch(() => {});
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
