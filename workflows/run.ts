import { CancellationScope, condition, getExternalWorkflowHandle, isCancellation } from '@temporalio/workflow';
import type { Layer } from '../model/layers.ts';
import { type RunCommand, RunMachine } from '../model/run/machine.ts';
import {
  type DropStep,
  type StageStep,
  type Step,
  stepsOfChange,
  stepsOfRemoval,
  stepsOfRepair,
} from '../model/run/steps.ts';
import { isCatchUp, ownerOf } from '../model/run/work.ts';
import { type ShardProgress, shardWorkflowId } from '../model/shards.ts';
import type { ChangeSignal, ResumedRun, SitesSignal, StageState, Work } from '../model/signals.ts';
import { failed, repaired, succeeded, withRevision } from '../model/status.ts';
import { stageFailed } from '../model/status-fleet.ts';
import type { FogRolloutStatus, LayerStatus, Owner, SiteFailure } from '../model/types.ts';
import { releaseFinalizer } from './activities.ts';
import { check } from './check.ts';
import { drop } from './drop.ts';
import { StageFailed } from './failures.ts';
import { ParentLink } from './parent-link.ts';
import type { Reporter } from './reporter.ts';
import { promote } from './stage.ts';
import type { StageRunner } from './stage-runner.ts';

/** Where a run that has come to rest was. */
export type RestedRun = Pick<ResumedRun, 'machine' | 'stages' | 'before' | 'leftBehind'>;

/** What came of a step: why it failed, if it did; or that it rests for the next run. */
export type StepEnd = { failure?: SiteFailure } | 'resting';

/** What a step needs of the run it is a part of. */
export interface StepContext {
  /** What the run is doing, with all it was adjusted to. */
  readonly work: Work;
  reporter: Reporter;
  /** Names the plans of the step, each another one: what shards of an earlier plan say is not believed. */
  planName(): string;
  /** The layer as it was when the run began; undefined where it had nothing. */
  layerBefore(layer: Layer): Promise<LayerStatus | undefined>;
  /** How many sites have something that they are to lose, by the plan of the layer's stage. */
  leftovers: Map<Layer, number>;
  /** Between the sites of a layer and those below that wait for them one by one; undefined where none do. */
  linkBelow(layer: Layer): ParentLink | undefined;
  linkAbove(layer: Layer): ParentLink | undefined;
  /** Where the step was, when the run goes on with the one before; given once. */
  takeSaved(): StageState | undefined;
  /** Makes known who works the sites, and so who is told to stop, to rest, to look. */
  works(runner: StageRunner): void;
  /** The step goes on, and will fail. */
  failing(): void;
  save(state: StageState): void;
  isResting(): boolean;
  /** @returns false when the run is to rest */
  pause(sleeping: () => Promise<void>): Promise<boolean>;
  /** The releases outlive their object; known once the run is opened. */
  isOrphaned(): boolean;
  /** A later object of the name waits for the end of this removal. */
  keepsLaterWaiting(): boolean;
  /** What is left stays on record, for whoever finds that it can be taken away. */
  leaveBehind(): void;
}

export interface RunInput {
  work: Work;
  reporter: Reporter;
  /** e.g. the id of the Temporal run: what is planned in it gets names of its own. */
  name: string;
  rested?: RestedRun;
  isOrphaned(): boolean;
  keepsLaterWaiting(): boolean;
}

/**
 * Carries out what the machine of a run decides: begins steps, stops them, and tells what came of them. All it knows goes
 * through continue-as-new.
 */
export class Run {
  private readonly input: RunInput;
  private readonly machine: RunMachine;
  private readonly saved: RestedRun['stages'];
  private readonly active = new Map<number, { step: StageStep | DropStep; runner: StageRunner }>();
  /** What shards of the run before say while nobody works their stage here yet, by the name of its plan. */
  private readonly early = new Map<string, ShardProgress[]>();
  private readonly links = new Map<Layer, ParentLink>();
  private readonly leftovers = new Map<Layer, number>();
  private readonly stopped = new Set<number>();
  private readonly rested = new Set<number>();
  private readonly pauses = new Set<CancellationScope>();
  private work: Work;
  private before: LayerStatus[] | undefined;
  private failed: { error: unknown } | undefined;
  private isResting = false;
  private hasLeftBehind = false;
  /** Something was said of sites since the last round of a removal began. */
  private hasNews = false;
  private plans = 0;
  private wake = true;

