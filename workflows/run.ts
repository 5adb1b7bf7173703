import { CancellationScope, condition, patched } from '@temporalio/workflow';
import { layerSkipped, layerSkipping } from '../model/layer-skip.ts';
import type { Layer } from '../model/layers.ts';
import { planHashOf } from '../model/plan-hash.ts';
import { laterByAction, rollbackTarget } from '../model/run/attempts.ts';
import { type DropFacts, dropOf } from '../model/run/facts.ts';
import { type RunCommand, RunMachine } from '../model/run/machine.ts';
import type { TakenAction } from '../model/run/notes.ts';
import { passesLayer } from '../model/run/skipping.ts';
import { type ActionRequest, AT_ITS_END } from '../model/run/steering.ts';
import { type DropStep, type StageStep, type Step, stepsOfChange } from '../model/run/steps.ts';
import { withWindows } from '../model/run/windows.ts';
import { ownerOf } from '../model/run/work.ts';
import type { ShardProgress } from '../model/shards.ts';
import type { ChangeSignal, HealthSignal, ResumedRun, SitesSignal, WindowsSignal, Work } from '../model/signals.ts';
import { withRevision } from '../model/status.ts';
import type { Hold, LayerStatus, Owner, SiteFailure, SucceededRevision } from '../model/types.ts';
import { releaseFinalizer } from './activities.ts';
import { check } from './check.ts';
import { drop } from './drop.ts';
import { GateAskings } from './gate-askings.ts';
import { LongHistory } from './long-history.ts';
import { ParentLinks } from './parent-links.ts';
import { stepKey, tell } from './parts.ts';
import { Pauses } from './pauses.ts';
import type { Reporter } from './reporter.ts';
import { endAborted, endFailed, endWell } from './run-end.ts';
import { isPaused, stepsOf, underWayBy, waitingIn } from './run-work.ts';
import { ShownStanding } from './shown-standing.ts';
import { promote } from './stage.ts';
import type { StageRunner } from './stage-runner.ts';
import { type Ending, StagesAtWork } from './stages-at-work.ts';
import type { StepContext, StepEnd } from './step.ts';

/** Where a run that has come to rest was. */
export type RestedRun = Pick<ResumedRun, 'machine' | 'stages' | 'before' | 'leftovers' | 'leftBehind'>;

export interface RunInput {
  work: Work;
  reporter: Reporter;
  /** e.g. the id of the Temporal run: what is planned in it gets names of its own. */
  name: string;
  rested?: RestedRun;
  /** A person paused the run that this one supersedes, and has not let it go on. */
  hold?: Hold | undefined;
  isOrphaned(): boolean;
  keepsLaterWaiting(): boolean;
  /** A person asks for a later attempt than the one under way. */
  onLater(change: ChangeSignal): void;
}

/** Runs that were begun before it asked nobody after a wave that was over as its stage began, until something else happened. */
const ASKS_AT_ONCE = 'asks-at-once';

/**
 * Carries out what the machine of a run decides: begins steps, stops them, and tells what came of them. All it knows goes
 * through continue-as-new.
 */
export class Run {
  private readonly input: RunInput;
  private readonly machine: RunMachine;
  private readonly saved: RestedRun['stages'];
  /** Under way, by their indexes. */
  private readonly steps = new Set<number>();
  private readonly stages: StagesAtWork;
  private readonly links: ParentLinks;
  private readonly askings: GateAskings;
  private readonly shown: ShownStanding;
  private readonly pauses = new Pauses(() => this.isResting);
  /** How many sites have something that they are to lose, by the plan of the layer's stage. */
  private readonly leftovers: Map<Layer, number>;
  private readonly stopped = new Set<number>();
  private readonly rested = new Set<number>();
  private work: Work;
  private before: LayerStatus[] | undefined;
  private failed: { error: unknown } | undefined;
  private isResting = false;
  private ending: Ending | undefined;
  private hasLeftBehind = false;
  private plans = 0;
  private wake = true;
  /** Until when the run sleeps by itself, RFC 3339. */
  private sleepsUntil: string | undefined;

