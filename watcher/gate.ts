/** Lets so many keys in at a time; those that find no room are called, in the order they came, when there is some. */
export class Gate {
  private readonly room: number;
  private readonly call: (key: string) => void;
  /** Those that were called and have not come yet, too: nobody takes their place meanwhile. */
  private readonly inside = new Set<string>();
  private readonly waiting = new Set<string>();

  constructor(room: number, call: (key: string) => void) {
    this.room = room;
    this.call = call;
  }

  /** @returns whether the key is in, until it {@link leave}s; if not, it is called later */
  enter(key: string): boolean {
    if (this.inside.has(key)) return true;
    if (this.inside.size >= this.room) {
      this.waiting.add(key);
      return false;
    }
    this.inside.add(key);
    return true;
  }

  /** The key is done, or does not come though it was called; of one that is not in, it says nothing. */
  leave(key: string): void {
    if (!this.inside.delete(key)) return;
    const [next] = this.waiting;
    if (next === undefined) return;
    this.waiting.delete(next);
    this.inside.add(next);
    this.call(next);
  }
}
