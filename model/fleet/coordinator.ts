import type { RampUp } from '../types.ts';
import type { ParentNews } from './branches.ts';
import type { Budget } from './budget.ts';
import { KnownShard, type KnownShardState, type ShardRef } from './known-shard.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { concurrencyOf } from './ramp.ts';
import { type ShardReport, sumOf } from './report.ts';
import type { ShardLimits, Shut } from './shard.ts';
import { isSameTerms, type ShardTerms } from './terms.ts';

/** How a stage goes through its sites: may be changed while it does ({@link Coordinator.adjust}). */
export interface StageLimits {
  budget: Budget;
  rampUp?: RampUp;
  /** Of each shard. Where they give a pace, one shard at a time starts any sites. */
  terms: ShardTerms;
  /** Waves after which the next waits until it is {@link Coordinator.passGate passed}. */
  gatedWaves?: readonly number[];
}

export interface CoordinatorInput extends StageLimits {
  /** In the order they are started within a wave: the same all through a stage, whatever run of the workflow is at it. */
  shards: ShardRef[];
}

/** What the stage tells a shard: begin with these limits, here are others, start nothing more. */
export type Command =
  | ({ kind: 'start'; id: string } & ShardLimits)
  | ({ kind: 'grant'; id: string } & ShardLimits)
  | { kind: 'halt'; id: string };

/** Plain JSON: it goes through continue-as-new. */
export interface CoordinatorState {
  shards: Record<string, KnownShardState>;
  /** Parents that were settled. */
  parents: string[];
  stopped?: boolean;
  held?: boolean;
  lastWave?: number;
  /** Waves that the next may follow. */
  passed?: number[];
}

/** What there is to give away while a stage decides. */
interface Room {
  /** Slots that no shard has; fewer than none, where the limit was lowered below what shards were told. */
  free: number;
  failed: number;
  /** In a paced stage, the shard whose turn it is to start sites. */
  starter: KnownShard | undefined;
}

/**
 * Schedules a stage over its shards: hands out slots, wave after wave, opens blocked sites as their parents become ready,
 * and stops all when too many sites failed. Pure: whoever holds it passes on what shards say and does what {@link decide}
 * returns, and may do so in any order.
 *
 * What shards really have in flight never exceeds the stage's limit, however late their reports are: a shard is charged
 * the most it can have in flight by anything it was told and may not have heard ({@link KnownShard.charge}). Sites that
 * were settled before the stage began count like those it settles itself, for the ramp too.
 */
export class Coordinator {
  private limits: StageLimits;
  private readonly shards: Map<string, KnownShard>;
  /** By the parent's name, the shards with sites that waited for it as the stage began. */
  private readonly children = new Map<string, KnownShard[]>();
  private readonly settled: Set<string>;
  private stopped: boolean;
  private held: boolean;
  private lastPlanned: number | undefined;
  private readonly passed: Set<number>;

  constructor({ shards, ...limits }: CoordinatorInput, state?: CoordinatorState) {
    const known = new Map(Object.entries(state?.shards ?? {}));
    this.limits = limits;
    this.shards = new Map(shards.map((ref) => [ref.id, new KnownShard(ref, known.get(ref.id))]));
    this.settled = new Set(state?.parents);
    this.stopped = state?.stopped ?? false;
    this.held = state?.held ?? false;
    this.lastPlanned = state?.lastWave;
    this.passed = new Set(state?.passed);
    for (const shard of this.shards.values()) {
      for (const parent of shard.parentNames) this.children.set(parent, [...(this.children.get(parent) ?? []), shard]);
    }
  }

  /**
   * Takes a shard's word. Older than what is known, or not of all its sites, or of no live shard, it says nothing.
   *
   * @param heard - {@link ShardMachine.heard} when it said that
   * @param shut - likewise
   */
  report(id: string, report: ShardReport, heard: number, shut?: Shut): void {
    this.shards.get(id)?.said(report, heard, shut);
  }

  /**
   * A shard has ended and will say nothing more.
   *
   * @param report - its last word. Left out, or not of all its sites, it was lost: what is not known to have come to an
   *   end has failed
   */
  ended(id: string, report?: ShardReport): void {
    this.shards.get(id)?.ended(report);
  }

  /** Sites of the layer above were settled. What was said of one first holds; of those that no site waits for, it says nothing. */
  parents({ ready, lost }: ParentNews): void {
    for (const parent of ready) this.settle(parent, 'opened');
    for (const parent of lost) this.settle(parent, 'lost');
  }

  /** Starts nothing further, for good: neither what is about to start nor what was told it may. What is in flight goes on. */
  stop(): void {
    this.stopped = true;
  }

