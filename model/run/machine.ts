/** A run as data: which of its steps go on, which comes next, and what it waits for. Pure. */
import type { Asking } from '../gates/asked.ts';
import type { GateReply, Unsettled } from '../gates/kind.ts';
import type { Layer } from '../layers.ts';
import type { LayerSkip, SiteFailure } from '../types.ts';
import { type ToldWindow, windowsText } from '../windows/told.ts';
import { adjusted } from './adjusting.ts';
import { tellAuthor } from './author.ts';
import { endGates, passGates, turnsIn } from './gate-steps.ts';
import {
  answersOf,
  askingsOf,
  forgetOtherPlans,
  type GateTurn,
  isOpen,
  type Moment,
  takeReply,
  takeWord,
} from './gate-turn.ts';
import {
  hasGiven,
  type IsMended,
  isGoingOn,
  type RunCommand,
  type RunState,
  type StepState,
  structuredCloneOf,
} from './run-state.ts';
import { situationOf, type UnderWay } from './situation.ts';
import { passesLayer } from './skipping.ts';
import { type LayerReadiness, takeReadiness } from './soaking.ts';
import { type ActionRequest, AT_ITS_END, Steering } from './steering.ts';
import { mayBegin, mustStop } from './step-order.ts';
import type { Step } from './steps.ts';
import { endWaves, judgeWaves, mayFollow } from './wave-gates.ts';
import { closedFor, nextChangeFor, tellGates } from './windows.ts';