  constructor(input: RunInput) {
    const { work, rested } = input;
    this.input = input;
    this.work = work;
    this.machine = rested ? new RunMachine(rested.machine, patched) : RunMachine.of(stepsOf(work), patched);
    if (!rested) {
      this.machine.steering.keepHold(input.hold);
      if (work.kind === 'rollout' && work.change.action !== undefined)
        this.machine.steering.hasTaken(work.change.action);
      if (work.kind === 'rollout') this.machine.changedBy(work.change.author);
      this.tellWindows();
    }
    this.machine.steering.pause(isPaused(work));
    this.links = new ParentLinks(this.machine);
    this.shown = new ShownStanding(this.machine, input.reporter);
    this.askings = new GateAskings({
      waits: () => waitingIn(this.work),
      answered: (asking, reply) => {
        this.machine.answered(asking, reply);
        this.wake = true;
      },
      heard: (asking, word) => {
        this.machine.heard(asking, word, now());
        this.wake = true;
      },
    });
    this.saved = { ...rested?.stages };
    this.stages = new StagesAtWork(this.machine, this.saved);
    this.before = rested?.before;
    this.leftovers = new Map(Object.entries(rested?.leftovers ?? {}) as [Layer, number][]);
    this.hasLeftBehind = rested?.leftBehind ?? false;
  }

  /**
   * Goes through the steps.
   *
   * @returns false when it came to rest before its end, at {@link stateAtRest}
   * @throws StageFailed; CancelledFailure after everything has stopped
   */
  async take(): Promise<boolean> {
    const history = new LongHistory({ drain: () => this.rest(), interrupt: () => this.interrupt() });
    for (const index of this.machine.active) this.begin(index);
    let ending: Ending = 'stop';
    let at: Layer[] = [];
    try {
      while (!this.isAtRest) {
        history.tell();
        this.decide();
        if (!this.isAtRest) await this.sleep(() => this.isAwake || history.hasNews);
      }
    } catch (error) {
      ending = 'cancel';
      throw error;
    } finally {
      if (this.machine.steering.aborted) ending = 'cancel';
      at = this.layersAt;
      if (this.steps.size > 0) await CancellationScope.nonCancellable(() => this.end(ending));
      // The run that goes on with this one asks on.
      const goesOn = ending === 'stop' && this.isResting && !this.failed && !this.machine.done;
      if (!goesOn) await this.leave();
    }
    const { aborted } = this.machine.steering;
    if (aborted) throw endAborted(aborted, at, this.input.reporter);
    if (this.failed) throw this.failed.error;
    if (!this.machine.done) return false;
    const { failure } = this.machine;
    if (failure) throw endFailed(failure, this.machine, this.input.reporter, await this.rollbackTarget());
    endWell(this.work, this.input.reporter);
    return true;
  }

  /** What is gone back to when it fails. */
  private async rollbackTarget(): Promise<SucceededRevision | undefined> {
    const { work } = this;
    if (work.kind !== 'rollout' || work.change.revision.strategy.onFailure !== 'Rollback') return undefined;
    await this.input.reporter.opened(); // what succeeded before, the object says
    return rollbackTarget(work.change, this.input.reporter.current);
  }

  /** Until there is something to decide by, or a gate may answer something else by itself. */
  private async sleep(isOver: () => boolean): Promise<void> {
    const until = this.machine.until(now());
    this.sleepsUntil = until;
    if (until === undefined) await condition(isOver);
    else await condition(isOver, Math.max(1, Date.parse(until) - Date.now()));
  }

  private get isAwake(): boolean {
    return this.wake || this.stages.isAwake;
  }

  /** Once for all that a workflow task brings: what it says of one stage is known before another goes on. */
  private decide(): void {
    this.wake = false;
    while (!this.isResting) {
      const commands = this.machine.decide(now());
      if (commands.length === 0) break;
      for (const command of commands) this.obey(command);
    }
    this.ask();
    this.shown.show(this.work, now());
    this.tellHold();
    this.stages.each((runner) => runner.decide());
    this.passWaves();
    this.wake ||= this.machine.until(now()) !== this.sleepsUntil;
  }

  /** Where a wave is over, the next follows when what is waited for is open; that it is waited for is said. */
  private passWaves(): void {
    let isAwaited = false;
    this.stages.each((runner, index) => {
      const wave = runner.awaitedWave;
      if (!wave) return;
      isAwaited = true;
      if (!this.machine.mayFollow(index, wave, now())) return;
      runner.passGate(wave);
      runner.decide();
    });
    if (!isAwaited) return;
    this.ask();
    this.shown.show(this.work, now());
  }

