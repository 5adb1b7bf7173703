import { countOf, isLater, openIn, type ShardReport } from './report.ts';
import type { ShardLimits, Shut } from './shard.ts';
import { isSameTerms, type ShardTerms } from './terms.ts';

/** A slice of one wave, worked through by a child workflow. */
export interface ShardRef {
  id: string;
  /** Waves go one after the other, lower numbers first. */
  wave: number;
  /** How its sites stand as the stage begins. Those in flight wait: nobody knows what came of them. */
  report: ShardReport;
  /** By its name, how many of the blocked sites wait for a parent; together they are all of those. */
  parents?: Record<string, number>;
}

/** Something a shard was told. */
interface Told {
  seq: number;
  slots: number;
  /** How many sites may start by it that could not before. */
  opened: number;
}

/** Plain JSON: it goes through continue-as-new. */
export interface KnownShardState {
  report: ShardReport;
  /** What it goes by as far as known, and all it was told after that; empty before it was started. */
  told: Told[];
  failuresLeft: number;
  /** What it was last told; left out, none. */
  terms?: ShardTerms;
  /** Parents of its sites that it was not told of yet. */
  opened: string[];
  lost: string[];
  /** Indexes of its sites that are taken out of the stage, which it was not told yet. */
  skip: number[];
  halted: boolean;
  ended: boolean;
  /** How many of those that wait are not to be begun, as it last said; left out, none. */
  shut?: Shut;
}

type Telling = Pick<ShardLimits, 'slots' | 'failuresLeft'> & { opens: boolean; terms: ShardTerms };

/** What a stage knows of one of its shards: what that said, and what it was told. */
export class KnownShard {
  readonly id: string;
  readonly wave: number;
  private readonly parents: Map<string, number>;
  private readonly known: KnownShardState;

  constructor({ id, wave, report, parents = {} }: ShardRef, state?: KnownShardState) {
    this.id = id;
    this.wave = wave;
    this.parents = new Map(Object.entries(parents));
    this.known = state ? copyOf(state) : begun(report);
  }

  get report(): Readonly<ShardReport> {
    return this.known.report;
  }

  get state(): KnownShardState {
    return copyOf(this.known);
  }

  /** The parents that its blocked sites wait for as the stage begins. */
  get parentNames(): Iterable<string> {
    return this.parents.keys();
  }

  get isStarted(): boolean {
    return this.known.told.length > 0;
  }

  /** Started, and not known to have ended. */
  get isRunning(): boolean {
    return this.isStarted && !this.known.ended;
  }

  get isHalted(): boolean {
    return this.known.halted;
  }

  /** No site of it can come to another phase any more. */
  get isOver(): boolean {
    return this.known.ended || openIn(this.known.report) === 0;
  }

  /** It has ended, or has nothing to do and nothing to write down. */
  get isDone(): boolean {
    return this.known.ended || (!this.isStarted && this.isOver && !this.hasNews);
  }

  /** It was not told yet of parents that are lost, or of sites that are taken out of the stage: that cannot wait for a slot. */
  get hasNews(): boolean {
    return this.known.lost.length > 0 || this.known.skip.length > 0;
  }

  /** How many sites wait for parents that are ready, which it was not told yet. */
  get openable(): number {
    return this.isStarted ? this.sitesOf(this.known.opened) : 0;
  }

  /** Most slots it was last told; 0 before it was started. */
  get slots(): number {
    return this.known.told.at(-1)?.slots ?? 0;
  }

  /** How many of its sites may fail, as it was last told. */
  get failuresLeft(): number {
    return this.known.failuresLeft;
  }

  get terms(): ShardTerms {
    return this.known.terms ?? {};
  }

  /** How many of its sites are in flight or can come to be by what it was told. */
  get startable(): number {
    const { report, told } = this.known;
    return told.slice(1).reduce((sum, { opened }) => sum + opened, report.waiting + report.inFlight);
  }

  /** How many of its sites are in flight or would be begun by what it was told: not those that wait for their windows. */
  get wanting(): number {
    const { report, shut } = this.known;
    return Math.max(report.inFlight, this.startable - (shut?.sites ?? 0));
  }

  /** Most sites it may come to have in flight once it has heard all it was told. */
  get entitled(): number {
    return this.isRunning ? Math.min(this.slots, this.startable) : 0;
  }

  /** Whether it may start sites by what it was told. */
  get mayStart(): boolean {
    return this.isRunning && this.startable > this.known.report.inFlight;
  }

