/**
 * A run of which nothing moves for this long, in ms, waits for something, and what waits costs others nothing. Less than it takes
 * a busy cluster to answer, and a burst would be let through just when it is too much already.
 */
const STILL_MS = 3_000;
/** However much moves, a place is kept no longer than this, in ms: a rollout over many sites moves for hours. */
const LONGEST_MS = 15_000;

interface Taken {
  since: number;
  movedAt: number;
}

/**
 * How many of the runs that were begun may be on the move at a time. A burst goes through so many at a time, each of them quick,
 * instead of all of them at once, each of them slow and reporting, waiting and beating all the while: the same work costs less,
 * and the first is ready first. A run that has ended leaves its place, and so does one that stands still.
 *
 * What is begun again, as after Temporal has lost its runs, goes through as many, and behind what is new: that finds as many
 * places as if there were nothing else.
 */
export class Places {
  private readonly now: () => number;
  private readonly count: number;
  private readonly call: (key: string) => void;
  private readonly taken = new Map<string, Taken>();
  private readonly waiting = new Set<string>();
  /** The same of what is begun again. */
  private readonly takenAgain = new Map<string, Taken>();
  private readonly waitingAgain = new Set<string>();

  /**
   * @param now - ms that only ever grow
   * @param call - told of a key that may {@link take} a place now
   */
  constructor(now: () => number, count: number, call: (key: string) => void) {
    this.now = now;
    this.count = count;
    this.call = call;
  }

  /** For a run that is new. @returns whether the key has a place; if not, it is called when there is one */
  take(key: string): boolean {
    if (this.has(key)) return true;
    this.waitingAgain.delete(key);
    return this.enter(key, this.count - this.taken.size, this.taken, this.waiting);
  }

  /** {@link take} for a run that is begun again. */
  takeAgain(key: string): boolean {
    if (this.has(key)) return true;
    if (this.waiting.has(key)) return false;
    return this.enter(key, this.roomAgain, this.takenAgain, this.waitingAgain);
  }

  /** Others wait for the places of those that have one. */
  get areTaken(): boolean {
    return this.waiting.size > 0;
  }

  waitingKeys(): string[] {
    return [...this.waiting];
  }

  /** Something has become of it. */
  moved(key: string): void {
    const taken = this.taken.get(key) ?? this.takenAgain.get(key);
    if (taken) taken.movedAt = this.now();
  }

  /** It has ended, or does not need its place. */
  leave(key: string): void {
    this.waiting.delete(key);
    this.waitingAgain.delete(key);
    if (this.taken.delete(key) || this.takenAgain.delete(key)) this.callNext();
  }

  /** Takes their places from those that stand still. @returns ms until there may be another */
  sweep(): number | undefined {
    let next: number | undefined;
    for (const [key, { since, movedAt }] of [...this.taken, ...this.takenAgain]) {
      const left = Math.min(since + LONGEST_MS, movedAt + STILL_MS) - this.now();
      if (left <= 0) this.leave(key);
      else next = Math.min(next ?? left, left);
    }
    return next;
  }

  private has(key: string): boolean {
    return this.taken.has(key) || this.takenAgain.has(key);
  }

  private get roomAgain(): number {
    return this.count - this.taken.size - this.waiting.size - this.takenAgain.size;
  }

  private enter(key: string, room: number, taken: Map<string, Taken>, waiting: Set<string>): boolean {
    if (room <= 0) {
      waiting.add(key);
      return false;
    }
    waiting.delete(key);
    taken.set(key, { since: this.now(), movedAt: this.now() });
    return true;
  }

  /** Those that were called come in any order, and one may not come at all: so all are called for whom there is room. */
  private callNext(): void {
    this.callSome(this.waiting, this.count - this.taken.size);
    this.callSome(this.waitingAgain, this.roomAgain);
  }

  private callSome(waiting: Set<string>, room: number): void {
    let free = room;
    for (const key of waiting) {
      if (free-- <= 0) return;
      this.call(key);
    }
  }
}
