/** A run as data: which of its steps go on, which comes next, and what it waits for. Pure. */
import type { Asking } from '../gates/asked.ts';
import type { GateReply, GateState } from '../gates/kind.ts';
import type { Layer } from '../layers.ts';
import type { SiteFailure } from '../types.ts';
import { type ToldWindow, windowsText } from '../windows/told.ts';
import {
  answersOf,
  askingsOf,
  beginAsking,
  begunAt,
  failureOf,
  forgetOtherPlans,
  type GateTurn,
  takeReply,
  withGates,
} from './gate-turn.ts';
import {
  type ActionRequest,
  AT_ITS_END,
  type Situation,
  Steering,
  type SteeringState,
  type UnderWay,
} from './steering.ts';
import type { Step } from './steps.ts';
import { closedFor, nextChangeFor, passGatesOfWindows, tellGates } from './windows.ts';

/** `failing`: it goes on, and will fail whatever comes. */
export type StepPhase = 'pending' | 'active' | 'failing' | 'done' | 'failed' | 'stopped';

/** Plain JSON: it goes through continue-as-new. */
export interface RunState {
  steps: {
    step: Step;
    phase: StepPhase;
    /** It was told to stop, and goes on until it has. */
    stopping?: true;
    failure?: SiteFailure;
    /** Of a step that waits for gates, in their order. */
    gates?: GateState[];
    /** Of a stage: what was waited for after its waves, by their place in the strategy. */
    waves?: Record<number, { name: string; gates: GateState[] }>;
  }[];
  /** Nothing further is begun. */
  stopped?: boolean;
  /** What people asked of it. */
  steering?: SteeringState;
  /** The FogWindows that it has to do with, as it was last told of them. */
  windows?: ToldWindow[];
}

/** Whether a layer is ready now, and if not, why. */
export interface LayerReadiness {
  layer: Layer;
  ready: boolean;
  message: string;
}

/** What to do next with a step, by its index. */
export type RunCommand = { kind: 'begin' | 'stop'; index: number; step: Step };

/**
 * Goes through the steps of a run in their order. One begins when all before it are done, or beside the one before. One that
 * fails lets nothing further begin, and stops those beside it that come later: lower layers keep what they run. Whoever
 * holds it does what {@link decide} says, and tells what came of it.
 */
export class RunMachine {
  private readonly state: RunState;
  /** Steps that this one has told to stop; whoever goes on from its state is told again. */
  private readonly told = new Set<number>();
  /** What holds it, by its strategy or by people. */
  readonly steering: Steering;

  constructor(state: RunState) {
    this.state = { steering: {}, ...structuredCloneOf(state) };
    this.steering = new Steering(this.state.steering!);
  }

  static of(steps: Step[]): RunMachine {
    return new RunMachine({ steps: steps.map((step) => ({ step, phase: 'pending' })) });
  }

  /**
   * What to do now; each is said once. Gates are nobody's to begin: they are looked at here.
   *
   * @param now - RFC 3339
   */
  decide(now: string): RunCommand[] {
    const commands: RunCommand[] = [];
    const { steps } = this.state;
    for (const [index, one] of steps.entries()) {
      if (one.step.kind === 'gate') {
        this.passGates(index, now);
        continue;
      }
      this.judgeWaves(index, now);
      if (isGoingOn(one.phase) && this.mustStop(index) && !this.told.has(index)) {
        this.told.add(index);
        one.stopping = true;
        commands.push({ kind: 'stop', index, step: one.step });
      }
      if (one.phase === 'pending' && !this.isHeld(now) && this.mayBegin(index)) {
        one.phase = 'active';
        commands.push({ kind: 'begin', index, step: one.step });
      }
    }
    return commands;
  }

  /** Gates that were come to, in their order. */
  get turns(): GateTurn[] {
    return turnsIn(this.state.steps);
  }

  /** Nothing further is begun: people hold it, or windows do. Gates are come to all the same, as long as no people hold it. */
  isHeld(now: string): boolean {
    return this.steering.isHeld || this.closedWindows(now).length > 0;
  }

  /** The FogWindows that keep it from what it could do now. */
  closedWindows(now: string): ToldWindow[] {
    const { windows = [] } = this.state;
    return windows.length > 0 && this.minds ? closedFor(windows, this, now) : [];
  }

  /** Something was given to a site, or is about to be. */
  get hasBegun(): boolean {
    const gives = ({ kind }: Step) => kind !== 'gate' && kind !== 'check';
    return this.state.steps.some(({ step, phase }) => gives(step) && phase !== 'pending');
  }

