/** A run of which nothing moves for this long, in ms, waits for something, and what waits costs others nothing. */
const STILL_MS = 1_000;
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
 */
export class Places {
  private readonly now: () => number;
  private readonly count: number;
  private readonly call: (key: string) => void;
  private readonly taken = new Map<string, Taken>();
  private readonly waiting = new Set<string>();

  /**
   * @param now - ms that only ever grow
   * @param call - told of a key that may {@link take} a place now
   */
  constructor(now: () => number, count: number, call: (key: string) => void) {
    this.now = now;
    this.count = count;
    this.call = call;
  }

  /** @returns whether the key has a place; if not, it is called when there is one */
  take(key: string): boolean {
    if (this.taken.has(key)) return true;
    if (this.taken.size >= this.count) {
      this.waiting.add(key);
      return false;
    }
    this.waiting.delete(key);
    this.taken.set(key, { since: this.now(), movedAt: this.now() });
    return true;
  }

  waitingKeys(): string[] {
    return [...this.waiting];
  }

  /** Something has become of it. */
  moved(key: string): void {
    const taken = this.taken.get(key);
    if (taken) taken.movedAt = this.now();
  }

  /** It has ended, or does not need its place. */
  leave(key: string): void {
    this.waiting.delete(key);
    if (this.taken.delete(key)) this.callNext();
  }

  /** Takes their places from those that stand still. @returns ms until there may be another */
  sweep(): number | undefined {
    let next: number | undefined;
    for (const [key, { since, movedAt }] of [...this.taken]) {
      const left = Math.min(since + LONGEST_MS, movedAt + STILL_MS) - this.now();
      if (left <= 0) this.leave(key);
      else next = Math.min(next ?? left, left);
    }
    return next;
  }

  /** Those that were called come in any order, and one may not come at all: so all are called for whom there is room. */
  private callNext(): void {
    let free = this.count - this.taken.size;
    for (const key of this.waiting) {
      if (free-- <= 0) return;
      this.call(key);
    }
  }
}
