import {
  isOpen,
  PHASE_LETTERS,
  phaseOf,
  reportOf,
  type SettledPhase,
  type ShardReport,
  type SitePhase,
} from './report.ts';
import { type SiteWindow, SiteWindows, type SiteWindowsState } from './site-windows.ts';
import type { ShardTerms } from './terms.ts';

/** What a stage tells one of its shards: what it may do from then on, and what became of parents its sites wait for. */
export interface ShardLimits {
  /** Its number among what the stage tells the shard: 1 for that it starts with, each after that one more. */
  seq: number;
  /** Most sites in flight at once; more that are so already go on. */
  slots: number;
  /** How many of the shard's own sites may fail; with one more it starts nothing further. */
  failuresLeft: number;
  /** What holds from the next start on; left out, what held before. */
  terms?: ShardTerms;
  /** Parents that became ready: the sites that wait for them may start. */
  opened?: string[];
  /** Parents that will not become ready: the sites that wait for them are deferred. */
  lost?: string[];
  /** Indexes of sites that a person, or their FogSite, takes out of the stage: they are passed over, and what is under way there is stopped. */
  skip?: number[];
}

/** What came of the sites that something a shard took was about. */
export interface Taken {
  /** Their parents are lost. */
  deferred: number[];
  /** They were taken out of the stage before their turn. */
  skipped: number[];
  /** They are taken out of the stage while they are in flight: to be stopped, and then told as settled. */
  stopped: number[];
  /**
   * Fewer sites may be in flight than could have come to be before: the stage counts on those until it is told that this
   * was heard.
   */
  isLowered: boolean;
}

/** Plain JSON, about a byte a site: it goes through continue-as-new. */
export interface ShardState {
  /** {@link ShardMachine.phases} */
  phases: string;
  /** What it was last told; none before the first. */
  limits?: ShardLimits;
  /** What came before its turn. */
  early?: ShardLimits[];
  halted: boolean;
  /** What is known of windows of its sites; left out, none has one. */
  windows?: SiteWindowsState;
  shut?: Shut;
}

/** How many sites wait, and are not to be begun as their windows are closed. */
export interface Shut {
  sites: number;
  /** Its number among all that the shard says of this: a higher one was said later. */
  seq: number;
}

/** A shard's sites by their indexes, from 0, in the order they are started. */
export interface ShardInput {
  /** Where each begins, by its letter in {@link PHASE_LETTERS}. One in flight waits: nobody knows what came of it. */
  phases: string;
  /** By its name, the indexes of the sites that wait for a parent while they are blocked. */
  parents?: Record<string, number[]>;
  /** Of those that have a window: they are begun only while that is known to be open. */
  windows?: number[];
}

type Letter = (typeof PHASE_LETTERS)[SitePhase];

/**
 * Decides which sites of a shard are started and when. Pure: whoever holds it starts what {@link next} says, tells what
 * came of each by {@link settled}, and passes on what the stage says. Starts no site twice.
 */
export class ShardMachine {
  private readonly sites: Letter[];
  private readonly counts: ShardReport;
  private readonly parents: Map<string, number[]>;
  private limits: ShardLimits | undefined;
  private early: ShardLimits[];
  private halted: boolean;
  private readonly windows: SiteWindows;
  private shutNow: Shut;
  /** What windows are held against, ms since the epoch. */
  private now = Number.NEGATIVE_INFINITY;

  constructor({ phases, parents = {}, windows = [] }: ShardInput, state?: ShardState) {
    const begun = state?.phases ?? phases.replaceAll(PHASE_LETTERS.inFlight, PHASE_LETTERS.waiting);
    this.sites = [...begun] as Letter[];
    this.counts = reportOf(begun);
    this.parents = new Map(Object.entries(parents));
    this.limits = state?.limits && { ...state.limits };
    this.early = [...(state?.early ?? [])];
    this.halted = state?.halted ?? false;
    const unseen = Object.fromEntries(windows.map((index) => [index, 'unseen' as const]));
    this.windows = new SiteWindows(state ? (state.windows ?? {}) : unseen);
    this.shutNow = state?.shut ?? { sites: 0, seq: 0 };
  }

