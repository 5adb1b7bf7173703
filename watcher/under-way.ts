/** After what time without a sign of it, in ms, a run is looked at, and how far apart the looks are at most. */
const FIRST_LOOK_MS = 30_000;
const LONGEST_GAP_MS = 5 * 60_000;
/** A run that was in trouble is looked at this often, in ms, so that the word of it does not outlive it for long. */
const TROUBLED_GAP_MS = 30_000;
/** A run that has ended without a word is looked at again after this many ms: its last report may be on its way to us. */
const LAST_WORD_MS = 2_000;

interface Begun {
  /** What is being done (decide.ts: fingerprint). */
  mark: string;
  /** When it was last handed to Temporal by us; undefined when another watcher did. */
  handedAt: number | undefined;
  lookAt: number;
  gapMs: number;
  /** The run that was found to have ended. */
  ended: string | undefined;
  /** Whether its run was seen to be open. */
  isSeen: boolean;
}

/**
 * What was begun in Temporal and has not come to an end, and when to look there again. Only ever asked "how long yet": a timer
 * that fires early finds some time left.
 */
export class UnderWay {
  private readonly now: () => number;
  private readonly begun = new Map<string, Begun>();

  /** @param now - ms that only ever grow */
  constructor(now: () => number) {
    this.now = now;
  }

  get size(): number {
    return this.begun.size;
  }

  keys(): string[] {
    return [...this.begun.keys()];
  }

  isBegun(key: string): boolean {
    return this.begun.has(key);
  }

  has(key: string, mark: string): boolean {
    return this.begun.get(key)?.mark === mark;
  }

  /** Handed to Temporal just now. */
  handed(key: string, mark: string): void {
    this.begun.set(key, { mark, handedAt: this.now(), isSeen: false, ...this.in(FIRST_LOOK_MS) });
  }

  /** By its status somebody is at it already: to be looked at when its turn comes. */
  found(key: string, mark: string): void {
    this.begun.set(key, { mark, handedAt: undefined, isSeen: false, ...this.in(0) });
  }

  /** Its run has given a sign. */
  moved(key: string): void {
    const begun = this.begun.get(key);
    if (begun && begun.lookAt > this.now()) Object.assign(begun, this.in(FIRST_LOOK_MS));
  }

  /**
   * Its run is open.
   *
   * @param within - ms in which to look again at the latest
   */
  seen(key: string, { isTroubled, within = LONGEST_GAP_MS }: { isTroubled: boolean; within?: number }): void {
    const begun = this.begun.get(key);
    if (!begun) return;
    begun.isSeen = true;
    const gapMs = isTroubled ? TROUBLED_GAP_MS : Math.min(LONGEST_GAP_MS, begun.gapMs);
    Object.assign(begun, this.in(Math.min(gapMs, within)), {
      gapMs: isTroubled ? FIRST_LOOK_MS : Math.min(LONGEST_GAP_MS, gapMs * 2),
    });
  }

  /** Its run has ended. @returns whether that was known for long enough for its last word to have come */
  hasEnded(key: string, runId: string): boolean {
    const begun = this.begun.get(key);
    if (!begun || begun.ended === runId) return true;
    Object.assign(begun, this.in(LAST_WORD_MS), { ended: runId });
    return false;
  }

  /** All are to be looked at: Temporal may have lost them. */
  doubt(): void {
    for (const begun of this.begun.values()) Object.assign(begun, this.in(0), { isSeen: false });
  }

  /** Whether its run was seen to be open since it was begun, or was last in doubt. */
  isSeen(key: string): boolean {
    return this.begun.get(key)?.isSeen ?? false;
  }

  /** ms until its run should be looked at. */
  dueIn(key: string): number {
    const begun = this.begun.get(key);
    return begun ? Math.max(0, begun.lookAt - this.now()) : 0;
  }

  /** For how long, in ms, it has been with Temporal; undefined when another watcher gave it there. */
  handedFor(key: string): number | undefined {
    const at = this.begun.get(key)?.handedAt;
    return at === undefined ? undefined : this.now() - at;
  }

  forget(key: string): void {
    this.begun.delete(key);
  }

  private in(ms: number): Pick<Begun, 'lookAt' | 'gapMs' | 'ended'> {
    return { lookAt: this.now() + ms, gapMs: FIRST_LOOK_MS, ended: undefined };
  }
}