  constructor(input: RunInput) {
    const { work, rested } = input;
    this.input = input;
    this.work = work;
    this.machine = rested ? new RunMachine(rested.machine) : RunMachine.of(stepsOf(work));
    this.saved = { ...rested?.stages };
    for (const { run } of Object.values(this.saved)) this.early.set(run, []);
    this.before = rested?.before;
    this.hasLeftBehind = rested?.leftBehind ?? false;
  }

  /**
   * Goes through the steps.
   *
   * @returns where it was, when it came to rest before its end
   * @throws StageFailed; CancelledFailure after everything has stopped
   */
  async take(): Promise<RestedRun | undefined> {
    const steps = new Set<Promise<void>>();
    const begin = (index: number) => {
      const one = this.begin(index).finally(() => steps.delete(one));
      steps.add(one);
    };
    for (const index of this.machine.active) begin(index);
    try {
      while (!this.isAtRest) {
        this.wake = false;
        if (!this.isResting) for (const command of this.machine.decide()) this.obey(command, begin);
        if (!this.isAtRest) await condition(() => this.wake);
      }
    } finally {
      if (steps.size > 0) await CancellationScope.nonCancellable(() => Promise.allSettled(steps));
    }
    if (this.failed) throw this.failed.error;
    if (!this.machine.done) return this.stateAtRest();
    if (this.machine.failure) throw this.fail(this.machine.failure);
    this.succeed();
    return undefined;
  }

  private stateAtRest(): RestedRun {
    return {
      machine: this.machine.toJSON(),
      stages: this.saved,
      ...(this.before && { before: this.before }),
      ...(this.hasLeftBehind && { leftBehind: true }),
    };
  }

  /** Comes to rest for the next run: nothing further is begun, what is under way here comes to its end. */
  rest(): void {
    if (this.isResting) return;
    this.isResting = true;
    for (const { runner } of this.active.values()) runner.drain();
    for (const pause of this.pauses) pause.cancel();
    this.wake = true;
  }

  /** The same at once: what is under way here is stopped, and begun again in the next run. */
  interrupt(): void {
    this.rest();
    for (const { runner } of this.active.values()) runner.interrupt();
  }

  /** Cuts the pauses between two rounds short: somebody waits. */
  hurry(): void {
    for (const pause of this.pauses) pause.cancel();
  }

  /** What is to be done has changed only in how: sites that are done stay done. */
  adjust(change: ChangeSignal): void {
    const { revision } = change;
    this.work = { kind: 'rollout', change };
    this.machine.adjust(stepsOfChange(change));
    this.input.reporter.reopen((status) => withRevision(status, revision));
    for (const { step, runner } of this.active.values()) {
      if (step.kind === 'stage' && step.isFleet) runner.adjust(revision.strategy.layers[step.layer] ?? {});
    }
    this.wake = true;
  }

  /** A shard that is a workflow of its own says something; one that belongs to no stage of this run is ended. */
  heard(owner: Owner, progress: ShardProgress): void {
    const early = this.early.get(progress.run);
    if (early) {
      early.push(progress);
      return;
    }
    const isOurs = [...this.active.values()].some(({ runner }) => runner.heard(progress));
    if (isOurs || progress.isLast) return;
    const { layer, index } = progress;
    getExternalWorkflowHandle(shardWorkflowId({ owner, layer, index }))
      .cancel()
      .catch(() => undefined); // it has just ended
  }

  look({ layer, sites }: SitesSignal): void {
    for (const { step, runner } of this.active.values()) if (step.layer === layer) runner.look(sites);
    this.hasNews = true;
    this.hurry();
  }

  private get isAtRest(): boolean {
    if (this.failed || this.machine.done) return true;
    return this.isResting && this.machine.active.every((index) => this.rested.has(index));
  }

  private obey({ kind, index }: RunCommand, begin: (index: number) => void): void {
    if (kind === 'begin') {
      begin(index);
      return;
    }
    this.stopped.add(index);
    this.active.get(index)?.runner.stop();
  }

  private async begin(index: number): Promise<void> {
    const step = this.machine.stepAt(index);
    try {
      const end = await this.perform(index, step);
      if (end === 'resting') this.rested.add(index);
      else this.machine.ended(index, end.failure);
    } catch (error) {
      this.failed ??= { error };
    } finally {
      this.active.delete(index);
      this.wake = true;
    }
  }