  /** Time goes on, and windows with it. @param now - ms since the epoch */
  tick(now: number): void {
    this.now = now;
    const sites = this.shutSites.length;
    if (sites !== this.shutNow.sites) this.shutNow = { sites, seq: this.shutNow.seq + 1 };
  }

  /** What is known of a site's windows. @param window - left out, it has none */
  window(index: number, window: SiteWindow | undefined): void {
    this.windows.tell(index, window);
  }

  /** Windows that are open are to be looked at again before anything is begun by them. */
  doubtWindows(): void {
    this.windows.doubt();
  }

  /** Whether a site is known to have a window. */
  hasWindow(index: number): boolean {
    return this.windows.has(index);
  }

  /** The sites that wait, and have a window of which nobody knows how it is now. */
  get unseen(): number[] {
    if (this.windows.isEmpty || !this.hasRoom) return [];
    return this.windowed.filter((index) => this.windows.isUnseen(index, this.now)).sort((a, b) => a - b);
  }

  /** Why a site that waits is not begun now; undefined where it is not its window. */
  shutAt(index: number): SiteWindow | undefined {
    return this.sites[index] === PHASE_LETTERS.waiting ? this.windows.shutAt(index, this.now) : undefined;
  }

  /** Sites that wait for their windows. */
  get shutSites(): number[] {
    return this.windowed.filter((index) => this.windows.shutAt(index, this.now));
  }

  /** Sites that wait, and for no window. */
  get openSites(): number[] {
    return this.in('waiting').filter((index) => this.windows.isOpen(index, this.now));
  }

  /** As it was at the last {@link tick}. */
  get shut(): Shut {
    return this.shutNow;
  }

  /**
   * Takes what the stage says, in whatever order and however often it arrives: by its numbers, each once. What comes
   * before its turn is kept until then, so the stage knows from one number what the shard goes by.
   *
   * @returns the indexes of sites that it settles, and of those that are to be stopped
   */
  take(limits: ShardLimits): Taken {
    this.early.push(limits);
    const taken: Taken = { deferred: [], skipped: [], stopped: [], isLowered: false };
    for (let next = this.takeEarly(); next; next = this.takeEarly()) {
      const { opened = [], lost = [], skip = [], ...rest } = next;
      taken.isLowered ||= rest.slots < Math.min(this.limits?.slots ?? 0, this.counts.waiting + this.counts.inFlight);
      this.limits = { ...this.limits, ...rest };
      for (const index of this.blockedBy(opened)) this.move(index, 'waiting');
      for (const index of this.blockedBy(lost)) {
        this.move(index, 'deferred');
        taken.deferred.push(index);
      }
      for (const index of skip) this.skip(index, taken);
    }
    return taken;
  }

  /** The number of what it goes by; 0 before it was told anything. The stage is told it with each report. */
  get heard(): number {
    return this.limits?.seq ?? 0;
  }

  /** Nothing more is started, for good; what is in flight goes on. */
  halt(): void {
    this.halted = true;
  }

  /** True when nothing more is started, because it was told so or too many of its sites failed. */
  get stopped(): boolean {
    return this.halted || (this.limits !== undefined && this.counts.failed > this.limits.failuresLeft);
  }

  /** Most sites in flight at once, as it was last told. */
  get slots(): number {
    return this.limits?.slots ?? 0;
  }

  /** What the next start goes by. */
  get terms(): ShardTerms {
    return this.limits?.terms ?? {};
  }

  /** Whether {@link next} gives any. */
  get mayStart(): boolean {
    if (!this.hasRoom) return false;
    return this.counts.waiting > this.windowed.filter((index) => !this.windows.isOpen(index, this.now)).length;
  }