  /** Whether it would, too: something of it waits for no window. */
  get isStarting(): boolean {
    return this.mayStart && this.wanting > this.known.report.inFlight;
  }

  /**
   * Most sites it can have in flight until it is told something else, whatever of what it was told has reached it. It
   * takes that in order, and starts a site only while fewer are in flight than it has slots by what it took last.
   */
  get charge(): number {
    if (!this.isRunning) return 0;
    const { report, told } = this.known;
    let startable = report.waiting + report.inFlight;
    let most = report.inFlight;
    told.forEach(({ slots, opened }, at) => {
      if (at > 0) startable += opened; // what it goes by shows in its report
      most = Math.max(most, Math.min(slots, startable));
    });
    return most;
  }

  /**
   * Takes its word. Older than what is known, or not of all its sites, or of no live shard, it says nothing.
   *
   * @param heard - the number of what it went by
   * @param shut - left out, no site of it has ever waited for its window
   */
  said(report: ShardReport, heard: number, shut?: Shut): void {
    const { known } = this;
    if (!this.isRunning || countOf(report) !== countOf(known.report)) return;
    if (shut && shut.seq > (known.shut?.seq ?? 0)) known.shut = { ...shut };
    if (isLater(report, known.report)) known.report = { ...report };
    if (known.told.some(({ seq }) => seq === heard)) known.told = known.told.filter(({ seq }) => seq >= heard);
  }

  /** @see Coordinator.ended */
  ended(report?: ShardReport): void {
    const { known } = this;
    if (!this.isRunning) return;
    if (!report || countOf(report) !== countOf(known.report)) known.report = lost(known.report);
    else known.report = { ...report };
    known.ended = true;
  }

  /** One of its parents was settled; told once. A shard that was not started begins with the sites as they are by that. */
  settle(parent: string, verdict: 'opened' | 'lost'): void {
    const { known } = this;
    if (known.ended) return;
    known[verdict].push(parent);
    if (this.isStarted) return;
    const sites = this.sitesOf([parent]);
    known.report.blocked -= sites;
    known.report[verdict === 'opened' ? 'waiting' : 'deferred'] += sites;
  }

  /** Sites of it are taken out of the stage. */
  skip(indexes: readonly number[]): void {
    const { known } = this;
    if (!known.ended) known.skip.push(...indexes.filter((index) => !known.skip.includes(index)));
  }

  /**
   * What to tell it next, the parents that were lost and the sites that are taken out in any case; of the terms, when they
   * are other ones.
   *
   * @param opens - tells of the parents that are ready, too
   */
  tell({ slots, failuresLeft, opens, terms }: Telling): ShardLimits {
    const { known } = this;
    const { lost, skip } = known;
    const opened = opens ? known.opened : [];
    const seq = (known.told.at(-1)?.seq ?? 0) + 1;
    known.told.push({ seq, slots, opened: opens ? this.openable : 0 });
    const isOther = !isSameTerms(terms, this.terms);
    known.failuresLeft = failuresLeft;
    known.terms = terms;
    known.lost = [];
    known.skip = [];
    if (opens) known.opened = [];
    return {
      seq,
      slots,
      failuresLeft,
      ...(isOther && { terms }),
      ...(opened.length > 0 && { opened }),
      ...(lost.length > 0 && { lost }),
      ...(skip.length > 0 && { skip }),
    };
  }

  halt(): void {
    this.known.halted = true;
  }

  private sitesOf(parents: string[]): number {
    return parents.reduce((sum, parent) => sum + (this.parents.get(parent) ?? 0), 0);
  }
}

function begun(report: ShardReport): KnownShardState {
  const { waiting, inFlight } = report;
  return {
    report: { ...report, waiting: waiting + inFlight, inFlight: 0 },
    told: [],
    failuresLeft: 0,
    opened: [],
    lost: [],
    skip: [],
    halted: false,
    ended: false,
  };
}

/** The last word a shard would have said, had it known what became of it. */
function lost(report: ShardReport): ShardReport {
  return { ...report, blocked: 0, waiting: 0, inFlight: 0, failed: report.failed + openIn(report) };
}

function copyOf(state: KnownShardState): KnownShardState {
  const { report, told, opened, lost, skip } = state;
  return {
    ...state,
    report: { ...report },
    told: told.map((one) => ({ ...one })),
    opened: [...opened],
    lost: [...lost],
    skip: [...skip],
  };
}