  private async perform(index: number, step: Step): Promise<StepEnd> {
    switch (step.kind) {
      case 'check':
        return await check(step, { work: this.work, reporter: this.input.reporter });
      case 'stage':
        return await promote(step, this.isFirstStage(index), this.contextOf(index, step));
      case 'drop':
        return await drop(step, this.contextOf(index, step));
      case 'letGo':
        // Its record names what is left; the object itself is gone, or a later one would not be there.
        if (this.hasLeftBehind) return {};
        await releaseFinalizer({ owner: ownerOf(this.work) });
        return {};
    }
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
      layerBefore: (layer) => this.layerBefore(layer),
      leftovers: this.leftovers,
      linkBelow: (layer) => (this.isAwaited(layer) ? this.linkOf(layer) : undefined),
      linkAbove: (layer) => this.linkAbove(layer, step),
      takeSaved: () => {
        const saved = this.saved[index];
        delete this.saved[index];
        return saved;
      },
      works: (runner) => {
        this.active.set(index, { step, runner });
        const early = this.early.get(runner.planName) ?? [];
        this.early.delete(runner.planName);
        for (const progress of early) runner.heard(progress);
        if (this.stopped.has(index)) runner.stop();
        if (this.isResting) runner.drain();
      },
      failing: () => {
        this.machine.failing(index);
        for (const command of this.machine.decide()) this.obey(command, () => undefined); // nothing begins by it
      },
      save: (state) => {
        this.saved[index] = state;
      },
      isResting: () => this.isResting,
      pause: (sleeping) => this.pause(sleeping),
    };
  }

  /** Its stage is gone through site by site together with that of the layer above; told of all its end while that goes on. */
  private linkAbove(above: Layer, step: StageStep | DropStep): ParentLink | undefined {
    if (step.kind !== 'stage' || !step.beside) return undefined;
    const isGoingOn = this.machine.active.some((index) => {
      const other = this.machine.stepAt(index);
      return other.kind === 'stage' && other.layer === above;
    });
    return isGoingOn || this.links.has(above) ? this.linkOf(above) : undefined;
  }

  private isAwaited(layer: Layer): boolean {
    return this.machine.steps.some((step) => step.kind === 'stage' && step.beside && step.above === layer);
  }

  private linkOf(layer: Layer): ParentLink {
    const known = this.links.get(layer) ?? new ParentLink();
    this.links.set(layer, known);
    return known;
  }

  private async layerBefore(layer: Layer): Promise<LayerStatus | undefined> {
    this.before ??= await this.input.reporter.layersBefore();
    return this.before.find(({ name }) => name === layer);
  }

  private async pause(sleeping: () => Promise<void>): Promise<boolean> {
    if (this.isResting) return false;
    const scope = new CancellationScope();
    this.pauses.add(scope);
    try {
      if (!this.hasNews) await scope.run(sleeping);
      return true;
    } catch (error) {
      if (isCancellation(error) && !CancellationScope.current().consideredCancelled) return !this.isResting;
      throw error;
    } finally {
      this.pauses.delete(scope);
      this.hasNews = false;
    }
  }

  private succeed(): void {
    const { reporter } = this.input;
    const { work } = this;
    if (work.kind === 'rollout') {
      const { revision } = work.change;
      reporter.update((status, now) => succeeded(status, revision, now));
    } else if (work.kind === 'repair') {
      const keepsStatus = isCatchUp(work);
      reporter.update((status, now) => (keepsStatus && isEnded(status) ? status : repaired(status, now)));
    }
  }

  private fail(failure: SiteFailure): StageFailed {
    const { reporter } = this.input;
    for (const layer of this.machine.stoppedLayers) {
      const message = `${layer}: stopped, because the ${failure.layer} is not ready`;
      reporter.amend((status, now) => stageFailed(status, layer, message, now));
    }
    reporter.update((status, now) => failed(stageFailed(status, failure.layer, failure.message, now), failure, now));
    return new StageFailed(failure);
  }
}

function stepsOf(work: Work): Step[] {
  if (work.kind === 'rollout') return stepsOfChange(work.change);
  return work.kind === 'repair' ? stepsOfRepair(work.repair) : stepsOfRemoval(work.remove);
}

/** What was reached, and what failed on the way, stays as it is when some sites catch up. */
function isEnded({ phase }: FogRolloutStatus): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