  /** When a gate may answer something else by itself, or a window opens or closes, RFC 3339. */
  until(now: string): string | undefined {
    const { windows = [] } = this.state;
    const window = !this.steering.isHeld && this.minds ? nextChangeFor(windows, this, now) : undefined;
    return this.waiting
      .flatMap((turn) => answersOf(turn, now))
      .flatMap((answer) => (answer.state === 'Closed' && answer.until !== undefined ? [answer.until] : []))
      .concat(window ?? [])
      .toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
  }

  /** The FogWindows that it has to do with, as they are from now on. */
  tell(windows: ToldWindow[] = []): void {
    if (windows.length > 0) this.state.windows = windows;
    else delete this.state.windows;
    for (const { step, gates } of this.waiting) tellGates(step.gates, gates, windows);
  }

  /**
   * Whether the next wave of a stage may follow one that is over. Where something is waited for after it, that has been come to.
   *
   * @param wave - its place in the strategy, and its name
   */
  mayFollow(index: number, { at, name }: { at: number; name: string }, now: string): boolean {
    const one = this.state.steps[index];
    const gates = one?.step.kind === 'stage' ? one.step.waveGates?.[at] : undefined;
    if (!one || !gates) return true;
    if (this.steering.isHeld && !one.waves?.[at]) return false;
    if (!one.waves?.[at]) {
      const states = begunAt({ gates }, now);
      tellGates(gates, states, this.state.windows);
      one.waves = { ...one.waves, [at]: { name, gates: states } };
    }
    const turns = turnsOfWaves(one).filter(({ step }) => step.wave === name);
    if (!this.steering.isHeld) for (const turn of turns) beginAsking(turn);
    if (!turns.every((turn) => isOpen(turn, now))) return false;
    for (const turn of turns) passGatesOfWindows(turn, now);
    return true;
  }

  /** Who is to be asked now for a gate; whoever is listed no more is to be asked no longer. */
  get askings(): Asking[] {
    return this.waiting.flatMap(askingsOf);
  }

  /** What came of one of the {@link askings}; told late, it means nothing. */
  answered(asking: Omit<Asking, 'gate'>, reply: GateReply): void {
    for (const turn of this.waiting) takeReply(turn, asking, reply);
  }

  /** How a layer is that soaks: each time it is ready again, that begins anew. @param now - RFC 3339 */
  health({ layer, ready, message }: LayerReadiness, now: string): void {
    for (const { step, gates } of this.waiting) {
      if (step.layer !== layer || step.at !== 'after' || step.wave !== undefined) continue;
      for (const [at, gate] of step.gates.entries()) if ('soak' in gate) soaks(gates[at]!, { ready, message }, now);
    }
  }

  /** Why an action of a person makes no sense now, for people; undefined when it is to be {@link act taken}. */
  refusal(request: ActionRequest, under: UnderWay, now: string): string | undefined {
    if (this.done) return AT_ITS_END;
    const why = this.steering.refusal(request, this.situation(under, now));
    return why && this.withWindows(why, request, now);
  }

  /** Takes an action that is not refused. @returns what is to be said of it */
  act(request: ActionRequest, under: UnderWay, now: string): string {
    const said = this.steering.act(request, this.situation(under, now));
    if (this.steering.aborted) this.stop();
    return this.withWindows(said, request, now);
  }

  private situation(under: UnderWay, now: string): Situation {
    const stages = this.active.flatMap((index) => {
      const step = this.stepAt(index);
      return step.kind === 'stage' && step.isFleet ? [step.layer] : [];
    });
    return { under, turns: this.waiting, stages, now };
  }

  /** Who lets it go on is to know what holds it besides. */
  private withWindows(said: string, { action }: ActionRequest, now: string): string {
    const closed = action === 'Resume' ? this.closedWindows(now) : [];
    return closed.length > 0 ? `${said}; ${windowsText(closed, now)}` : said;
  }

  /** The step goes on, and will fail: what goes on beside it is not let go any further. */
  failing(index: number): void {
    const one = this.state.steps[index];
    if (one?.phase === 'active') one.phase = 'failing';
  }

  /** @param failure - why the step did not bring about what it should; left out, it did */
  ended(index: number, failure?: SiteFailure): void {
    const one = this.state.steps[index];
    if (!one || !isGoingOn(one.phase)) return;
    // What failed after a wave has stopped it, and is why.
    if (one.failure) one.phase = 'failed';
    else one.phase = failure ? (one.stopping ? 'stopped' : 'failed') : 'done';
    delete one.stopping;
    if (failure) one.failure ??= failure;
  }

  /** Begins nothing further, and stops what is going on: the run is superseded, or was cancelled. */
  stop(): void {
    this.state.stopped = true;
  }

