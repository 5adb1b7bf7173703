import { type Command, Coordinator, type StageLimits } from '../../../../model/fleet/coordinator.ts';
import { KnownShard, type ShardRef } from '../../../../model/fleet/known-shard.ts';
import { concurrencyOf } from '../../../../model/fleet/ramp.ts';
import { openIn, type SettledPhase } from '../../../../model/fleet/report.ts';
import { isSameTerms } from '../../../../model/fleet/terms.ts';
import { copied, refOf, SimulatedShard, type Word, windowAt } from './simulated-shard.ts';
import type { Intervention, SimulatedSite, StagePlan } from './simulation.ts';

interface World {
  delay: number;
  mortal: boolean;
  isRenewed: boolean;
  random(): number;
  note(what: unknown[]): void;
  /** Whether sites that wait for this parent may start, in truth. */
  mayStart(parent: string): boolean;
  /** A shard has said something, or somebody has intervened. */
  arrived(word?: Word): void;
  /** ms */
  now(): number;
}

/**
 * Plays a stage against its shards: commands and reports arrive late, in any order and again; sites settle in any order,
 * some before their turn; and somebody intervenes at any moment. What must always hold is checked at each step.
 */
export class SimulatedStage {
  plan: StagePlan;
  shards: SimulatedShard[];
  stage: Coordinator;
  limits: StageLimits;
  /** It was told to stop. */
  isStopped = false;
  failuresAtLastStart = 0;
  private readonly world: World;
  private readonly commands: Command[] = [];
  private readonly words: Word[] = [];
  private readonly opened = new Set<string>();
  private readonly interventions: Intervention[];
  private isHeld = false;
  /** How many times it was planned anew. */
  private replans = 0;
  private isAdjusted = false;
  /** What was charged when it was last checked. */
  private charged = 0;

  constructor(plan: StagePlan, world: World) {
    const { shards, ...limits } = plan.input;
    this.plan = plan;
    this.limits = limits;
    this.world = world;
    this.stage = new Coordinator(plan.input);
    this.shards = shards.map((ref, at) => new SimulatedShard(ref, plan.sites[at]!));
    this.interventions = [...(plan.interventions ?? [])];
  }

  get finished(): boolean {
    return this.stage.finished;
  }

  private get hasWindows(): boolean {
    return this.plan.sites.flat().some(({ window }) => window);
  }

  /** Whether a window opens or closes after that. */
  changesAfter(now: number): boolean {
    return this.shards.some(({ sites }) => sites.some(({ window }) => window?.some((time) => time > now)));
  }

  tick(): void {
    for (const shard of this.shards) if (shard.state === 'live') shard.tick(this.world.now());
  }

  /** Where a site is in truth, by its letter. */
  phaseOf(name: string): string | undefined {
    for (const { sites, machine } of this.shards) {
      const at = sites.findIndex((site) => site.name === name);
      if (at >= 0) return machine.phases[at];
    }
    return undefined;
  }

  /** What can happen next. */
  events(): (() => void)[] {
    const { isHeld } = this;
    return [
      ...this.commands.map((_, at) => () => this.deliver(at)),
      ...this.words.map((_, at) => () => this.arrive(at)),
      ...this.shards.flatMap((shard) => this.eventsOf(shard)),
      ...(this.finished ? [] : this.interventions.map((_, at) => () => this.intervene(at))),
      ...(isHeld ? [() => this.change({ kind: 'hold', isHeld: false })] : []),
      ...(this.stage.isSpent ? [() => this.planAnew()] : []),
    ];
  }

  decide(): void {
    if (this.world.isRenewed) {
      this.stage = new Coordinator({ shards: this.plan.input.shards, ...this.limits }, copied(this.stage.state));
    }
    const before = this.known();
    this.charged = chargeOf(before);
    const commands = this.stage.decide();
    must(this.stage.decide().length === 0, 'Asked again, a stage says nothing');
    for (const command of commands) this.judge(command, before.get(command.id)!);
    for (const { isRunning, isOver, isHalted, terms, state } of this.known().values()) {
      const goesBy = isSameTerms(terms, this.limits.terms);
      must(
        !isRunning || isOver || isHalted || this.isEnding || goesBy,
        'Who may start sites is told at once by what from now on',
      );
      must(!isRunning || this.isEnding || state.skip.length === 0, 'Who is taken out is told so at once');
    }
    this.check();
    for (const command of commands) this.world.note(['command', command]);
    this.commands.push(...commands);
  }

