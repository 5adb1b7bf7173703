import {
  type Command,
  Coordinator,
  type CoordinatorInput,
  type ShardRef,
} from '../../../../model/fleet/coordinator.ts';
import { concurrencyOf } from '../../../../model/fleet/ramp.ts';
import { type SettledPhase, type ShardReport, sumOf, untouched } from '../../../../model/fleet/report.ts';
import { ShardMachine } from '../../../../model/fleet/shard.ts';

export interface Scenario {
  input: CoordinatorInput;
  /** What becomes of each site, by shard; held ones are so from the start. */
  fates: SettledPhase[][];
  /** Decides the order of all events. */
  seed: number;
  /** How much rather sites settle than messages arrive, from 1 on. */
  delay: number;
}

/** A shard's workflow: starts sites by its machine, and sends what it says whenever the network lets it. */
interface Child {
  ref: ShardRef;
  fates: SettledPhase[];
  machine: ShardMachine;
  live: boolean;
  wasStarted: boolean;
  knowsOfBreach: boolean;
  unsaid: boolean;
}

interface Word {
  id: string;
  report: ShardReport;
  isLast: boolean;
}

/**
 * Plays a stage against its shards: commands and reports arrive late, in any order and again; sites settle in any
 * order, some before their turn. What must always hold is checked at each step.
 */
export class Simulation {
  /** All that happened, in order. */
  readonly trace: string[] = [];
  readonly children: Child[];
  stage: Coordinator;
  failuresAtLastStart = 0;
  private readonly scenario: Scenario;
  private readonly isRenewed: boolean;
  private readonly random: () => number;
  private readonly commands: Command[] = [];
  private readonly words: Word[] = [];

  /** @param isRenewed - stage and shards are made anew from their state as JSON before everything they do */
  constructor(scenario: Scenario, isRenewed = false) {
    this.scenario = scenario;
    this.isRenewed = isRenewed;
    this.random = randomOf(scenario.seed);
    this.stage = new Coordinator(scenario.input);
    this.children = scenario.input.shards.map((ref, index) => {
      const fates = scenario.fates[index]!;
      const machine = new ShardMachine(inputOf(fates));
      return { ref, fates, machine, live: false, wasStarted: false, knowsOfBreach: false, unsaid: false };
    });
  }

  /** Plays on until the stage has finished, and then lets everything arrive that is still on its way. */
  run(): this {
    this.decide();
    while (!this.stage.finished) this.step();
    const { state } = this.stage;
    for (const word of this.words) this.hear(word);
    must(this.stage.decide().length === 0, 'A finished stage says nothing');
    must(isSame(this.stage.state, state), 'A finished stage learns nothing');
    return this;
  }

  /** What is so, whatever the stage knows of it; a shard that was never started has touched nothing. */
  get truth(): ShardReport {
    return sumOf(
      this.children.map(({ ref, machine, wasStarted }) => (wasStarted ? machine.report() : untouched(ref.count))),
    );
  }

  private step(): void {
    const events = [
      ...this.commands.map((_, at) => () => this.deliver(at)),
      ...this.words.map((_, at) => () => this.arrive(at)),
      ...this.children.flatMap((child) => this.eventsOf(child)),
    ];
    if (events.length === 0) throw new Error(`Nothing can happen any more after:\n${this.trace.join('\n')}`);
    if (this.trace.length > 20_000) throw new Error('It goes on for ever');
    this.pick(events)();
    this.check();
  }

  private eventsOf(child: Child): (() => void)[] {
    if (!child.live) return [];
    const { machine, fates } = child;
    const settle = machine.in('inFlight').map((index) => () => this.settle(child, index, fates[index]!));
    const leave = machine
      .in('waiting')
      .slice(-1)
      .map((index) => () => this.leave(child, index));
    const events = [...Array.from({ length: this.scenario.delay }, () => settle).flat(), ...leave];
    if (machine.done) return [() => this.end(child)];
    return child.unsaid ? [...events, () => this.say(child)] : events;
  }