  /**
   * Other steps from now on: those that have begun stay as they are, by their kind and layer, and what would come before them
   * is past. Gates that are waited for become the new ones, with what was decided about those of the same name.
   *
   * @param now - RFC 3339
   * @param plan - what it is from now on: decisions that are bound to another count no more where the gates are yet to open
   */
  adjust(steps: Step[], now: string, plan?: () => string): void {
    this.forgetOtherPlans(plan, now);
    const begun = this.state.steps.filter(({ phase }) => phase !== 'pending');
    for (const one of begun.filter(({ phase }) => phase === 'active')) {
      if (one.step.kind === 'gate') regate(one, steps, now);
      if (one.step.kind === 'stage') regateWaves(one, steps, now);
    }
    this.forgetOtherPlans(plan, now); // of gates that were open, and ask for more
    for (const { step, gates } of this.waiting) tellGates(step.gates, gates, this.state.windows);
    const isBegun = (step: Step) => begun.some((one) => nameOf(one.step) === nameOf(step));
    const last = begun.at(-1)?.step;
    const past = steps.findLastIndex(isBegun);
    const later = steps.filter((step, at) => !isBegun(step) && !(step.kind === 'gate' && at < past));
    const [next] = later;
    // One that waits for the sites of a stage needs that stage to tell of them from its beginning.
    if (next?.kind === 'stage' && next.beside && last?.kind === 'stage') later[0] = alone(next);
    this.state.steps = [...begun, ...later.map((step) => ({ step, phase: 'pending' as const }))];
  }

  private forgetOtherPlans(plan: (() => string) | undefined, now: string): void {
    if (plan) for (const turn of this.waiting) if (!isOpen(turn, now)) forgetOtherPlans(turn, plan);
  }

  /** Steps that are going on, by their index; gates are nobody's to carry out. */
  get active(): number[] {
    return this.indexes(({ phase, step }) => isGoingOn(phase) && step.kind !== 'gate');
  }

  /** Steps that are going on, gates too. */
  private get goingOn(): number[] {
    return this.indexes(({ phase }) => isGoingOn(phase));
  }

  get steps(): Step[] {
    return this.state.steps.map(({ step }) => step);
  }

  stepAt(index: number): Step {
    return this.state.steps[index]!.step;
  }

  /** Nothing goes on, and nothing will begin. */
  get done(): boolean {
    return (
      this.goingOn.length === 0 &&
      !this.state.steps.some((one, index) => one.phase === 'pending' && this.mayBegin(index))
    );
  }

  /** Layers whose stage was stopped before its end. */
  get stoppedLayers(): Layer[] {
    return this.state.steps.flatMap(({ step, phase }) =>
      phase === 'stopped' && step.kind === 'stage' ? [step.layer] : [],
    );
  }

  /** What failed is a gate, and no layer. */
  get failedAtGate(): boolean {
    return this.state.steps.find(({ phase }) => phase === 'failed')?.step.kind === 'gate';
  }

  /** Whose turn it is, or would be. */
  get nextLayer(): Layer {
    const open = this.state.steps.filter(({ phase }) => phase !== 'done');
    const [layer] = (open.length > 0 ? open : this.state.steps).flatMap(({ step }) =>
      'layer' in step ? [step.layer] : [],
    );
    return layer ?? 'cloud';
  }

  /** Why the first step that failed did. */
  get failure(): SiteFailure | undefined {
    return this.state.steps.find(({ phase }) => phase === 'failed')?.failure;
  }

  /** All was brought about. */
  get succeeded(): boolean {
    return this.state.steps.every(({ phase }) => phase === 'done');
  }

  toJSON(): RunState {
    return structuredCloneOf(this.state);
  }

  /** Whether a window makes a difference now: while gates are all that is waited for, which may be for months, none does. */
  private get minds(): boolean {
    return this.active.length > 0 || this.state.steps.some((one, at) => one.phase === 'pending' && this.mayBegin(at));
  }

  /** Those of {@link turns} that are not over. */
  private get waiting(): GateTurn[] {
    return turnsIn(this.state.steps.filter(({ phase }) => phase === 'active'));
  }

  /** Begins to wait where it is their turn, and sees whether they are open. */
  private passGates(index: number, now: string): void {
    const one = this.state.steps[index]!;
    if (one.step.kind !== 'gate') return;
    if (one.phase === 'pending' && !this.steering.isHeld && this.mayBegin(index)) {
      one.phase = 'active';
      one.gates = begunAt(one.step, now);
      tellGates(one.step.gates, one.gates, this.state.windows);
    }
    if (one.phase !== 'active') return;
    const turn = { step: one.step, gates: one.gates ?? [] };
    if (!this.steering.isHeld) beginAsking(turn);
    const failure = failureOf(turn, now);
    if (this.mustStop(index)) one.phase = 'stopped';
    else if (failure) Object.assign(one, { phase: 'failed', failure });
    else if (isOpen(turn, now)) {
      one.phase = 'done';
      passGatesOfWindows(turn, now);
    }
  }

