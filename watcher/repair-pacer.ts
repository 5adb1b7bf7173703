/** The first wait after a repair, in ms, and the longest; someone who fights back is met ever more rarely. */
const FIRST_MS = 2_000;
const LONGEST_MS = 5 * 60_000;

/** Keeps the repairs of one rollout apart: each within a quiet time of the last doubles the wait to the next. */
export class RepairPacer {
  private readonly now: () => number;
  private readonly repairs = new Map<string, { at: number; wait: number }>();

  constructor(now: () => number) {
    this.now = now;
  }

  /** ms until the rollout may be repaired again; 0 when it may be now. */
  waitFor(key: string): number {
    const last = this.repairs.get(key);
    return last ? Math.max(0, last.at + last.wait - this.now()) : 0;
  }

  repaired(key: string): void {
    const last = this.repairs.get(key);
    const isQuiet = !last || this.now() - last.at > 2 * LONGEST_MS;
    const wait = isQuiet ? FIRST_MS : Math.min(LONGEST_MS, last.wait * 2);
    this.repairs.set(key, { at: this.now(), wait });
  }

  forget(key: string): void {
    this.repairs.delete(key);
  }
}
