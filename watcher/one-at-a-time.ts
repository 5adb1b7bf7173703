/** Runs what is given for one key one after the other, and different keys beside each other. */
export class OneAtATime {
  private readonly last = new Map<string, Promise<void>>();

  async run(key: string, work: () => Promise<void>): Promise<void> {
    const before = this.last.get(key);
    const mine = before ? before.catch(() => undefined).then(work) : work();
    this.last.set(key, mine);
    try {
      await mine;
    } finally {
      if (this.last.get(key) === mine) this.last.delete(key);
    }
  }
}
