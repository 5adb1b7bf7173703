import { CancellationScope, condition, getExternalWorkflowHandle, patched } from '@temporalio/workflow';
import type { Layer } from '../model/layers.ts';
import type { RunMachine } from '../model/run/machine.ts';
import type { DropStep, StageStep } from '../model/run/steps.ts';
import { type ShardProgress, shardWorkflowId } from '../model/shards.ts';
import type { ResumedRun, SitesSignal } from '../model/signals.ts';
import type { Owner } from '../model/types.ts';
import { Mailbox } from './mailbox.ts';
import type { StageRunner } from './stage-runner.ts';

/** Runs that were begun before it were deaf once a stage had come to rest. */
const HEARS_AT_REST = 'hears-at-rest';

/** Runs that were begun before it ended with words to their shards still under way. */
const DELIVERS_AT_REST = 'delivers-at-rest';

/** A step, and who works its sites. */
interface Worked {
  step: StageStep | DropStep;
  runner: StageRunner;
}

/** What becomes of steps that are under way when their run ends before them. */
export type Ending = 'stop' | 'cancel';

/** Who works the sites of a run's steps: under way, at rest, or begun by the run before and not here yet. Told what is said. */
export class StagesAtWork {
  private readonly machine: RunMachine;
  /** Under way, by the indexes of their steps. */
  private readonly active = new Map<number, Worked>();
  /** Those that have come to rest hear on until the run goes on in another: what is said once is not lost in between. */
  private readonly resting = new Map<number, Worked>();
  /** What is said to stages of the run before, which are at work here only in a moment, by their indexes. */
  private readonly early = new Map<number, { plan: string; mailbox: Mailbox<StageRunner> }>();
  /** What they were last told. */
  private isHeld = false;

  /** @param saved - the stages of the run that this one goes on with, by the indexes of their steps */
  constructor(machine: RunMachine, saved: ResumedRun['stages']) {
    this.machine = machine;
    for (const [index, { run }] of Object.entries(saved)) {
      this.early.set(Number(index), { plan: run, mailbox: new Mailbox() });
    }
  }

  /** It is at work from now on, and hears what was said to it before. */
  add(index: number, worked: Worked): void {
    this.active.set(index, worked);
    this.early.get(index)?.mailbox.open(worked.runner);
    this.early.delete(index);
  }

  rests(index: number, worked: Worked): void {
    this.resting.set(index, worked);
  }

  /** Nothing of it is under way any more. */
  delete(index: number): void {
    this.active.delete(index);
  }

  runnerOf(index: number): StageRunner | undefined {
    return this.active.get(index)?.runner;
  }

  /** @param layer - left out, the one that has its turn */
  stageOf(layer: Layer | undefined): { step: StageStep; runner: StageRunner } | undefined {
    for (const { step, runner } of this.active.values()) {
      if (step.kind === 'stage' && (layer === undefined || step.layer === layer)) return { step, runner };
    }
    return undefined;
  }

  /** Layers that have their turn. */
  get layers(): Layer[] {
    return [...this.active.values()].map(({ step }) => step.layer);
  }

  /** Something was said to one of them by which it may decide otherwise. */
  get isAwake(): boolean {
    for (const { runner } of this.active.values()) if (runner.isAwake) return true;
    return false;
  }

  /** Those under way. */
  each(tell: (runner: StageRunner, index: number, step: StageStep | DropStep) => void): void {
    for (const [index, { step, runner }] of this.active) tell(runner, index, step);
  }

  /** Said where it is another than before: a stage that has just begun was told. */
  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return;
    this.isHeld = isHeld;
    this.each((runner) => runner.hold(isHeld));
  }

  /** A shard that is a workflow of its own says something; one that belongs to no stage of this run is ended. */
  heard(owner: Owner, progress: ShardProgress): void {
    for (const { plan, mailbox } of this.early.values()) {
      if (plan !== progress.run) continue;
      mailbox.tell((runner) => runner.heard(progress));
      return;
    }
    const isOurs = this.listening.some(({ runner }) => runner.heard(progress));
    if (isOurs || progress.isLast) return;
    const { layer, index } = progress;
    getExternalWorkflowHandle(shardWorkflowId({ owner, layer, index }))
      .cancel()
      .catch(() => undefined); // it has just ended
  }

  /** Something has happened at sites. */
  look({ layer, sites }: SitesSignal): void {
    for (const { step, runner } of this.listening) if (step.layer === layer) runner.look(sites);
    for (const [index, { mailbox }] of this.early) {
      const step = this.machine.stepAt(index);
      if ('layer' in step && step.layer === layer) mailbox.tell((runner) => runner.look(sites));
    }
  }

  /** No other run goes on with what has come to rest: shards stop. */
  async leave(): Promise<void> {
    const stages = [...this.resting.values()];
    if (stages.length === 0) return;
    for (const { runner } of stages) runner.cancel();
    const isOver = () => stages.every(({ runner }) => runner.isIdle);
    await CancellationScope.nonCancellable(() => condition(isOver));
  }

  /** Of those at rest: resolves when their shards have heard all they were told, which would not reach them later. */
  async deliver(): Promise<void> {
    const stages = [...this.resting.values()].map(({ runner }) => runner);
    const isDelivered = () => stages.every((runner) => runner.hasSaidAll);
    if (isDelivered() || !patched(DELIVERS_AT_REST)) return;
    for (const runner of stages) runner.keepWords();
    await condition(isDelivered);
  }

  /** Where those are that have come to rest. */
  get stateAtRest(): ResumedRun['stages'] {
    return Object.fromEntries([...this.resting].map(([index, { runner }]) => [index, runner.state] as const));
  }

  private get listening(): Worked[] {
    const hearsAtRest = this.resting.size > 0 && patched(HEARS_AT_REST);
    return [...this.active.values(), ...(hearsAtRest ? this.resting.values() : [])];
  }
}
