import type { Hindrance } from '../model/hindrance.ts';

/** How long a signal may not be taken, in ms, before the object says so: a moment is not worth a write. */
export const SAY_AFTER_MS = 5_000;

/** What can keep a rollout from going on, the most telling first. */
type Source = 'signal' | 'run' | 'repair';

interface Known {
  hindrance: Hindrance;
  since: number;
}

/** What is known to keep rollouts from going on. */
export class Hindrances {
  private readonly now: () => number;
  private readonly known = new Map<string, Map<Source, Known>>();
  private temporal: Hindrance | undefined;

  /** @param now - ms that only ever grow */
  constructor(now: () => number) {
    this.now = now;
  }

  /** How many rollouts have something in their way. */
  get size(): number {
    return this.known.size;
  }

  /** Something of the rollout is on its way to Temporal, which may not answer for long. */
  waits(key: string, hindrance: Hindrance): void {
    if (!this.isRefused(key)) this.set(key, 'signal', hindrance);
  }

  /** Something of the rollout could not be handed to Temporal. @returns whether that is news */
  refused(key: string, hindrance: Hindrance): boolean {
    return this.set(key, 'signal', hindrance);
  }

  accepted(key: string): void {
    this.clear(key, 'signal');
  }

  /** Those of whom something waits to be handed over. */
  refusedKeys(): string[] {
    return [...this.known].filter(([, sources]) => sources.has('signal')).map(([key]) => key);
  }

  isRefused(key: string): boolean {
    return this.known.get(key)?.has('signal') ?? false;
  }

  /** How its open run was found. */
  run(key: string, hindrance: Hindrance | undefined): void {
    if (hindrance) this.set(key, 'run', hindrance);
    else this.clear(key, 'run');
  }

  /** How its repairs go. */
  repair(key: string, hindrance: Hindrance | undefined): void {
    if (hindrance) this.set(key, 'repair', hindrance);
    else this.clear(key, 'repair');
  }

  /** Temporal as a whole, which concerns all that have a run. @returns whether that is news */
  away(hindrance: Hindrance | undefined): boolean {
    const isNews = this.temporal?.message !== hindrance?.message;
    this.temporal = hindrance;
    return isNews;
  }

  get isAway(): boolean {
    return this.temporal !== undefined;
  }

  /**
   * What is to be said of the rollout; `inMs` when there is something to say only then.
   *
   * @param hasRun - whether a run of it is under way
   */
  of(key: string, hasRun: boolean): { hindrance?: Hindrance; inMs?: number } {
    const sources = this.known.get(key);
    const signal = sources?.get('signal');
    const inMs = signal ? signal.since + SAY_AFTER_MS - this.now() : undefined;
    if (signal && inMs !== undefined && inMs <= 0) return { hindrance: signal.hindrance };
    const other =
      (hasRun ? (this.temporal ?? sources?.get('run')?.hindrance) : undefined) ?? sources?.get('repair')?.hindrance;
    return { ...(other && { hindrance: other }), ...(inMs !== undefined && { inMs }) };
  }

  forget(key: string): void {
    this.known.delete(key);
  }

  private set(key: string, source: Source, hindrance: Hindrance): boolean {
    const sources = this.known.get(key) ?? new Map<Source, Known>();
    const before = sources.get(source);
    this.known.set(key, sources.set(source, { hindrance, since: before?.since ?? this.now() }));
    return before?.hindrance.message !== hindrance.message;
  }

  private clear(key: string, source: Source): void {
    const sources = this.known.get(key);
    if (sources?.delete(source) && sources.size === 0) this.known.delete(key);
  }
}