  private decide(): void {
    if (this.isRenewed) this.stage = new Coordinator(this.scenario.input, copied(this.stage.state));
    const before = this.stage.state.started;
    const commands = this.stage.decide();
    must(this.stage.decide().length === 0, 'Asked again, a stage says nothing');
    for (const command of commands) {
      const known = before[command.id];
      const isRunning = known !== undefined && !known.ended;
      must(isRunning === (command.kind !== 'start'), 'Shards are started once, and told only while they run');
      must(this.stage.breached === (command.kind === 'halt'), 'A breach halts, and nothing else does');
      if (command.kind === 'halt') continue;
      const { waiting, inFlight } = this.stage.state.started[command.id]!.report;
      must(command.slots >= Math.max(1, known?.slots ?? 0), 'No shard loses slots');
      must(
        command.slots === known?.slots || command.slots <= waiting + inFlight,
        'No shard gets slots it has no use for',
      );
      must(command.failuresLeft >= 0, 'Before a breach no shard has failed too often');
    }
    for (const command of commands) this.note('command', command);
    this.commands.push(...commands);
  }

  private deliver(at: number): void {
    const command = this.commands[at]!;
    const child = this.children.find(({ ref }) => ref.id === command.id)!;
    // A child gets no signal before it exists, nor after its end.
    if (command.kind !== 'start' && this.commands.some(({ id, kind }) => id === command.id && kind === 'start')) return;
    this.commands.splice(at, 1);
    if (command.kind === 'start') child.live = child.wasStarted = true;
    if (!child.live) return;
    if (command.kind === 'halt') {
      child.machine.halt();
      child.knowsOfBreach = true;
    } else {
      child.machine.setLimits(command);
    }
    this.begin(child);
  }

  private settle(child: Child, index: number, fate: SettledPhase): void {
    child.machine.settled(index, fate);
    this.note('settled', child.ref.id, index, fate);
    this.begin(child);
  }

  /** Now and then a site leaves before its turn. */
  private leave(child: Child, index: number): void {
    if (this.random() < 0.2) this.settle(child, index, 'skipped');
  }

  private begin(child: Child): void {
    if (this.isRenewed) child.machine = new ShardMachine(inputOf(child.fates), copied(child.machine.state));
    const { failed } = this.truth;
    const started = child.machine.next();
    child.unsaid = true;
    if (started.length === 0) return;
    this.note('started', child.ref.id, started);
    must(!child.knowsOfBreach, 'A shard that knows of the breach starts nothing');
    this.failuresAtLastStart = failed;
    for (const other of this.children) {
      const { waiting, inFlight } = other.machine.report();
      if (other.ref.wave < child.ref.wave) must(waiting + inFlight === 0, 'A wave waits for those before');
      if (this.scenario.input.paced && other.live && other !== child)
        must(waiting === 0, 'A paced stage starts from one shard');
    }
  }

  private say(child: Child): void {
    child.unsaid = false;
    this.words.push({ id: child.ref.id, report: child.machine.report(), isLast: false });
  }

  private end(child: Child): void {
    child.live = false;
    this.words.push({ id: child.ref.id, report: child.machine.report(), isLast: true });
  }

  private arrive(at: number): void {
    const word = this.words[at]!;
    if (this.random() < 0.8) this.words.splice(at, 1); // else it arrives again
    this.hear(word);
    this.decide();
  }

  private hear(word: Word): void {
    this.note('heard', word);
    if (word.isLast) this.stage.ended(word.id, word.report);
    else this.stage.report(word.id, word.report);
  }

  private check(): void {
    const { input } = this.scenario;
    const limit = concurrencyOf(input.budget.maxConcurrency, input.rampUp, this.stage.totals.ready);
    must(this.truth.inFlight <= limit, 'No more are under way than may be');
    const charged = Object.values(this.stage.state.started)
      .filter(({ ended }) => !ended)
      .map(({ slots, report }) => (report.waiting > 0 ? slots : report.inFlight));
    must(charged.reduce((sum, slots) => sum + slots, 0) <= limit, 'No more slots are given than there are');
  }

  private note(...what: unknown[]): void {
    this.trace.push(JSON.stringify(what));
  }

  private pick<T>(from: T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }
}

/** Cheaper than an expectation: there are hundreds of thousands. */
function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`Broken: ${rule}`);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function inputOf(fates: SettledPhase[]): { count: number; held: number[] } {
  return { count: fates.length, held: fates.flatMap((fate, index) => (fate === 'held' ? [index] : [])) };
}

function copied<T>(state: T): T {
  return JSON.parse(JSON.stringify(state)) as T;
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let now = seed;
  return () => {
    now = (now + 0x6d2b79f5) | 0;
    let mixed = Math.imul(now ^ (now >>> 15), 1 | now);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