  /** What must hold at any moment. */
  check(): void {
    const known = this.known();
    for (const { ref, machine, state } of this.shards) {
      const { charge } = known.get(ref.id)!;
      must(state !== 'live' || machine.report().inFlight <= charge, 'What a shard has under way is charged');
    }
    const charged = chargeOf(known);
    must(charged <= Math.max(this.limit, this.charged), 'No more are under way than may be, or than were before that');
    this.charged = charged;
    if (!this.stage.isSpent) return;
    must(!this.finished && !this.isEnding, 'A stage that is to be planned anew has not ended');
    must(
      !this.shards.some(({ state }) => state === 'live'),
      'A stage that is to be planned anew has nothing under way',
    );
  }

  /** All is over; what is still on its way changes nothing. */
  end(): void {
    const { state } = this.stage;
    for (const word of this.words) this.hear(word);
    must(this.stage.decide().length === 0, 'A finished stage says nothing');
    must(JSON.stringify(this.stage.state) === JSON.stringify(state), 'A finished stage learns nothing');
    must(!this.shards.some((shard) => shard.state === 'live'), 'A finished stage leaves no shard at work');
  }

  /** Nothing further is to be started: it was told so, or too many have failed. */
  private get isEnding(): boolean {
    return this.isStopped || this.stage.breached || this.stage.state.stopped === true;
  }

  /** How many may be under way now. */
  private get limit(): number {
    const { budget, rampUp } = this.limits;
    return this.isHeld ? 0 : concurrencyOf(budget.maxConcurrency, rampUp, this.stage.totals.ready);
  }

  private known(): Map<string, KnownShard> {
    const { shards } = this.stage.state;
    return new Map(this.plan.input.shards.map((ref) => [ref.id, new KnownShard(ref, shards[ref.id])]));
  }

  private intervene(at: number): void {
    const [intervention] = this.interventions.splice(at, 1);
    this.change(intervention!);
  }

  private change(intervention: Intervention): void {
    this.world.note(['intervention', intervention]);
    switch (intervention.kind) {
      case 'stop':
        this.isStopped = true;
        this.stage.stop();
        break;
      case 'hold':
        this.isHeld = intervention.isHeld;
        this.stage.hold(intervention.isHeld);
        break;
      case 'replan':
        this.isAdjusted = true;
        this.stage.replan();
        break;
      case 'skip': {
        const { ref, sites } = this.shards[intervention.shard % this.shards.length]!;
        this.stage.skip(ref.id, [intervention.site % sites.length]);
        break;
      }
      case 'adjust':
        this.isAdjusted = true;
        this.limits = intervention.limits;
        this.stage.adjust(intervention.limits);
    }
    this.decide();
    this.world.arrived();
  }

  /** As the record has its sites: those that are ready or have failed are so by the next plan, too. */
  private planAnew(): void {
    const all = this.shards.flatMap(({ sites, machine }) =>
      sites.map((site, at) => ({ ...site, letter: 'rfsh'.includes(machine.phases[at]!) ? machine.phases[at]! : 'w' })),
    );
    const sites: SimulatedSite[][] = [];
    const shards: ShardRef[] = [];
    for (let wave = 0; all.length > 0; wave += this.world.random() < 0.5 ? 1 : 0) {
      sites.push(all.splice(0, 1 + Math.floor(this.world.random() * 5)));
      shards.push(refOf(sites.at(-1)!, `${this.replans}-${shards.length}`, wave));
    }
    this.world.note(['planned anew', shards]);
    this.replans += 1;
    this.plan = { input: { shards, ...this.limits }, sites };
    this.shards = shards.map((ref, at) => new SimulatedShard(ref, sites[at]!));
    this.stage = new Coordinator(this.plan.input);
    this.stage.hold(this.isHeld);
    // What shards of the plan before say is not believed, and what they were told reaches nobody.
    for (const late of [this.commands, this.words]) late.length = 0;
    this.opened.clear();
    this.charged = 0;
    this.decide();
    this.world.arrived();
  }

