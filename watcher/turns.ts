/** Hands out turns that lie a gap apart, to keys in the order they ask. A key keeps its turn until it is done with it. */
export class Turns {
  private readonly now: () => number;
  private readonly gapMs: number;
  private readonly turns = new Map<string, number>();
  private next = 0;

  constructor(now: () => number, gapMs: number) {
    this.now = now;
    this.gapMs = gapMs;
  }

  /**
   * ms until the key's turn; 0 when it is its turn.
   *
   * @param gaps - how many gaps the next key's turn is later: more, where this one does more in its turn
   */
  waitFor(key: string, gaps = 1): number {
    const now = this.now();
    const turn = this.turns.get(key) ?? Math.max(now, this.next);
    if (!this.turns.has(key)) this.next = turn + this.gapMs * gaps;
    this.turns.set(key, turn);
    return Math.max(0, turn - now);
  }

  /** The key has had its turn, or needs none any more. */
  done(key: string): void {
    this.turns.delete(key);
  }
}
