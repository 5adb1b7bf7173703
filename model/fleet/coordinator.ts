import type { RampUp } from '../types.ts';
import type { Budget } from './budget.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { concurrencyOf } from './ramp.ts';
import { countOf, isLater, type ShardReport, sumOf, untouched } from './report.ts';
import type { ShardLimits } from './shard.ts';

/** A slice of one wave, worked through by a child workflow. */
export interface ShardRef {
  id: string;
  /** Waves go one after the other, lower numbers first. */
  wave: number;
  /** How many sites it has. */
  count: number;
}

/** The same all through a stage, whatever run of the workflow is at it. */
export interface CoordinatorInput {
  /** In the order they are started within a wave. */
  shards: ShardRef[];
  budget: Budget;
  rampUp?: RampUp;
  /** Sites are started at a given pace: one shard at a time starts any. */
  paced: boolean;
}

/** What the stage tells a shard: begin with these limits, here are wider or stricter ones, start nothing more. */
export type Command =
  | ({ kind: 'start'; id: string } & ShardLimits)
  | ({ kind: 'grant'; id: string } & ShardLimits)
  | { kind: 'halt'; id: string };

/** What is known of a shard that was started. */
interface Started extends ShardLimits {
  report: ShardReport;
  halted: boolean;
  ended: boolean;
}

/** Plain JSON: it goes through continue-as-new. */
export interface CoordinatorState {
  started: Record<string, Started>;
}

/**
 * Schedules a stage over its shards: hands out slots, wave after wave, and stops all when too many sites failed. Pure:
 * whoever holds it passes on what shards say and does what {@link decide} returns, and may do so in any order.
 *
 * What shards really have in flight never exceeds the stage's limit, however late their reports are: a shard is charged
 * all its slots as long as sites of it wait, and after that it can only have fewer in flight than it said last.
 */
export class Coordinator {
  private readonly input: CoordinatorInput;
  private readonly started: Map<string, Started>;

  constructor(input: CoordinatorInput, state?: CoordinatorState) {
    this.input = input;
    this.started = new Map(Object.entries(copyOf(state?.started ?? {})));
  }

  /** Takes a shard's word. Older than what is known, or not of all its sites, or of no live shard, it says nothing. */
  report(id: string, report: ShardReport): void {
    const shard = this.started.get(id);
    if (!shard || shard.ended || countOf(report) !== countOf(shard.report)) return;
    if (isLater(report, shard.report)) shard.report = { ...report };
  }

  /**
   * A shard has ended and will say nothing more.
   *
   * @param report - its last word. Left out, or not of all its sites, it was lost: what is not known to have come to an
   *   end has failed
   */
  ended(id: string, report?: ShardReport): void {
    const shard = this.started.get(id);
    if (!shard || shard.ended) return;
    if (report && countOf(report) === countOf(shard.report)) this.report(id, report);
    else shard.report = lost(shard.report);
    shard.ended = true;
  }

  /** What to tell the shards now; takes it as told, so that asking again gives nothing until something was reported. */
  decide(): Command[] {
    return this.breached ? this.haltAll() : [...this.widen(), ...this.begin(), ...this.tighten()];
  }

  /** True once more sites failed than may: nothing more is started, ever. */
  get breached(): boolean {
    return this.totals.failed > this.input.budget.maxFailures;
  }

  /** Nothing is going on and nothing will be started. */
  get finished(): boolean {
    return this.input.shards.every(({ id }) => this.started.get(id)?.ended ?? this.breached);
  }

  /** The first wave that is not over; undefined when all are. */
  get wave(): number | undefined {
    return this.presentWave();
  }

  get totals(): ShardReport {
    return sumOf(this.input.shards.map(({ id, count }) => this.started.get(id)?.report ?? untouched(count)));
  }

  get state(): CoordinatorState {
    return { started: copyOf(Object.fromEntries(this.started)) };
  }

  /** Of a stage that has {@link finished}. */
  outcome(): Outcome {
    return outcomeOf(this.totals, this.input.budget);
  }

