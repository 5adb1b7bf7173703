import { backoffMs } from '../../kube/backoff.ts';
import type { Clock } from '../../kube/clock.ts';

/** Between two tries of a sink that takes nothing, in ms. */
const BACKOFF = { baseMs: 1_000, maxMs: 60_000 };

/**
 * A sink that takes nothing is asked once in a while, with whatever comes first; all else waits until it takes that. So it is not
 * asked for each of ten thousand rollouts.
 */
export class SinkPause {
  readonly #clock: Clock;
  readonly #again: (rollout: string) => void;
  /** In a row. */
  #failures = 0;
  #until = Number.NEGATIVE_INFINITY;
  #trying = 0;
  #isSaid = false;
  #cancel = () => {};
  readonly #held = new Set<string>();

  /** @param again - called with each rollout that was held, when it may be tried */
  constructor(clock: Clock, again: (rollout: string) => void) {
    this.#clock = clock;
    this.#again = again;
  }

  /** False while the sink is not asked: the rollout is held until it may be. */
  mayTry(rollout: string): boolean {
    if (this.#failures === 0) return true;
    if (this.#trying === 0 && this.#clock.now() >= this.#until) return true;
    this.#held.add(rollout);
    this.next();
    return false;
  }

  /** It is asked now. */
  begin(): void {
    this.#trying++;
  }

  /** The try came to nothing that says anything of the sink. */
  end(): void {
    this.#trying--;
    this.next();
  }

  /** @returns whether it had failed before */
  succeeded(): boolean {
    this.#trying--;
    const had = this.#isSaid;
    this.#isSaid = false;
    this.#failures = 0;
    this.#cancel();
    this.#until = Number.NEGATIVE_INFINITY;
    const held = [...this.#held];
    this.#held.clear();
    for (const rollout of held) this.#again(rollout);
    return had;
  }

  /**
   * @param atLeastMs - how long it asks not to be asked
   * @returns whether that is new
   */
  failed(atLeastMs: number): boolean {
    this.#trying--;
    const now = this.#clock.now();
    // Of several that were under way the first says it.
    if (now >= this.#until) this.#until = now + backoffMs(this.#failures++, BACKOFF);
    this.#until = Math.max(this.#until, now + atLeastMs);
    this.next();
    const isNew = !this.#isSaid;
    this.#isSaid = true;
    return isNew;
  }

  /** Nobody is held any more. */
  stop(): void {
    this.#held.clear();
    this.#cancel();
  }

  /** One of those that wait is the next to try. */
  next(): void {
    const [first] = this.#held;
    if (first === undefined || this.#failures === 0 || this.#trying > 0) return;
    const ms = this.#until - this.#clock.now();
    if (ms > 0) {
      this.#cancel();
      this.#cancel = this.#clock.after(ms, () => this.next());
      return;
    }
    this.#held.delete(first);
    this.#again(first);
  }
}