  /** Starts nothing further until it is let go on. What is in flight goes on. */
  hold(isHeld: boolean): void {
    this.held = isHeld;
  }

  /** The next wave may follow this one, whatever is waited for after it. */
  passGate(wave: number): void {
    this.passed.add(wave);
  }

  /** The wave that is over, and after which the next waits to be let begin. One that has begun waits for nothing any more. */
  get awaited(): number | undefined {
    const { wave = 0, limits } = this;
    return limits.gatedWaves?.find(
      (gated) =>
        gated < wave && !this.passed.has(gated) && this.all().every((shard) => shard.wave <= gated || !shard.isStarted),
    );
  }

  /**
   * What is to come will be planned anew: the wave under way is the last of this plan. Where none comes after it, only what
   * is under way comes to its end: shards are told to start nothing further. Said again, it changes nothing.
   */
  replan(): void {
    if (this.lastPlanned !== undefined) return;
    const at = this.wave ?? 0;
    const hasLater = this.all().some(({ wave, isOver }) => wave > at && !isOver);
    this.lastPlanned = hasLater ? at : at - 1;
  }

  /** Takes sites out of the stage: they are passed over, and what is under way there is stopped. */
  skip(id: string, indexes: readonly number[]): void {
    this.shards.get(id)?.skip(indexes);
  }

  /** Other limits, from the next start on. */
  adjust(limits: StageLimits): void {
    this.limits = limits;
  }

  /** What to tell the shards now; takes it as told, so that asking again gives nothing until something was reported. */
  decide(): Command[] {
    if (this.isEnding) return this.haltAll();
    const { budget, rampUp } = this.limits;
    const { failed, ready } = this.totals;
    const running = this.running();
    const charged = running.reduce((sum, { charge }) => sum + charge, 0);
    const limit = this.held ? 0 : concurrencyOf(budget.maxConcurrency, rampUp, ready);
    const room: Room = {
      free: limit - charged,
      failed,
      starter: this.isPaced ? running.find(({ isStarting }) => isStarting) : undefined,
    };
    // Running shards go first, so that few run at once and each is worked through soon.
    return [
      ...this.halt(running.filter((shard) => this.isLeft(shard))),
      ...running.flatMap((shard) => (this.isLeft(shard) ? this.pass(shard, room) : this.grant(shard, room))),
      ...this.begin(room),
    ];
  }

  /** True once more sites failed than may: nothing more is started, ever. */
  get breached(): boolean {
    return this.totals.failed > this.limits.budget.maxFailures;
  }

  /** Nothing is going on and nothing will be started. */
  get finished(): boolean {
    const { isEnding } = this;
    if (this.lastPlanned !== undefined && !isEnding) return false;
    return this.all().every((shard) => shard.isDone || (isEnding && !shard.isStarted));
  }

  /** The last wave that is gone through by this plan; before the one under way, only what is under way is. Left out, all are. */
  get lastWave(): number | undefined {
    return this.lastPlanned;
  }

  /** Nothing is going on, nothing will be started by this plan, and the rest is to be planned anew. */
  get isSpent(): boolean {
    const { wave = Number.POSITIVE_INFINITY, lastWave } = this;
    return lastWave !== undefined && wave > lastWave && !this.isEnding && this.running().length === 0;
  }

  /**
   * The first wave that is not over; undefined when all are. A wave is over when nothing of it is blocked, waits or is in
   * flight, or its shards have ended. So blocked sites hold the next wave: a canary is there for safety, and has said
   * nothing before its parent is ready.
   */
  get wave(): number | undefined {
    const open = this.all().filter(({ isOver }) => !isOver);
    return open.length > 0 ? Math.min(...open.map(({ wave }) => wave)) : undefined;
  }

  get totals(): ShardReport {
    return sumOf(this.all().map(({ report }) => report));
  }

  get state(): CoordinatorState {
    return {
      shards: Object.fromEntries(this.all().map((shard) => [shard.id, shard.state])),
      parents: [...this.settled],
      ...(this.stopped && { stopped: true }),
      ...(this.held && { held: true }),
      ...(this.lastPlanned !== undefined && { lastWave: this.lastPlanned }),
      ...(this.passed.size > 0 && { passed: [...this.passed] }),
    };
  }

  /** Of a stage that has {@link finished}. */
  outcome(): Outcome {
    return outcomeOf(this.totals, this.limits.budget);
  }

  private get isPaced(): boolean {
    return this.limits.terms.paceMs !== undefined;
  }

  private get isEnding(): boolean {
    return this.stopped || this.breached;
  }

  private settle(parent: string, verdict: 'opened' | 'lost'): void {
    const children = this.children.get(parent);
    if (!children || this.settled.has(parent)) return;
    this.settled.add(parent);
    for (const shard of children) shard.settle(parent, verdict);
  }

