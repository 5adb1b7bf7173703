/** A run that shows no sign of having begun keeps its place for this many ms, and others out no longer. */
const LONGEST_MS = 5_000;

/**
 * How many runs may be about to begin: handed to Temporal, and their first release not written yet. So what is begun follows
 * what the workers get done, however many there are: a burst goes through a few at a time, each of them quick, instead of all of
 * them at once, each of them slow and reporting all the while. What has begun and then waits, for pods or for a person, has no
 * place any more.
 */
export class Places {
  private readonly now: () => number;
  private readonly count: number;
  private readonly call: (key: string) => void;
  /** Since when. */
  private readonly taken = new Map<string, number>();
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
    if (!this.taken.has(key) && this.taken.size >= this.count) {
      this.waiting.add(key);
      return false;
    }
    this.waiting.delete(key);
    if (!this.taken.has(key)) this.taken.set(key, this.now());
    return true;
  }

  waitingKeys(): string[] {
    return [...this.waiting];
  }

  /** It has begun, or does not need its place. */
  leave(key: string): void {
    this.waiting.delete(key);
    if (this.taken.delete(key)) this.callNext();
  }

  /** Takes their places from those that have had them for too long. @returns ms until the next one is due */
  sweep(): number | undefined {
    let next: number | undefined;
    for (const [key, since] of [...this.taken]) {
      const left = since + LONGEST_MS - this.now();
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
