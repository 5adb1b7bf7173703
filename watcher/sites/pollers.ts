import type { Clock } from '../../kube/clock.ts';

/** A worker that asked for the work of a queue, as Temporal tells of it. */
export interface Poller {
  identity: string;
  /** When it last did, by Temporal's clock, RFC 3339. */
  lastAccess: string;
}

/** A worker asks for a minute, then again: one that has not for longer than that, in ms, is gone. */
export const FRESH_MS = 75_000;

interface Seen {
  lastAccess: string;
  /** When that was, on our own clock, which may differ from Temporal's. */
  at: number;
}

/** Which workers of a queue are there, by when they last asked for work. Temporal's own list is lost when it restarts. */
export class Pollers {
  readonly #clock: Clock;
  readonly #freshMs: number;
  #seen = new Map<string, Seen>();
  /** Those that said that they stop. */
  readonly #left = new Set<string>();
  #lastAccess: string | undefined;
  /** When Temporal was last asked, on our clock: what has happened since nobody knows. */
  #asOf = 0;
  #isDoubtful = false;

  constructor(clock: Clock, freshMs = FRESH_MS) {
    this.#clock = clock;
    this.#freshMs = freshMs;
  }

  /** What Temporal says now. */
  saw(pollers: readonly Poller[]): void {
    const now = this.#clock.now();
    this.#asOf = now;
    this.#isDoubtful = false;
    for (const { identity, lastAccess } of pollers) {
      if (this.#left.has(identity)) continue;
      if (this.#lastAccess === undefined || lastAccess > this.#lastAccess) this.#lastAccess = lastAccess;
      const known = this.#seen.get(identity);
      if (known && known.lastAccess >= lastAccess) continue;
      const age = Math.max(0, this.#clock.date().getTime() - Date.parse(lastAccess));
      // It has asked since, but perhaps long ago: the clocks may differ, so only the next answer tells.
      if (known && age >= this.#freshMs) this.#isDoubtful = true;
      this.#seen.set(identity, { lastAccess, at: known ? now : now - age });
    }
    const listed = new Set(pollers.map(({ identity }) => identity));
    for (const [identity, { at }] of this.#seen) {
      if (!listed.has(identity) && now - at >= this.#freshMs) this.#seen.delete(identity);
    }
    for (const identity of this.#left) if (!listed.has(identity)) this.#left.delete(identity);
  }

  /** The worker has said so itself. */
  left(identity: string): void {
    this.#seen.delete(identity);
    this.#left.add(identity);
  }

  /** The workers that were there when Temporal was last asked, in the order of their names. */
  fresh(): string[] {
    const isFresh = ({ at }: Seen) => this.#asOf - at < this.#freshMs;
    return [...this.#seen].flatMap(([identity, seen]) => (isFresh(seen) ? identity : [])).toSorted();
  }

  /** Whether Temporal has to be asked again soon to know. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** When any worker last asked for work, by Temporal's clock; undefined when none is known to ever have. */
  get lastAccess(): string | undefined {
    return this.#lastAccess;
  }
}
