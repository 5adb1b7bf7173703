import { type Command, Coordinator } from '../../../../model/fleet/coordinator.ts';
import { KnownShard, type ShardRef } from '../../../../model/fleet/known-shard.ts';
import { concurrencyOf } from '../../../../model/fleet/ramp.ts';
import { openIn, reportOf, type SettledPhase, type ShardReport } from '../../../../model/fleet/report.ts';
import { ShardMachine } from '../../../../model/fleet/shard.ts';
import type { SimulatedSite, StagePlan } from './simulation.ts';

interface World {
  delay: number;
  mortal: boolean;
  isRenewed: boolean;
  random(): number;
  note(what: unknown[]): void;
  /** Whether sites that wait for this parent may start, in truth. */
  mayStart(parent: string): boolean;
  arrived(word: Word): void;
}

/** A shard's workflow: starts sites by its machine, and sends what it says whenever the network lets it. */
interface Child {
  ref: ShardRef;
  sites: SimulatedSite[];
  letters: string;
  machine: ShardMachine;
  state: 'unstarted' | 'live' | 'ended' | 'lost';
  knowsOfBreach: boolean;
  unsaid: boolean;
}

/** What a shard says; without a report that it is lost. */
export interface Word {
  id: string;
  /** Its index. */
  shard: number;
  report?: ShardReport;
  phases?: string;
  heard: number;
  isLast: boolean;
}

/**
 * Plays a stage against its shards: commands and reports arrive late, in any order and again; sites settle in any
 * order, some before their turn. What must always hold is checked at each step.
 */
export class SimulatedStage {
  readonly plan: StagePlan;
  readonly children: Child[];
  stage: Coordinator;
  failuresAtLastStart = 0;
  private readonly world: World;
  private readonly commands: Command[] = [];
  private readonly words: Word[] = [];
  private readonly opened = new Set<string>();

  constructor(plan: StagePlan, world: World) {
    this.plan = plan;
    this.world = world;
    this.stage = new Coordinator(plan.input);
    this.children = plan.input.shards.map((ref, at) => {
      const sites = plan.sites[at]!;
      const machine = new ShardMachine(inputOf(sites));
      const letters = sites.map(({ letter }) => letter).join('');
      return { ref, sites, letters, machine, state: 'unstarted', knowsOfBreach: false, unsaid: false };
    });
  }

  get finished(): boolean {
    return this.stage.finished;
  }

  /** Where a site is in truth, by its letter. */
  phaseOf(name: string): string | undefined {
    for (const { sites, machine } of this.children) {
      const at = sites.findIndex((site) => site.name === name);
      if (at >= 0) return machine.phases[at];
    }
    return undefined;
  }

  /** What can happen next. */
  events(): (() => void)[] {
    return [
      ...this.commands.map((_, at) => () => this.deliver(at)),
      ...this.words.map((_, at) => () => this.arrive(at)),
      ...this.children.flatMap((child) => this.eventsOf(child)),
    ];
  }

  decide(): void {
    if (this.world.isRenewed) this.stage = new Coordinator(this.plan.input, copied(this.stage.state));
    const before = this.known();
    const commands = this.stage.decide();
    must(this.stage.decide().length === 0, 'Asked again, a stage says nothing');
    for (const command of commands) this.judge(command, before.get(command.id)!);
    for (const command of commands) this.world.note(['command', command]);
    this.commands.push(...commands);
  }

  /** What must hold at any moment. */
  check(): void {
    const { budget, rampUp } = this.plan.input;
    const limit = concurrencyOf(budget.maxConcurrency, rampUp, this.stage.totals.ready);
    const known = this.known();
    let charged = 0;
    for (const { ref, machine, state } of this.children) {
      const { charge } = known.get(ref.id)!;
      must(state !== 'live' || machine.report().inFlight <= charge, 'What a shard has under way is charged');
      charged += charge;
    }
    must(charged <= limit, 'No more are under way than may be');
  }

  /** All is over; what is still on its way changes nothing. */
  end(): void {
    const { state } = this.stage;
    for (const word of this.words) this.hear(word);
    must(this.stage.decide().length === 0, 'A finished stage says nothing');
    must(JSON.stringify(this.stage.state) === JSON.stringify(state), 'A finished stage learns nothing');
    must(!this.children.some((child) => child.state === 'live'), 'A finished stage leaves no shard at work');
  }

  private known(): Map<string, KnownShard> {
    const { shards } = this.stage.state;
    return new Map(this.plan.input.shards.map((ref) => [ref.id, new KnownShard(ref, shards[ref.id])]));
  }

  private judge(command: Command, known: KnownShard): void {
    must(known.isRunning === (command.kind !== 'start'), 'Shards are started once, and told only while they run');
    must(this.stage.breached === (command.kind === 'halt'), 'A breach halts, and nothing else does');
    if (command.kind === 'halt') return;
    const { seq, slots, failuresLeft, opened = [], lost = [] } = command;
    must(command.kind !== 'start' || seq === 1, 'A shard starts with the first it is told');
    must(slots > 0 || (slots === 0 && opened.length === 0 && lost.length > 0), 'Who is to start sites has slots');
    must(slots <= known.startable + known.openable, 'No shard gets slots it has no use for');
    must(slots >= known.charge || slots >= known.startable, 'No shard is kept from what it could do');
    must(failuresLeft >= 0, 'Before a breach no shard has failed too often');
    for (const parent of [...opened, ...lost]) {
      const key = JSON.stringify([command.id, parent]);
      must(!this.opened.has(key), 'A shard is told of a parent once');
      this.opened.add(key);
    }
  }