export type { RunCommand, RunState } from './run-state.ts';

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

  private readonly isMended: IsMended;

  /** @param isMended - left out, all is */
  constructor(state: RunState, isMended: IsMended = () => true) {
    this.isMended = isMended;
    this.state = { steering: {}, ...structuredCloneOf(state) };
    this.steering = new Steering(this.state.steering!);
  }

  static of(steps: Step[], isMended?: IsMended): RunMachine {
    return new RunMachine({ steps: steps.map((step) => ({ step, phase: 'pending' })) }, isMended);
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
      if (this.isToPass(index)) {
        Object.assign(one, { phase: 'done', passed: true });
        if (one.step.kind === 'stage') commands.push({ kind: 'pass', index, step: one.step });
        continue;
      }
      if (one.step.kind === 'gate') {
        passGates(
          one,
          { mayBegin: mayBegin(this.state, index), mustStop: mustStop(this.state, index) },
          this.moment(now),
        );
        continue;
      }
      judgeWaves(one, this.moment(now));
      if (isGoingOn(one.phase) && mustStop(this.state, index) && !this.told.has(index)) {
        this.told.add(index);
        one.stopping = true;
        commands.push({ kind: 'stop', index, step: one.step });
      }
      if (one.phase === 'pending' && !this.isHeld(now) && mayBegin(this.state, index)) {
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
    return this.state.steps.some(hasGiven);
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

  /** Who last changed spec. Gates are told when they are come to, and when the run is {@link adjust adjusted} to that change. */
  changedBy(author: string | undefined): void {
    if (author === undefined) delete this.state.author;
    else this.state.author = author;
  }

  /**
   * Whether the next wave of a stage may follow one that is over. Where something is waited for after it, that has been come to.
   *
   * @param wave - its place in the strategy, and its name
   */
  mayFollow(index: number, wave: { at: number; name: string }, now: string): boolean {
    const one = this.state.steps[index];
    return !one || (!this.skipOf(one.step) && mayFollow(one, wave, this.moment(now)));
  }

  /** Who is to be asked now for a gate; whoever is listed no more is to be asked no longer. */
  get askings(): Asking[] {
    return this.waiting.flatMap(askingsOf);
  }

  /** What came of one of the {@link askings}; told late, it means nothing. */
  answered(asking: Omit<Asking, 'gate'>, reply: GateReply): void {
    for (const turn of this.waiting) takeReply(turn, asking, reply);
  }

  /** What was heard of one of them that is no answer: it goes on being asked. */
  heard(asking: Omit<Asking, 'gate'>, word: Unsettled, now: string): void {
    for (const turn of this.waiting) takeWord(turn, asking, word, now);
  }

  /** How a layer is that soaks: each time it is ready again, that begins anew. @param now - RFC 3339 */
  health(readiness: LayerReadiness, now: string): void {
    takeReadiness(this.waiting, readiness, now);
  }

  /** Why an action of a person makes no sense now, for people; undefined when it is to be {@link act taken}. */
  refusal(request: ActionRequest, under: UnderWay, now: string): string | undefined {
    if (this.done) return AT_ITS_END;
    const why = this.steering.refusal(request, situationOf(this.state.steps, under, now));
    return why && this.withWindows(why, request, now);
  }

  /** Takes an action that is not refused. @returns what is to be said of it */
  act(request: ActionRequest, under: UnderWay, now: string): string {
    const said = this.steering.act(request, situationOf(this.state.steps, under, now));
    if (this.steering.aborted) this.stop();
    if (passesLayer(request)) this.endGatesOf(request.layer, now);
    return this.withWindows(said, request, now);
  }

  /** Who lets it go on is to know what holds it besides. */
  private withWindows(said: string, { action }: ActionRequest, now: string): string {
    const closed = action === 'Resume' ? this.closedWindows(now) : [];
    return closed.length > 0 ? `${said}; ${windowsText(closed, now)}` : said;
  }

  /** The step goes on, and will fail: what goes on beside it is not let go any further. */
  failing(index: number): void {
    const one = this.state.steps[index];
    if (one?.phase === 'active' && !this.skipOf(one.step)) one.phase = 'failing';
  }

  /** @param failure - why the step did not bring about what it should; left out, it did */
  ended(index: number, failure?: SiteFailure): void {
    const one = this.state.steps[index];
    if (!one || !isGoingOn(one.phase)) return;
    if (this.skipOf(one.step)) {
      one.phase = 'done';
      delete one.stopping;
      return;
    }
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
   * Other steps from now on: {@link adjusted}.
   *
   * @param now - RFC 3339
   * @param plan - what it is from now on: decisions that are bound to another count no more where the gates are yet to open
   */
  adjust(steps: Step[], now: string, plan?: () => string): void {
    this.forgetOtherPlans(plan, now);
    this.state.steps = adjusted(this.state.steps, steps, now, this.isMended);
    this.forgetOtherPlans(plan, now); // of gates that were open, and ask for more
    for (const turn of this.waiting) {
      tellGates(turn.step.gates, turn.gates, this.state.windows);
      // What has opened by them stays so.
      if (!isOpen(turn, now)) tellAuthor(turn.step.gates, turn.gates, this.state.author);
    }
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
      !this.state.steps.some((one, index) => one.phase === 'pending' && mayBegin(this.state, index))
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
    return (
      this.active.length > 0 || this.state.steps.some((one, at) => one.phase === 'pending' && mayBegin(this.state, at))
    );
  }

  /** Those of {@link turns} that are not over: what has failed, or was stopped, waits for nothing. */
  get waiting(): GateTurn[] {
    return turnsIn(this.state.steps.filter(({ phase }) => phase === 'active'));
  }

  /** Who passes the layer over whose step it is. What takes something away from it for good is no part of that. */
  skipOf(step: Step): LayerSkip | undefined {
    const isOfLayer = step.kind === 'gate' || step.kind === 'stage' || (step.kind === 'drop' && step.leaves !== 'all');
    return isOfLayer ? this.steering.skipOf(step.layer) : undefined;
  }

  /** The stage of the layer was never begun, because people pass that over. */
  hasPassed(layer: Layer): boolean {
    return this.state.steps.some(({ step, passed }) => step.kind === 'stage' && step.layer === layer && passed);
  }

  /** Its turn has come. */
  private isToPass(index: number): boolean {
    const { step, phase } = this.state.steps[index]!;
    return (
      phase === 'pending' && !this.steering.isHeld && this.skipOf(step) !== undefined && mayBegin(this.state, index)
    );
  }

  /** Nobody is waited for any more, nor asked, at the gates of a layer. */
  private endGatesOf(layer: Layer, now: string): void {
    for (const one of this.state.steps) {
      if (!('layer' in one.step) || one.step.layer !== layer || !isGoingOn(one.phase)) continue;
      if (one.step.kind === 'gate') endGates(one, now);
      else endWaves(one, now);
    }
  }

  private moment(now: string): Moment {
    const { windows, author } = this.state;
    return { now, isHeld: this.steering.isHeld, windows, author, isMended: this.isMended };
  }

  private indexes(is: (one: StepState) => boolean): number[] {
    return this.state.steps.flatMap((one, index) => (is(one) ? [index] : []));
  }
}