  private haltAll(): Command[] {
    const running = this.live().filter(([, { halted }]) => !halted);
    return running.map(([id, shard]) => {
      shard.halted = true;
      return { kind: 'halt', id };
    });
  }

  /** Free slots go to running shards first, so that few run at once and each is worked through soon. */
  private widen(): Command[] {
    const commands: Command[] = [];
    for (const [id, shard] of this.waiting()) {
      const { waiting, inFlight } = shard.report;
      const more = Math.min(this.free(), waiting + inFlight - shard.slots);
      if (more > 0) commands.push(this.grant(id, shard, shard.slots + more));
    }
    return commands;
  }

  private begin(): Command[] {
    const commands: Command[] = [];
    const wave = this.presentWave();
    for (const { id, wave: its, count } of this.input.shards) {
      if (its !== wave || this.started.has(id)) continue;
      const free = this.free();
      if (free <= 0 || (this.input.paced && this.waiting().length > 0)) break;
      const limits = { slots: Math.min(free, count), failuresLeft: this.failuresLeft(untouched(count)) };
      this.started.set(id, { ...limits, report: untouched(count), halted: false, ended: false });
      commands.push({ kind: 'start', id, ...limits });
    }
    return commands;
  }

  /**
   * Failures elsewhere leave a shard fewer of its own. It is told each time what it knows has halved, which costs few
   * messages and leaves it wrong by little where little is left; a breach it is told in any case.
   */
  private tighten(): Command[] {
    return this.waiting()
      .map(([id, shard]) => ({ id, shard, left: this.failuresLeft(shard.report) }))
      .filter(({ shard, left }) => left < shard.failuresLeft && 2 * left <= shard.failuresLeft)
      .map(({ id, shard }) => this.grant(id, shard, shard.slots));
  }

  private grant(id: string, shard: Started, slots: number): Command {
    shard.slots = slots;
    shard.failuresLeft = this.failuresLeft(shard.report);
    return { kind: 'grant', id, slots, failuresLeft: shard.failuresLeft };
  }

  /** What a shard may fail, all its failures so far included. */
  private failuresLeft({ failed }: ShardReport): number {
    return this.input.budget.maxFailures - (this.totals.failed - failed);
  }

  /** Slots that no shard has. */
  private free(): number {
    const { budget, rampUp } = this.input;
    let free = concurrencyOf(budget.maxConcurrency, rampUp, this.totals.ready);
    for (const [, { slots, report }] of this.live()) free -= report.waiting > 0 ? slots : report.inFlight;
    return free;
  }

  /** Live shards with sites to start; all of them are of the present wave. */
  private waiting(): [string, Started][] {
    return this.live().filter(([, { report }]) => report.waiting > 0);
  }

  /** Started and not ended, in the order of the plan: the same after continue-as-new. */
  private live(): [string, Started][] {
    return this.input.shards.flatMap(({ id }) => {
      const shard = this.started.get(id);
      return shard && !shard.ended ? [[id, shard] as [string, Started]] : [];
    });
  }

  /** The first wave that is not over. A wave is over when nothing of it waits or is in flight, or its shards have ended. */
  private presentWave(): number | undefined {
    const open = this.input.shards.filter(({ id }) => {
      const shard = this.started.get(id);
      return !shard || (!shard.ended && shard.report.waiting + shard.report.inFlight > 0);
    });
    return open.length > 0 ? Math.min(...open.map(({ wave }) => wave)) : undefined;
  }
}

/** The last word a shard would have said, had it known what became of it. */
function lost(report: ShardReport): ShardReport {
  const { waiting, inFlight, failed } = report;
  return { ...report, waiting: 0, inFlight: 0, failed: failed + waiting + inFlight };
}

function copyOf(started: Record<string, Started>): Record<string, Started> {
  return Object.fromEntries(
    Object.entries(started).map(([id, shard]) => [id, { ...shard, report: { ...shard.report } }]),
  );
}