  /** Whoever is to be asked now for a gate, and nobody else. */
  private ask(): void {
    if (!this.isResting) this.askings.keep(this.machine.askings);
  }

  /** What people asked of it while it is under way, and it took. */
  get taken(): TakenAction[] {
    return this.machine.steering.log;
  }

  /** Resolves when nothing is under way any more. */
  private async end(ending: Ending): Promise<void> {
    this.ending = ending;
    this.stages.each((runner) => runner[ending]());
    for (;;) {
      this.wake = false;
      this.stages.each((runner) => runner.decide());
      if (this.steps.size === 0) return;
      await condition(() => this.isAwake);
    }
  }

  /** No other run goes on with what has come to rest: shards stop, and nobody is asked any more for a gate. */
  async leave(): Promise<void> {
    if (!this.askings.isIdle) await this.askings.end();
    await this.stages.leave();
  }

  /** Once it has come to rest: resolves when its shards have heard all they were told, which would not reach them later. */
  async deliver(): Promise<void> {
    await this.stages.deliver();
  }

  /** Where it is, once it has come to rest. */
  get stateAtRest(): RestedRun {
    const before = this.before ?? this.input.reporter.knownBefore;
    return {
      machine: this.machine.toJSON(),
      stages: { ...this.saved, ...this.stages.stateAtRest },
      ...(before && { before }),
      leftovers: Object.fromEntries(this.leftovers),
      ...(this.hasLeftBehind && { leftBehind: true }),
    };
  }

  /** Comes to rest for the next run: nothing further is begun, what is under way here comes to its end. */
  private rest(): void {
    if (this.isResting) return;
    this.isResting = true;
    this.stages.each((runner) => runner.drain());
    this.pauses.end();
    this.wake = true;
  }

  /** The same at once: what is under way here is stopped, and begun again in the next run. */
  private interrupt(): void {
    this.rest();
    this.stages.each((runner) => runner.interrupt());
  }

  /** Cuts the pauses between two rounds short: somebody waits. */
  hurry(): void {
    this.pauses.end();
  }

  /** What is to be done has changed only in how: sites that are done stay done. */
  adjust(change: ChangeSignal): void {
    const { revision } = change;
    this.work = { kind: 'rollout', change };
    this.machine.changedBy(change.author);
    this.machine.adjust(stepsOfChange(change), now(), () => planHashOf(revision));
    this.machine.steering.pause(isPaused(this.work));
    this.tellWindows();
    this.input.reporter.reopen((status) => withRevision(status, revision));
    this.stages.each((runner, _, step) => this.tellStrategy(step, runner));
    this.tellHold();
    this.wake = true;
  }

  /** Why an action of a person makes no sense now; undefined when it is to be taken. */
  refusal(request: ActionRequest): string | undefined {
    if (this.work.kind !== 'rollout') return `Its run is a ${this.work.kind}, and takes no actions`;
    if (this.ending || this.failed) return AT_ITS_END;
    return this.machine.refusal(request, underWayBy(this.work.change), now()) ?? this.refusalToSkip(request);
  }

  private refusalToSkip(request: ActionRequest): string | undefined {
    if (request.action !== 'Skip' || passesLayer(request)) return undefined;
    const { layer, wave } = request;
    const stage = this.stages.stageOf(layer);
    if (!stage) return 'Its sites are yet to be planned; ask again in a moment';
    const { step, runner } = stage;
    const isKnown = wave === undefined || runner.waves.includes(wave);
    return isKnown ? undefined : `The ${step.layer} has no wave ${wave}; there is ${runner.waves.join(', ')}`;
  }

  /** Takes an action that is not refused. @returns what is to be said of it */
  act(request: ActionRequest): string {
    if (this.work.kind !== 'rollout') throw new TypeError(`A ${this.work.kind} takes no actions`);
    const { change } = this.work;
    const said = this.machine.act(request, underWayBy(change), now());
    const later = laterByAction(change, request, this.input.reporter.current);
    if (later) this.input.onLater(later);
    if (passesLayer(request)) this.pass(request.layer);
    else if (request.action === 'Skip') this.stages.stageOf(request.layer)?.runner.skip(skipIn(request));
    this.tellHold();
    this.wake = true;
    return said;
  }