  private judge(command: Command, known: KnownShard): void {
    const { isEnding } = this;
    must(known.isRunning === (command.kind !== 'start'), 'Shards are started once, and told only while they run');
    const isLeft = known.wave > (this.stage.lastWave ?? Number.POSITIVE_INFINITY);
    must(!isEnding || command.kind === 'halt', 'A breach or a stop halts');
    must(command.kind !== 'halt' || isEnding || isLeft, 'Nothing else does, but that the rest is planned anew');
    if (command.kind === 'halt') return;
    const { seq, slots, failuresLeft, opened = [], lost = [], skip = [] } = command;
    must(command.kind !== 'start' || seq === 1, 'A shard starts with the first it is told');
    must(slots > 0 || opened.length === 0, 'Who is to open sites has slots');
    must(command.kind !== 'start' || slots > 0 || lost.length + skip.length > 0, 'Who is to start has something to do');
    must(command.kind !== 'start' || !this.isHeld || slots === 0, 'Who is held starts no shard');
    must(command.kind !== 'start' || !isLeft || slots === 0, 'No shard is started whose sites are planned anew');
    must(slots <= known.startable + known.openable, 'No shard gets slots it has no use for');
    // A paced stage gives the turn back to who could not begin anything before.
    const isTurned = this.hasWindows && this.limits.terms.paceMs !== undefined;
    const mayLose = this.charged > this.limit || this.isAdjusted || isTurned;
    must(mayLose || slots >= known.charge || slots >= known.wanting, 'No shard is kept from what it could do');
    must(failuresLeft >= 0, 'Before a breach no shard has failed too often');
    for (const parent of [...opened, ...lost]) {
      const key = JSON.stringify([command.id, parent]);
      must(!this.opened.has(key), 'A shard is told of a parent once');
      this.opened.add(key);
    }
  }

  private eventsOf(shard: SimulatedShard): (() => void)[] {
    if (shard.state !== 'live') return [];
    const { machine, sites, takenOut, isUnsaid } = shard;
    if (machine.done) return [() => this.finish(shard, 'ended')];
    const settle = machine
      .in('inFlight')
      .flatMap((index) => [
        () => this.settle(shard, index, sites[index]!.fate),
        ...(takenOut.has(index) ? [() => this.settle(shard, index, 'skipped')] : []),
      ]);
    const leave = sites.flatMap(({ leaves }, index) =>
      leaves && 'wb'.includes(machine.phases[index]!) ? [index] : [],
    );
    return [
      ...Array.from({ length: this.world.delay }, () => settle).flat(),
      ...(machine.mayStart ? [() => this.begin(shard)] : []),
      ...(machine.unseen.length > 0 ? [() => this.look(shard)] : []),
      ...leave.map((index) => () => this.world.random() < 0.2 && this.settle(shard, index, 'skipped')),
      ...(isUnsaid ? [() => this.say(shard)] : []),
      ...(this.world.mortal ? [() => this.world.random() < 0.02 && this.finish(shard, 'lost')] : []),
    ];
  }

  private deliver(at: number): void {
    const command = this.commands[at]!;
    const shard = this.shards.find(({ ref }) => ref.id === command.id)!;
    // A child gets no signal before it exists, nor after its end.
    if (command.kind !== 'start' && shard.state === 'unstarted') return;
    if (command.kind === 'start' || this.world.random() < 0.9) this.commands.splice(at, 1); // else it arrives again
    if (!shard.hear(command)) return;
    shard.tick(this.world.now());
    this.beginSoon(shard);
  }