  /** Who is waited for between its waves is asked, and may fail it. */
  private judgeWaves(index: number, now: string): void {
    const one = this.state.steps[index]!;
    if (one.phase !== 'active' && one.phase !== 'failing') return;
    for (const turn of turnsOfWaves(one)) {
      if (!this.steering.isHeld) beginAsking(turn);
      const failure = failureOf(turn, now);
      if (failure) Object.assign(one, { phase: 'failing', failure: one.failure ?? failure });
    }
  }

  private mayBegin(index: number): boolean {
    const { steps, stopped } = this.state;
    if (stopped || steps.some(({ phase }) => isLost(phase))) return false;
    const { step } = steps[index]!;
    const before = steps.slice(0, index);
    if (step.kind !== 'stage' || !step.beside) return before.every(({ phase }) => phase === 'done');
    return before.every(({ phase }, at) => phase === 'done' || (phase === 'active' && this.isBeside(at, index)));
  }

  /** Whether all from one to another go on at once. */
  private isBeside(from: number, to: number): boolean {
    return this.state.steps.slice(from + 1, to + 1).every(({ step }) => step.kind === 'stage' && step.beside);
  }

  private mustStop(index: number): boolean {
    const { steps, stopped } = this.state;
    const failsItself = steps[index]!.phase === 'failing' && steps[index]!.failure !== undefined;
    return stopped === true || failsItself || steps.slice(0, index).some(({ phase }) => isLost(phase));
  }

  private indexes(is: (one: RunState['steps'][number]) => boolean): number[] {
    return this.state.steps.flatMap((one, index) => (is(one) ? [index] : []));
  }
}

function turnsIn(steps: RunState['steps']): GateTurn[] {
  return steps.flatMap((one) => {
    const { step, gates } = one;
    return step.kind === 'gate' && gates ? [{ step, gates }] : turnsOfWaves(one);
  });
}

/** What is waited for, or was, after the waves of a stage. */
function turnsOfWaves({ step, waves = {} }: RunState['steps'][number]): GateTurn[] {
  if (step.kind !== 'stage') return [];
  const { layer, waveGates = {} } = step;
  return Object.entries(waves).flatMap(([at, { name, gates }]): GateTurn[] => {
    const wanted = waveGates[Number(at)];
    return wanted ? [{ step: { kind: 'gate', layer, at: 'after', wave: name, gates: wanted }, gates }] : [];
  });
}

function isOpen(turn: GateTurn, now: string): boolean {
  return answersOf(turn, now).every(({ state }) => state === 'Open');
}

function isGoingOn(phase: StepPhase): boolean {
  return phase === 'active' || phase === 'failing';
}

/** It has not brought about what it should, or will not. */
function isLost(phase: StepPhase): boolean {
  return phase === 'failing' || phase === 'failed' || phase === 'stopped';
}

function nameOf(step: Step): string {
  if (step.kind === 'gate') return `gate ${step.at} ${step.layer}`;
  return step.kind === 'stage' || step.kind === 'drop' ? `${step.kind} ${step.layer}` : step.kind;
}

/** With none in their place any more, they are open. */
function regate(one: RunState['steps'][number], steps: Step[], now: string): void {
  if (one.step.kind !== 'gate') return;
  const { step } = one;
  const next = steps.find((other) => nameOf(other) === nameOf(step)) ?? { ...step, gates: [] };
  if (next.kind === 'gate') Object.assign(one, withGates({ step, gates: one.gates ?? [] }, next, now));
}

/** What has begun goes on; those of one name keep what was decided. */
function regateWaves(one: RunState['steps'][number], steps: Step[], now: string): void {
  const before = turnsOfWaves(one);
  const next = steps.find((other) => nameOf(other) === nameOf(one.step));
  if (one.step.kind !== 'stage' || next?.kind !== 'stage') return;
  const { waveGates: _, ...step } = one.step;
  one.step = { ...step, ...(next.waveGates && { waveGates: next.waveGates }) };
  for (const [at, wave] of Object.entries(one.waves ?? {})) {
    const gates = next.waveGates?.[Number(at)];
    const was = before.find((turn) => turn.step.wave === wave.name);
    if (gates && was) wave.gates = withGates(was, { ...was.step, gates }, now).gates;
  }
}

function alone({ beside: _, above: __, ...step }: Extract<Step, { kind: 'stage' }>): Step {
  return step;
}

function structuredCloneOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** What is known already changes nothing. */
function soaks(gate: GateState, { ready, message }: Pick<LayerReadiness, 'ready' | 'message'>, now: string): void {
  if (!ready) gate.unready = { since: gate.unready?.since ?? now, message };
  else if (gate.unready) {
    delete gate.unready;
    gate.since = now;
  }
}