  /** Starts no further site of it, which the object says from now on; its turn may be yet to come. */
  private pass(layer: Layer): void {
    const skipped = this.machine.steering.skipOf(layer)!;
    this.input.reporter.update((status) => layerSkipping(status, layer, skipped));
    this.stages.stageOf(layer)?.runner.stop();
  }

  get isRepair(): boolean {
    return this.work.kind === 'repair';
  }

  /** Who paused it, for the run that supersedes it. */
  get hold(): Hold | undefined {
    return this.machine.steering.hold;
  }

  /** Layers that have their turn, or the next that would. */
  private get layersAt(): Layer[] {
    const { layers } = this.stages;
    return layers.length > 0 ? layers : [this.machine.nextLayer];
  }

  private tellHold(): void {
    this.stages.hold(this.machine.isHeld(now()));
  }

  /** As the change has it, which is the newest word of them. A rollback waits for none, as it does for no gate. */
  private tellWindows(): void {
    if (this.work.kind !== 'rollout') return;
    const { rollback, windows } = this.work.change;
    this.machine.tell(rollback ? [] : windows);
  }

  /** Of what the run is by now; who has been told so learns nothing. */
  private tellStrategy(step: StageStep | DropStep, runner: StageRunner): void {
    if (this.work.kind !== 'rollout' || step.kind !== 'stage' || !step.isFleet) return;
    const { layers, progressDeadlineSeconds } = this.work.change.revision.strategy;
    runner.adjust(layers[step.layer] ?? {}, progressDeadlineSeconds);
  }

  /** A shard that is a workflow of its own says something; one that belongs to no stage of this run is ended. */
  heard(owner: Owner, progress: ShardProgress): void {
    this.stages.heard(owner, progress);
  }

  /** A layer that soaks is no longer ready, or ready again. */
  health({ uid, ...health }: HealthSignal): void {
    if (uid !== ownerOf(this.work).uid) return;
    this.machine.health(health, now());
    this.wake = true;
  }

  /** The FogWindows are other ones by now, or more is known of them. Repairs and removals wait for none. */
  windows({ uid, windows }: WindowsSignal): void {
    if (this.work.kind !== 'rollout' || uid !== ownerOf(this.work).uid) return;
    this.work = { kind: 'rollout', change: withWindows(this.work.change, windows) };
    this.tellWindows();
    this.wake = true;
  }

  look(signal: SitesSignal): void {
    this.stages.look(signal);
    this.pauses.heard();
  }

  private get isAtRest(): boolean {
    if (this.failed || this.machine.done || this.machine.steering.aborted) return true;
    return this.isResting && this.machine.active.every((index) => this.rested.has(index));
  }

  private obey({ kind, index, step }: RunCommand): void {
    if (kind === 'begin') {
      this.begin(index);
      return;
    }
    if (kind === 'pass') {
      if ('layer' in step) this.input.reporter.update((status, at) => layerSkipped(status, step.layer, at));
      return;
    }
    this.stopped.add(index);
    this.stages.runnerOf(index)?.stop();
  }

  private begin(index: number): void {
    const step = this.machine.stepAt(index);
    if (step.kind === 'drop' && this.isNothing(step)) {
      this.machine.ended(index);
      return;
    }
    this.steps.add(index);
    void this.carryOut(index, step);
  }

  /** Known without asking anybody, which the most of them are. */
  private isNothing(step: DropStep): boolean {
    this.before ??= this.input.reporter.knownBefore;
    return this.before !== undefined && !dropOf(step, this.factsOf(step.layer, this.before));
  }

  private factsOf(layer: Layer, layers: LayerStatus[]): DropFacts {
    return { before: layers.find(({ name }) => name === layer), leftovers: this.leftovers.get(layer) ?? 0 };
  }