  /**
   * Indexes of the sites to start now; they are in flight from here on.
   *
   * @param atMost - for a caller that paces its starts
   */
  next(atMost = Number.MAX_SAFE_INTEGER): number[] {
    if (this.stopped || !this.limits) return [];
    const room = Math.min(this.limits.slots - this.counts.inFlight, atMost);
    const started: number[] = [];
    for (let index = this.sites.indexOf(PHASE_LETTERS.waiting); index >= 0 && started.length < room; ) {
      if (this.windows.isOpen(index, this.now)) {
        this.move(index, 'inFlight');
        started.push(index);
      }
      index = this.sites.indexOf(PHASE_LETTERS.waiting, index + 1);
    }
    return started;
  }

  /** A site came to its end, in flight or before its turn (it left, is held, or is known to be out of reach). Repeats say nothing. */
  settled(index: number, phase: SettledPhase): void {
    if (this.sites[index] === undefined) {
      throw new RangeError(`Site ${index} is not in this shard of ${this.sites.length}`);
    }
    if (isOpen(this.sites[index])) this.move(index, phase);
  }

  /** It has come to its end here. */
  isSettled(index: number): boolean {
    return !isOpen(this.sites[index]!);
  }

  report(): ShardReport {
    return { ...this.counts };
  }

  /**
   * Nothing is in flight, and nothing may still be started. One with too many failures of its own waits for the stage's
   * word: that may have more room for them by now.
   */
  get done(): boolean {
    const { blocked, waiting, inFlight } = this.counts;
    return inFlight === 0 && (blocked + waiting === 0 || this.halted);
  }

  /** Indexes of the sites in a phase; those in flight are what a continued run has to take up again. */
  in(phase: SitePhase): number[] {
    return [...this.sites.keys()].filter((index) => this.sites[index] === PHASE_LETTERS[phase]);
  }

  /** One letter a site, in the order of the sites, as in {@link PHASE_LETTERS}. */
  get phases(): string {
    return this.sites.join('');
  }

  get state(): ShardState {
    return {
      phases: this.phases,
      halted: this.halted,
      ...(this.limits && { limits: { ...this.limits } }),
      ...(this.early.length > 0 && { early: [...this.early] }),
      ...(!this.windows.isEmpty && { windows: this.windows.state }),
      ...(this.shutNow.seq > 0 && { shut: this.shutNow }),
    };
  }

  /** Where it goes on elsewhere: what was under way is begun again there, whatever becomes of its window. */
  get stateAtRest(): ShardState {
    for (const index of this.in('inFlight')) this.windows.begun(index);
    const { state } = this;
    return { ...state, phases: state.phases.replaceAll(PHASE_LETTERS.inFlight, PHASE_LETTERS.waiting) };
  }

  /** Something waits, and a slot is free. */
  private get hasRoom(): boolean {
    if (this.stopped || !this.limits) return false;
    return this.counts.waiting > 0 && this.counts.inFlight < this.limits.slots;
  }

  /** Sites that wait and have a window. */
  private get windowed(): number[] {
    if (this.windows.isEmpty) return [];
    return [...this.windows.indexes].filter((index) => this.sites[index] === PHASE_LETTERS.waiting);
  }

  /** What comes next by its number, if it is there; repeats are dropped. */
  private takeEarly(): ShardLimits | undefined {
    this.early = this.early.filter(({ seq }) => seq > this.heard);
    return this.early.find(({ seq }) => seq === this.heard + 1);
  }

  private skip(index: number, { skipped, stopped }: Taken): void {
    if (this.sites[index] === PHASE_LETTERS.inFlight) stopped.push(index);
    if (this.sites[index] !== PHASE_LETTERS.blocked && this.sites[index] !== PHASE_LETTERS.waiting) return;
    this.move(index, 'skipped');
    skipped.push(index);
  }

  private blockedBy(parents: string[]): number[] {
    const waiting = parents.flatMap((parent) => this.parents.get(parent) ?? []);
    return waiting.filter((index) => this.sites[index] === PHASE_LETTERS.blocked);
  }

  private move(index: number, to: SitePhase): void {
    this.counts[phaseOf(this.sites[index])] -= 1;
    this.counts[to] += 1;
    this.sites[index] = PHASE_LETTERS[to];
  }
}
