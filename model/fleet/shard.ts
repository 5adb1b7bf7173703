import { PHASE_LETTERS, type SettledPhase, type ShardReport, type SitePhase } from './report.ts';

/** What a stage allows one of its shards. */
export interface ShardLimits {
  /** Most sites in flight at once. */
  slots: number;
  /** How many of the shard's own sites may fail; with one more it starts nothing further. */
  failuresLeft: number;
}

/** Plain JSON, about a byte a site: it goes through continue-as-new. */
export interface ShardState {
  /** {@link ShardMachine.phases} */
  phases: string;
  /** None before the first were given. */
  limits?: ShardLimits;
  halted: boolean;
}

/** A shard's sites by their indexes, from 0, in the order they are started. */
export interface ShardInput {
  count: number;
  /** Indexes of sites on hold: nothing is changed there. */
  held: number[];
}

type Letter = (typeof PHASE_LETTERS)[SitePhase];

/**
 * Decides which sites of a shard are started and when. Pure: whoever holds it starts what {@link next} says, tells what
 * came of each by {@link settled}, and passes on what the stage says. Starts no site twice.
 */
export class ShardMachine {
  private readonly sites: Letter[];
  private readonly counts: Record<Letter, number> = { w: 0, i: 0, r: 0, f: 0, d: 0, s: 0, h: 0 };
  private limits: ShardLimits | undefined;
  private halted: boolean;

  constructor({ count, held }: ShardInput, state?: ShardState) {
    const onHold = new Set(held);
    this.sites = state
      ? ([...state.phases] as Letter[])
      : Array.from({ length: count }, (_, index) => (onHold.has(index) ? PHASE_LETTERS.held : PHASE_LETTERS.waiting));
    for (const letter of this.sites) this.counts[letter] += 1;
    this.limits = state?.limits && { ...state.limits };
    this.halted = state?.halted ?? false;
  }

  /**
   * Takes limits from the stage, in whatever order they arrive: slots are only ever added to a shard with sites
   * waiting, and failures left only ever become fewer, so the widest and the strictest seen are the newest.
   */
  setLimits({ slots, failuresLeft }: ShardLimits): void {
    const known = this.limits ?? { slots, failuresLeft };
    this.limits = {
      slots: Math.max(slots, known.slots),
      failuresLeft: Math.min(failuresLeft, known.failuresLeft),
    };
  }

  /** Nothing more is started, for good; what is in flight goes on. */
  halt(): void {
    this.halted = true;
  }

  /** True when nothing more is started, because it was told so or too many of its sites failed. */
  get stopped(): boolean {
    return this.halted || (this.limits !== undefined && this.counts.f > this.limits.failuresLeft);
  }

  /**
   * Indexes of the sites to start now; they are in flight from here on.
   *
   * @param atMost - for a caller that paces its starts
   */
  next(atMost = Number.MAX_SAFE_INTEGER): number[] {
    if (this.stopped || !this.limits) return [];
    const room = Math.min(this.limits.slots - this.counts.i, atMost);
    const started: number[] = [];
    for (let index = this.sites.indexOf(PHASE_LETTERS.waiting); index >= 0 && started.length < room; ) {
      this.move(index, PHASE_LETTERS.inFlight);
      started.push(index);
      index = this.sites.indexOf(PHASE_LETTERS.waiting, index + 1);
    }
    return started;
  }

  /** A site came to its end, in flight or before its turn (it left, or is known to be out of reach). Repeats say nothing. */
  settled(index: number, phase: SettledPhase): void {
    const now = this.sites[index];
    if (now === undefined) {
      throw new RangeError(`Site ${index} is not in this shard of ${this.sites.length}`);
    }
    if (now === PHASE_LETTERS.waiting || now === PHASE_LETTERS.inFlight) this.move(index, PHASE_LETTERS[phase]);
  }

  report(): ShardReport {
    const { w, i, r, f, d, s, h } = this.counts;
    return { waiting: w, inFlight: i, ready: r, failed: f, deferred: d, skipped: s, held: h };
  }

  /** Nothing is in flight, and nothing may still be started. */
  get done(): boolean {
    return this.counts.i === 0 && (this.counts.w === 0 || this.stopped);
  }

  /** Indexes of the sites in a phase; those in flight are what a continued run has to take up again. */
  in(phase: SitePhase): number[] {
    return [...this.sites.keys()].filter((index) => this.sites[index] === PHASE_LETTERS[phase]);
  }

  /** One letter a site, in the order of the sites: w, i, r, f, d, s or h, as in {@link PHASE_LETTERS}. */
  get phases(): string {
    return this.sites.join('');
  }

  get state(): ShardState {
    return { phases: this.phases, halted: this.halted, ...(this.limits && { limits: { ...this.limits } }) };
  }

  private move(index: number, to: Letter): void {
    this.counts[this.sites[index]!] -= 1;
    this.counts[to] += 1;
    this.sites[index] = to;
  }
}