  private async carryOut(index: number, step: Step): Promise<void> {
    const key = stepKey(step);
    // Whether a drop has anything to do is found out when it is carried out.
    if (step.kind !== 'drop') tell((to) => to.began({ key, name: key, ...('layer' in step && { layer: step.layer }) }));
    try {
      const end = await this.perform(index, step);
      if (end === 'resting') this.rested.add(index);
      else {
        tell((to) => to.ended(key, end));
        this.machine.ended(index, end.failure);
        if (end.failure && this.machine.skipOf(step)) this.endSkipped(end.failure);
      }
    } catch (error) {
      tell((to) => to.ended(key));
      this.failed ??= { error };
    }
    this.stages.delete(index);
    this.steps.delete(index);
    this.wake = true;
    if (this.isAtRest || this.ending) return;
    // It comes of what was decided, so all that this task brings has been heard.
    try {
      this.decide();
    } catch (error) {
      this.failed ??= { error };
    }
    this.wake ||= this.isAtRest;
  }

  /** It has not become ready, and the run goes on without it. */
  private endSkipped({ layer, message }: SiteFailure): void {
    this.input.reporter.update((status, at) => layerSkipped(status, layer, at, message));
  }

  private perform(index: number, step: Step): Promise<StepEnd> {
    switch (step.kind) {
      case 'gate':
        throw new TypeError("A gate is nobody's to carry out");
      case 'check':
        return check(step, { work: this.work, reporter: this.input.reporter });
      case 'stage':
        return promote(step, this.isFirstStage(index), this.contextOf(index, step));
      case 'drop':
        return drop(step, this.contextOf(index, step));
      case 'letGo':
        return this.letGo();
    }
  }

  /** Unless something is left: its record names that, and the object itself is gone, or a later one would not be there. */
  private async letGo(): Promise<StepEnd> {
    if (!this.hasLeftBehind) await releaseFinalizer({ owner: ownerOf(this.work) });
    return {};
  }

  /** The opening report says of the first layer that it has begun. */
  private isFirstStage(index: number): boolean {
    return this.machine.steps.slice(0, index).every(({ kind }) => kind === 'check');
  }

  private contextOf(index: number, step: StageStep | DropStep): StepContext {
    const { reporter, name, isOrphaned, keepsLaterWaiting } = this.input;
    const workOf = () => this.work;
    return {
      get work() {
        return workOf();
      },
      reporter,
      isOrphaned,
      keepsLaterWaiting,
      leaveBehind: () => {
        this.hasLeftBehind = true;
      },
      planName: () => `${name}/${index}/${this.plans++}`,
      facts: async (layer) => this.factsOf(layer, await this.layersBefore()),
      planned: (layer, { leftovers = 0 }) => this.leftovers.set(layer, leftovers),
      linkBelow: (layer) => this.links.below(layer),
      linkAbove: (layer) => this.links.above(layer, step),
      takeSaved: () => {
        const saved = this.saved[index];
        delete this.saved[index];
        return saved;
      },
      works: (runner) => {
        this.stages.add(index, { step, runner });
        this.tellStrategy(step, runner); // it may have changed while the stage was planned, or as the run before came to rest
        if (this.stopped.has(index) || this.machine.skipOf(step)) runner.stop();
        runner.hold(this.machine.isHeld(now())); // it may have been told otherwise as the run before came to rest
        this.tellHold();
        if (this.isResting) runner.drain();
        if (this.ending) runner[this.ending]();
        // Nothing else has to happen before the next wave may follow, or somebody is asked.
        if (!this.wake && runner.awaitedWave && patched(ASKS_AT_ONCE)) this.wake = true;
      },
      failing: () => {
        this.machine.failing(index);
        for (const command of this.machine.decide(now())) this.obey(command); // nothing begins by it
      },
      isResting: () => this.isResting,
      rests: (runner) => {
        this.stages.rests(index, { step, runner });
      },
      pause: (sleeping) => this.pauses.take(sleeping),
    };
  }

  private async layersBefore(): Promise<LayerStatus[]> {
    this.before ??= await this.input.reporter.layersBefore();
    return this.before;
  }
}

function skipIn({ site, wave, by, reason }: ActionRequest): Parameters<StageRunner['skip']>[0] {
  return {
    by,
    ...(site !== undefined && { site }),
    ...(wave !== undefined && { wave }),
    ...(reason !== undefined && { reason }),
  };
}

function now(): string {
  return new Date().toISOString();
}