  private eventsOf(child: Child): (() => void)[] {
    if (child.state !== 'live') return [];
    const { machine, sites } = child;
    if (machine.done) return [() => this.finish(child, 'ended')];
    const settle = machine.in('inFlight').map((index) => () => this.settle(child, index, sites[index]!.fate));
    const leave = sites.flatMap(({ leaves }, index) =>
      leaves && 'wb'.includes(machine.phases[index]!) ? [index] : [],
    );
    return [
      ...Array.from({ length: this.world.delay }, () => settle).flat(),
      ...leave.map((index) => () => this.world.random() < 0.2 && this.settle(child, index, 'skipped')),
      ...(child.unsaid ? [() => this.say(child)] : []),
      ...(this.world.mortal ? [() => this.world.random() < 0.02 && this.finish(child, 'lost')] : []),
    ];
  }

  private deliver(at: number): void {
    const command = this.commands[at]!;
    const child = this.children.find(({ ref }) => ref.id === command.id)!;
    // A child gets no signal before it exists, nor after its end.
    if (command.kind !== 'start' && child.state === 'unstarted') return;
    if (command.kind === 'start' || this.world.random() < 0.9) this.commands.splice(at, 1); // else it arrives again
    if (command.kind === 'start') child.state = 'live';
    if (child.state !== 'live') return;
    if (command.kind === 'halt') {
      child.machine.halt();
      child.knowsOfBreach = true;
    } else {
      child.machine.take(command);
      // Else what follows from it will be said: there are sites to start, or nothing has changed.
      if (command.opened || command.lost) child.unsaid = true;
    }
    this.begin(child);
  }

  private settle(child: Child, index: number, fate: SettledPhase): void {
    child.machine.settled(index, fate);
    child.unsaid = true;
    this.world.note(['settled', child.ref.id, index, fate]);
    this.begin(child);
  }

  private begin(child: Child): void {
    if (this.world.isRenewed) child.machine = new ShardMachine(inputOf(child.sites), copied(child.machine.state));
    const failed = this.children.reduce((sum, { machine }) => sum + machine.report().failed, 0);
    const started = child.machine.next();
    if (started.length === 0) return;
    child.unsaid = true;
    this.world.note(['started', child.ref.id, started]);
    must(!child.knowsOfBreach, 'A shard that knows of the breach starts nothing');
    this.failuresAtLastStart = failed;
    for (const index of started) {
      const { letter, parent } = child.sites[index]!;
      if (letter === 'b') must(this.world.mayStart(parent!), 'A child waits for its parent');
    }
    const known = this.known();
    for (const other of this.children) {
      if (other.state === 'lost' || other === child) continue;
      const report = other.state === 'unstarted' ? known.get(other.ref.id)!.report : other.machine.report();
      if (other.ref.wave < child.ref.wave) must(openIn(report) === 0, 'A wave waits for those before');
      const mayStart = other.state === 'live' && report.waiting > 0;
      must(!this.plan.input.paced || !mayStart, 'A paced stage starts from one shard');
    }
  }

  private say(child: Child): void {
    child.unsaid = false;
    this.words.push({ ...this.wordOf(child), isLast: false });
  }

  private finish(child: Child, state: 'ended' | 'lost'): void {
    child.state = state;
    const { report, phases, ...lost } = this.wordOf(child);
    this.words.push({ ...lost, ...(state === 'ended' && { report, phases }), isLast: true });
  }

  private wordOf({ ref, machine }: Child) {
    const shard = this.plan.input.shards.indexOf(ref);
    return { id: ref.id, shard, report: machine.report(), phases: machine.phases, heard: machine.heard };
  }

  private arrive(at: number): void {
    const word = this.words[at]!;
    if (this.world.random() < 0.8) this.words.splice(at, 1); // else it arrives again
    this.hear(word);
    this.decide();
    this.world.arrived(word);
  }

  private hear(word: Word): void {
    this.world.note(['heard', word]);
    if (word.isLast) this.stage.ended(word.id, word.report);
    else this.stage.report(word.id, word.report!, word.heard);
  }
}

/** Cheaper than an expectation: there are hundreds of thousands. */
export function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`Broken: ${rule}`);
}

function inputOf(sites: SimulatedSite[]) {
  const parents = new Map<string, number[]>();
  sites.forEach(({ letter, parent }, index) => {
    if (letter === 'b') parents.set(parent!, [...(parents.get(parent!) ?? []), index]);
  });
  return { phases: sites.map(({ letter }) => letter).join(''), parents: Object.fromEntries(parents) };
}

/** The shard as the stage gets it. */
export function refOf(sites: SimulatedSite[], id: string, wave: number): ShardRef {
  const { phases, parents } = inputOf(sites);
  const counts = Object.entries(parents).map(([parent, places]) => [parent, places.length]);
  return { id, wave, report: reportOf(phases), ...(counts.length > 0 && { parents: Object.fromEntries(counts) }) };
}

function copied<T>(state: T): T {
  return JSON.parse(JSON.stringify(state)) as T;
}
