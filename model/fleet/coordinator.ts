import type { RampUp } from '../types.ts';
import type { ParentNews } from './branches.ts';
import type { Budget } from './budget.ts';
import { KnownShard, type KnownShardState, type ShardRef } from './known-shard.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { concurrencyOf } from './ramp.ts';
import { type ShardReport, sumOf } from './report.ts';
import type { ShardLimits } from './shard.ts';

/** The same all through a stage, whatever run of the workflow is at it. */
export interface CoordinatorInput {
  /** In the order they are started within a wave. */
  shards: ShardRef[];
  budget: Budget;
  rampUp?: RampUp;
  /** Sites are started at a given pace: one shard at a time starts any. */
  paced: boolean;
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
}

/** What there is to give away while a stage decides. */
interface Room {
  /** Slots that no shard has. */
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
  private readonly input: CoordinatorInput;
  private readonly shards: Map<string, KnownShard>;
  /** By the parent's name, the shards with sites that waited for it as the stage began. */
  private readonly children = new Map<string, KnownShard[]>();
  private readonly settled: Set<string>;

  constructor(input: CoordinatorInput, state?: CoordinatorState) {
    const known = new Map(Object.entries(state?.shards ?? {}));
    this.input = input;
    this.shards = new Map(input.shards.map((ref) => [ref.id, new KnownShard(ref, known.get(ref.id))]));
    this.settled = new Set(state?.parents);
    for (const shard of this.shards.values()) {
      for (const parent of shard.parentNames) this.children.set(parent, [...(this.children.get(parent) ?? []), shard]);
    }
  }

  /**
   * Takes a shard's word. Older than what is known, or not of all its sites, or of no live shard, it says nothing.
   *
   * @param heard - {@link ShardMachine.heard} when it said that
   */
  report(id: string, report: ShardReport, heard: number): void {
    this.shards.get(id)?.said(report, heard);
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

  /** What to tell the shards now; takes it as told, so that asking again gives nothing until something was reported. */
  decide(): Command[] {
    const { failed, ready } = this.totals;
    if (failed > this.input.budget.maxFailures) return this.haltAll();
    const { budget, rampUp } = this.input;
    const running = this.running();
    const charged = running.reduce((sum, { charge }) => sum + charge, 0);
    const room: Room = {
      free: concurrencyOf(budget.maxConcurrency, rampUp, ready) - charged,
      failed,
      starter: this.input.paced ? running.find(({ mayStart }) => mayStart) : undefined,
    };
    // Running shards go first, so that few run at once and each is worked through soon.
    return [...running.flatMap((shard) => this.grant(shard, room)), ...this.begin(room)];
  }

  /** True once more sites failed than may: nothing more is started, ever. */
  get breached(): boolean {
    return this.totals.failed > this.input.budget.maxFailures;
  }

  /** Nothing is going on and nothing will be started. */
  get finished(): boolean {
    const { breached } = this;
    return this.all().every((shard) => shard.isDone || (breached && !shard.isStarted));
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
    };
  }

  /** Of a stage that has {@link finished}. */
  outcome(): Outcome {
    return outcomeOf(this.totals, this.input.budget);
  }

  private settle(parent: string, verdict: 'opened' | 'lost'): void {
    const children = this.children.get(parent);
    if (!children || this.settled.has(parent)) return;
    this.settled.add(parent);
    for (const shard of children) shard.settle(parent, verdict);
  }

  private haltAll(): Command[] {
    const halted = this.running().filter(({ isHalted }) => !isHalted);
    return halted.map((shard) => {
      shard.halt();
      return { kind: 'halt', id: shard.id };
    });
  }

  /** More slots for sites that can use them, parents that were settled, and what may still fail. */
  private grant(shard: KnownShard, room: Room): Command[] {
    const isItsTurn = room.starter === undefined || room.starter === shard;
    const openable = isItsTurn ? shard.openable : 0;
    const slots = Math.min(shard.startable + openable, shard.charge + room.free);
    const opens = openable > 0 && slots > 0;
    if (!opens && !shard.hasLost && slots <= shard.slots && !this.isTightened(shard, room)) return [];
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

  /** Shards of the present wave with sites that may start; and those that have nothing to do but to write down that it is so. */
  private begin(room: Room): Command[] {
    const commands: Command[] = [];
    const { wave } = this;
    for (const shard of this.all()) {
      if (shard.isStarted) continue;
      const { waiting } = shard.report;
      const isItsTurn = shard.wave === wave && waiting > 0 && room.free > 0 && room.starter === undefined;
      if (!isItsTurn && !(shard.isOver && shard.hasLost)) continue;
      const slots = Math.min(waiting, room.free);
      commands.push({ kind: 'start', id: shard.id, ...this.tell(shard, { slots, opens: true }, room) });
    }
    return commands;
  }

  private tell(shard: KnownShard, { slots, opens }: { slots: number; opens: boolean }, room: Room): ShardLimits {
    const before = shard.charge;
    const limits = shard.tell({ slots, failuresLeft: this.failuresLeft(shard, room), opens });
    room.free -= shard.charge - before;
    if (this.input.paced && shard.mayStart) room.starter ??= shard;
    return limits;
  }

  /** What a shard may fail, all its failures so far included. */
  private failuresLeft({ report }: KnownShard, { failed }: Room): number {
    return this.input.budget.maxFailures - (failed - report.failed);
  }

  private running(): KnownShard[] {
    return this.all().filter(({ isRunning }) => isRunning);
  }

  /** In the order of the plan: the same after continue-as-new. */
  private all(): KnownShard[] {
    return [...this.shards.values()];
  }
}