  private settle(shard: SimulatedShard, index: number, fate: SettledPhase): void {
    shard.settle(index, fate);
    this.world.note(['settled', shard.ref.id, index, fate]);
    this.beginSoon(shard);
  }

  /** At once, or after it has heard and seen more. */
  private beginSoon(shard: SimulatedShard): void {
    if (this.world.random() < 0.6) this.begin(shard);
  }

  private look(shard: SimulatedShard): void {
    if (this.world.random() < 0.2) shard.machine.doubtWindows();
    shard.look(this.world.now(), Math.floor(this.world.random() * 10));
    this.beginSoon(shard);
  }

  private begin(shard: SimulatedShard): void {
    if (this.world.isRenewed) shard.renew(this.world.now());
    shard.tick(this.world.now());
    const failed = this.shards.reduce((sum, { machine }) => sum + machine.report().failed, 0);
    const started = shard.start();
    if (started.length === 0) return;
    this.world.note(['started', shard.ref.id, started]);
    must(!shard.isHalted, 'A shard that was told to stop starts nothing');
    this.failuresAtLastStart = failed;
    for (const index of started) {
      const { letter, parent } = shard.sites[index]!;
      must(!shard.takenOut.has(index), 'A site that was taken out is not started');
      must(
        windowAt(shard.sites[index]!, this.world.now())?.open !== false,
        'No site is begun while its window is closed',
      );
      if (letter === 'b') must(this.world.mayStart(parent!), 'A child waits for its parent');
    }
    this.judgeStart(shard);
  }

  /** Of a shard that has started sites: what it knows must let it, and the others must be where it could not be told. */
  private judgeStart(shard: SimulatedShard): void {
    const known = this.known();
    const hasHeardAll = ({ ref, machine, isHalted }: SimulatedShard) => {
      const { state } = known.get(ref.id)!;
      return state.told.at(-1)?.seq === machine.heard && state.halted === isHalted;
    };
    const live = this.shards.filter(({ state }) => state === 'live');
    const knowsAll = hasHeardAll(shard) && !this.isEnding;
    if (knowsAll) {
      const underWay = live.reduce((sum, { machine }) => sum + machine.report().inFlight, 0);
      must(isSameTerms(shard.machine.terms, this.limits.terms), 'Who has heard of other terms starts by them');
      must(underWay <= this.limit, 'Who has heard of the limit starts nothing beyond it, and nothing while held');
    }
    for (const other of this.shards) {
      if (other.state === 'lost' || other === shard) continue;
      const report = other.state === 'unstarted' ? known.get(other.ref.id)!.report : other.machine.report();
      if (other.ref.wave < shard.ref.wave) must(openIn(report) === 0, 'A wave waits for those before');
      const mayStart = other.state === 'live' && report.waiting > 0;
      const isHeard = knowsAll && hasHeardAll(other) && other.machine.mayStart;
      must(
        this.limits.terms.paceMs === undefined || !(this.isAdjusted || this.hasWindows ? isHeard : mayStart),
        'A paced stage starts from one shard',
      );
    }
  }

  private say(shard: SimulatedShard): void {
    shard.isUnsaid = false;
    this.words.push({ ...this.wordOf(shard), isLast: false });
  }

  private finish(shard: SimulatedShard, state: 'ended' | 'lost'): void {
    shard.state = state;
    const { report, phases, ...lost } = this.wordOf(shard);
    this.words.push({ ...lost, ...(state === 'ended' && { report, phases }), isLast: true });
  }

  private wordOf(shard: SimulatedShard) {
    const { ref, machine } = shard;
    const { phases, heard, shut } = machine;
    return { id: ref.id, shard: this.shards.indexOf(shard), report: machine.report(), phases, heard, shut };
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
    else this.stage.report(word.id, word.report!, word.heard, word.shut);
  }
}

function chargeOf(known: Map<string, KnownShard>): number {
  return [...known.values()].reduce((sum, { charge }) => sum + charge, 0);
}

/** Cheaper than an expectation: there are hundreds of thousands. */
export function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`Broken: ${rule}`);
}