  private haltAll(): Command[] {
    this.stopped = true; // shards that were told so start nothing any more, whatever may fail by another strategy
    return this.halt(this.running());
  }

  private halt(shards: KnownShard[]): Command[] {
    return shards
      .filter(({ isHalted }) => !isHalted)
      .map((shard) => {
        shard.halt();
        return { kind: 'halt', id: shard.id };
      });
  }

  /** What it has not started is planned anew. */
  private isLeft({ wave, isOver }: KnownShard): boolean {
    return this.lastPlanned !== undefined && wave > this.lastPlanned && !isOver;
  }

  /** Only the news that cannot wait. */
  private pass(shard: KnownShard, room: Room): Command[] {
    if (!shard.hasNews) return [];
    return [{ kind: 'grant', id: shard.id, ...this.tell(shard, { slots: shard.entitled, opens: false }, room) }];
  }

  /**
   * More slots for sites that can use them, or fewer where the limit was lowered or sites wait for their windows; parents that
   * were settled, and what may still fail. Asked again before anything was heard, each comes to the same.
   */
  private grant(shard: KnownShard, room: Room): Command[] {
    const isItsTurn = room.starter === undefined || room.starter === shard;
    const openable = isItsTurn ? shard.openable : 0;
    const most = Math.max(0, Math.min(shard.wanting + openable, shard.charge + room.free));
    // Others that may start sites were told so before starts were paced, or had their turn until all that is left waits for windows.
    const isOthers = !isItsTurn || (this.isPaced && !shard.isStarting && openable === 0);
    const slots = isOthers && shard.mayStart ? 0 : most;
    const opens = openable > 0 && slots > 0;
    const isNews =
      shard.hasNews || this.hasOtherTerms(shard) || this.isTightened(shard, room) || this.isLoosened(shard, room);
    const isMore = slots > shard.slots && shard.mayStart;
    if (!opens && !isNews && !isMore && slots >= shard.entitled) return [];
    return [{ kind: 'grant', id: shard.id, ...this.tell(shard, { slots, opens }, room) }];
  }

  /**
   * Failures elsewhere leave a shard fewer of its own. It is told each time what it knows has halved, which costs few
   * messages and leaves it wrong by little where little is left; a breach it is told in any case.
   */
  private isTightened(shard: KnownShard, room: Room): boolean {
    const left = this.failuresLeft(shard, room);
    return shard.mayStart && left < shard.failuresLeft && 2 * left <= shard.failuresLeft;
  }

  /** Another strategy lets more sites fail: a shard that had too many goes on. */
  private isLoosened(shard: KnownShard, room: Room): boolean {
    return shard.mayStart && this.failuresLeft(shard, room) > shard.failuresLeft;
  }

  /** It goes by terms that have changed, and has sites that may start by them yet, at once or when their parents are ready. */
  private hasOtherTerms(shard: KnownShard): boolean {
    return !shard.isOver && !isSameTerms(shard.terms, this.limits.terms);
  }

  /** Shards of the present wave with sites that may start; and those that have nothing to do but to write down that it is so. */
  private begin(room: Room): Command[] {
    const commands: Command[] = [];
    const { wave } = this;
    const isAwaiting = this.awaited !== undefined;
    for (const shard of this.all()) {
      if (shard.isStarted) continue;
      const { waiting } = shard.report;
      const mayBegin = !this.held && !isAwaiting && !this.isLeft(shard) && shard.wave === wave;
      const isItsTurn = mayBegin && waiting > 0 && room.free > 0 && room.starter === undefined;
      if (!isItsTurn && !(shard.isOver && shard.hasNews)) continue;
      const slots = Math.max(0, Math.min(waiting, room.free));
      commands.push({ kind: 'start', id: shard.id, ...this.tell(shard, { slots, opens: true }, room) });
    }
    return commands;
  }

  private tell(shard: KnownShard, { slots, opens }: { slots: number; opens: boolean }, room: Room): ShardLimits {
    const before = shard.charge;
    const { terms } = this.limits;
    const limits = shard.tell({ slots, failuresLeft: this.failuresLeft(shard, room), opens, terms });
    room.free -= shard.charge - before;
    if (this.isPaced && shard.isStarting) room.starter ??= shard;
    return limits;
  }

  /** What a shard may fail, all its failures so far included. */
  private failuresLeft({ report }: KnownShard, { failed }: Room): number {
    return this.limits.budget.maxFailures - (failed - report.failed);
  }

  private running(): KnownShard[] {
    return this.all().filter(({ isRunning }) => isRunning);
  }

  /** In the order of the plan: the same after continue-as-new. */
  private all(): KnownShard[] {
    return [...this.shards.values()];
  }
}
