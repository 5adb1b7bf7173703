import { CancelledFailure, patched } from '@temporalio/workflow';
import type { ParentNews } from '../model/fleet/branches.ts';
import { type Command, Coordinator, type StageLimits } from '../model/fleet/coordinator.ts';
import { stageLimits } from '../model/fleet/limits.ts';
import type { Outcome } from '../model/fleet/outcome.ts';
import type { ShardReport } from '../model/fleet/report.ts';
import type { ShardLimits } from '../model/fleet/shard.ts';
import type { Layer } from '../model/layers.ts';
import type { PlannedStage, ShardKey, ShardProgress, ShardWork, Skip } from '../model/shards.ts';
import type { StageState } from '../model/signals.ts';
import type { LayerContent, LayerStrategy, Owner, SiteFailure } from '../model/types.ts';
import { workOutsideTasks } from './activities.ts';
import { ChildShard } from './child-shard.ts';
import { FollowedWaves } from './followed-waves.ts';
import { type InlineEnd, InlineShard } from './inline-shard.ts';
import { stepOf } from './parts.ts';
import { haltSignal, limitsSignal, lookSignal, skipSignal } from './shard-messages.ts';
import { type Seen, StageView } from './stage-view.ts';

export interface StageInput {
  owner: Owner;
  layer: Layer;
  /** @see PlanStageInput.run */
  run: string;
  plan: PlannedStage;
  /** By which it was planned. */
  strategy: LayerStrategy;
  limits: StageLimits;
  work: ShardWork;
  /** What the sites are given. */
  content?: LayerContent;
  /** Whether FogShards keep the record. */
  isRecorded: boolean;
  /** How the stage shows in the object's status; called at each change. */
  show(seen: Seen): void;
  /** Called when the stage has failed, whatever becomes of what is still under way. */
  onBreach?: () => void;
  /** Told where the sites of a shard are, a letter each, where sites of the layer below wait for them. */
  onSites?: (index: number, phases: string) => void;
}

/** So many names of sites, of up to 253 bytes, go along with a run that goes on. */
const MAX_LOOKED_FOR = 500;

/** Runs that were begun before it have said things inside their tasks. */
const OUTSIDE_TASKS = 'outside-tasks';

/**
 * One layer's turn over its shards: does what the coordinator decides, and tells it what shards say. Shards of few sites are
 * worked here, others are workflows of their own.
 */
export class StageRunner {
  private readonly input: StageInput;
  private readonly coordinator: Coordinator;
  private readonly inline = new Map<number, InlineShard>();
  private readonly children = new Map<number, ChildShard>();
  private readonly view: StageView;
  private readonly followed: FollowedWaves;
  private readonly continued: StageState['inline'];
  private readonly skips: NonNullable<StageState['skips']>;
  /** When what the plan says of sites was read, ms since the epoch. */
  private readonly plannedAt: number;
  private isDraining = false;
  private keepsWords = false;
  /** Sites of which the next run is to tell the shards. */
  private readonly lookedFor = new Set<string>();
  /** What ends it before its time. */
  private error: unknown;
  private readonly done = Promise.withResolvers<Outcome | undefined>();
  private wake = true;

  constructor(input: StageInput, state?: StageState) {
    const { plan, limits } = input;
    this.input = input;
    this.plannedAt = state ? 0 : Date.now();
    const shards = plan.shards.map(({ index, wave, report, parents }) => ({
      id: String(index),
      wave,
      report,
      ...(parents && { parents }),
    }));
    this.coordinator = new Coordinator({ shards, ...limits }, state?.coordinator);
    this.view = new StageView(plan, state);
    const { layer, run, work } = input;
    const wave = state && this.coordinator.wave;
    this.followed = new FollowedWaves({ step: stepOf(work, layer), layer, run, plan, wave });
    this.continued = { ...state?.inline };
    this.skips = [...(state?.skips ?? [])];
    for (const index of state?.children ?? []) this.follow(index, ChildShard.attach(this.keyOf(index)));
    if (state?.lookedFor) this.look(state.lookedFor);
    for (const index of Object.keys(this.continued).map(Number)) this.workInline(index);
  }

  /** @see StepContext.planName */
  get planName(): string {
    return this.input.run;
  }

  /** Where all its sites are. */
  get totals(): ShardReport {
    return this.coordinator.totals;
  }

  /** Newest first. */
  get newestFailures(): SiteFailure[] {
    return this.view.newestFailures;
  }

  /**
   * Goes through the stage, as far as it is asked to {@link decide}.
   *
   * @returns how it came out; undefined when it was drained before that, or the rest of it is to be planned anew
   * @throws CancelledFailure after every shard has stopped
   */
  take(): Promise<Outcome | undefined> {
    this.decide();
    return this.done.promise;
  }

  /** No shard is at work. */
  get isIdle(): boolean {
    return this.inline.size === 0 && this.children.size === 0;
  }

  /** Something has changed that there is to {@link decide} by. */
  get isAwake(): boolean {
    if (this.wake) return true;
    for (const { runner } of this.inline.values()) if (runner.isAwake) return true;
    return false;
  }

  /**
   * Starts and halts what the coordinator says. Asked when all that a workflow task brings has been heard, and what comes of
   * it leaves with that task: nothing can come between two starts.
   */
  decide(): void {
    while (this.isAwake) {
      this.wake = false;
      if (!this.isDraining && this.error === undefined) {
        for (const command of this.coordinator.decide()) this.obey(command);
      }
      for (const { runner } of [...this.inline.values()]) runner.decide();
    }
    this.followed.reached(this.coordinator.wave);
    this.show();
    if (this.inline.size > 0) return;
    if (this.error !== undefined) {
      if (this.children.size === 0) this.done.reject(this.error);
    } else if (this.coordinator.finished) {
      if (this.children.size === 0) this.done.resolve(this.coordinator.outcome());
    } else if (this.isDraining || this.coordinator.isSpent) this.done.resolve(undefined);
  }

  /** Stops everything; {@link take} rejects when it has. */
  cancel(): void {
    this.error ??= new CancelledFailure('The stage was cancelled');
    for (const shard of this.inline.values()) shard.runner.cancel();
    for (const child of this.children.values()) child.cancel();
    this.wake = true;
  }

  /** Takes what a shard that is a workflow of its own says; false when it is none of this stage's. */
  heard(progress: ShardProgress): boolean {
    if (progress.layer !== this.input.layer || progress.run !== this.input.run) return false;
    const child = this.children.get(progress.index);
    if (child) this.hear(progress);
    child?.heard(progress);
    return true;
  }

  /** Sites of the layer above were settled. */
  parents(news: ParentNews): void {
    this.coordinator.parents(news);
    this.wake = true;
  }

  /** The wave that is over, and after which the next waits to be {@link passGate let begin}, by its place in the strategy. */
  get awaitedWave(): { at: number; name: string } | undefined {
    const { awaited } = this.coordinator;
    const { name, at } = awaited === undefined ? {} : this.input.plan.waves[awaited]!;
    return name === undefined || at === undefined ? undefined : { at, name };
  }

  /** What was waited for after a wave is open. */
  passGate({ name }: { name: string }): void {
    this.coordinator.passGate(this.input.plan.waves.findIndex((wave) => wave.name === name));
    this.wake = true;
  }

  /** Starts no further site; what is under way goes on to its end. */
  stop(): void {
    this.coordinator.stop();
    this.wake = true;
  }

  /** Starts no further site until it is let go on; what is under way goes on to its end. */
  hold(isHeld: boolean): void {
    this.coordinator.hold(isHeld);
    this.wake = true;
  }

  /**
   * Another strategy, from the next start on. Where its waves are other ones, the rest is planned by those: after the wave
   * under way or, where that is the last, after what is under way of it. Sites that those of another layer wait for, or that
   * wait for others, stay in the waves they are in.
   */
  adjust(strategy: LayerStrategy, progressDeadlineSeconds: number): void {
    const { plan, onSites, strategy: planned } = this.input;
    this.coordinator.adjust(stageLimits(strategy, progressDeadlineSeconds, plan));
    if (wavesText(strategy) !== wavesText(planned)) {
      const isAlone = !onSites && plan.shards.every(({ parents }) => !parents);
      if (isAlone) this.coordinator.replan();
      else this.view.keepsWaves = true;
    }
    this.wake = true;
  }

  /** Something was said of these sites: what is under way at one that has gone is stopped. */
  look(sites: string[]): void {
    for (const shard of this.inline.values()) shard.runner.look(sites).catch(() => undefined);
    if (this.keepsWords && this.lookedFor.size + sites.length <= MAX_LOOKED_FOR) {
      for (const site of sites) this.lookedFor.add(site);
    } else for (const child of this.children.values()) child.signal(lookSignal, sites);
  }

  /**
   * Of a stage that has been drained: from now on nothing is said to its shards that the next run can say, so that
   * {@link hasSaidAll} comes true, however much is said of sites.
   */
  keepWords(): void {
    this.keepsWords = true;
  }

  /** Its shards have heard all that they were told. */
  get hasSaidAll(): boolean {
    return [...this.children.values()].every((child) => child.hasHeardAll);
  }

  /** The names of its waves. */
  get waves(): string[] {
    return this.input.plan.waves.map(({ name }) => name);
  }

  /** A person takes a site out, or what is left of a wave; shards that have yet to begin are told when they do. */
  skip(skip: Skip & { wave?: string }): void {
    this.skips.push(skip);
    const { wave: _, ...said } = skip;
    for (const [index, shard] of this.inline) if (this.isMeant(skip, index)) shard.runner.skip(said);
    for (const [index, child] of this.children) if (this.isMeant(skip, index)) child.signal(skipSignal, said);
    this.wake = true;
  }

  private isMeant({ wave }: { wave?: string }, index: number): boolean {
    return wave === undefined || this.input.plan.waves[this.shardAt(index).wave]?.name === wave;
  }

  private skipsOf(index: number): Skip[] {
    return this.skips.filter((skip) => this.isMeant(skip, index)).map(({ wave: _, ...skip }) => skip);
  }

  /** Comes to rest for the next run, which goes on with its {@link state}: shards of their own are left at work. */
  drain(): void {
    this.isDraining = true;
    for (const shard of this.inline.values()) shard.runner.drain();
    this.wake = true;
  }

  /** The same at once: what is under way here is stopped, and begun again in the next run. */
  interrupt(): void {
    for (const shard of this.inline.values()) shard.runner.interrupt();
  }

  /** Of a stage that has been drained. */
  get state(): StageState {
    const { run, plan, strategy } = this.input;
    return {
      run,
      plan,
      strategy,
      coordinator: this.coordinator.state,
      inline: { ...this.continued },
      children: [...this.children.keys()],
      ...(this.skips.length > 0 && { skips: this.skips }),
      ...(this.lookedFor.size > 0 && { lookedFor: [...this.lookedFor] }),
      ...this.view.state,
    };
  }

  /** Where the sites of each shard were last, by its index. */
  get seenPhases(): ReadonlyMap<number, string> {
    return this.view.phases;
  }

  private obey(command: Command): void {
    const index = Number(command.id);
    if (command.kind === 'start') {
      this.start(index, limitsOf(command));
      return;
    }
    const inline = this.inline.get(index);
    const child = this.children.get(index);
    if (command.kind === 'halt') {
      inline?.runner.halt();
      child?.signal(haltSignal);
    } else {
      inline?.runner.allow(limitsOf(command));
      child?.signal(limitsSignal, limitsOf(command));
    }
  }

  private start(index: number, limits: ShardLimits): void {
    const planned = this.shardAt(index);
    if (planned.wave === this.coordinator.wave) this.followed.starts(planned);
    if (planned.loaded) {
      this.workInline(index, limits);
      return;
    }
    const { plan, work, owner, layer, onSites } = this.input;
    const what = work.kind === 'release' ? `${owner.name} ${work.revision.version} to` : `remove ${owner.name} from`;
    const { waiting, blocked } = planned.report;
    const summary = `${what} ${waiting + blocked} sites of ${layer}, shard ${index + 1} of ${plan.shards.length}`;
    const skips = this.skipsOf(index);
    const input = {
      ...{ key: this.keyOf(index), work, limits, isOutsideTasks: true },
      ...(onSites && { isAwaited: true }),
      ...(skips.length > 0 && { skips }),
    };
    this.follow(index, ChildShard.start(input, summary));
  }

  private workInline(index: number, limits?: ShardLimits): void {
    const { work, content, isRecorded } = this.input;
    const state = this.continued[index];
    delete this.continued[index];
    const shard = new InlineShard(
      {
        key: this.keyOf(index),
        loaded: this.shardAt(index).loaded!,
        work,
        isRecorded,
        ...(content && { content }),
        ...(state && { state }),
        lookedAt: this.plannedAt,
      },
      {
        changed: (progress) => this.hear(progress),
        ended: (end) => this.inlineEnded(index, end),
      },
    );
    this.inline.set(index, shard);
    if (!limits) return;
    for (const skip of this.skipsOf(index)) shard.runner.skip(skip);
    shard.runner.allow(limits);
  }

  private inlineEnded(index: number, end: InlineEnd): void {
    this.inline.delete(index);
    this.wake = true;
    if ('word' in end) this.ended(index, end.word);
    else if ('continued' in end) this.continued[index] = end.continued;
    else {
      this.error ??= end.error;
      this.cancel();
    }
  }

  private follow(index: number, child: ChildShard): void {
    if (patched(OUTSIDE_TASKS)) workOutsideTasks(); // all its shards may speak at once
    this.children.set(index, child);
    void child.ended.then((end) => {
      this.children.delete(index);
      if ('word' in end) this.ended(index, end.word);
      else this.lost(index, end.lost);
    });
  }

  private ended(index: number, word: ShardProgress): void {
    this.coordinator.ended(String(index), word.counts);
    this.tell(word);
  }

  /** What it had not brought to an end counts as failed, and people are told why. */
  private lost(index: number, why: string): void {
    const { layer, plan } = this.input;
    this.coordinator.ended(String(index));
    const message = `${layer}: shard ${index + 1} of ${plan.shards.length} was lost: ${why}`;
    this.view.remember([{ site: layer, layer, reason: 'ShardLost', message }]);
    this.wake = true;
  }

  private hear(progress: ShardProgress): void {
    this.coordinator.report(String(progress.index), progress.counts, progress.heard, progress.shut);
    // First of all: what waits for the sites of this stage is not to begin by what else this says.
    if (this.coordinator.breached) this.input.onBreach?.();
    this.tell(progress);
  }

  private tell(progress: ShardProgress): void {
    this.wake = true;
    const { index, phases } = progress;
    const { onSites } = this.input;
    this.view.take(progress, onSites !== undefined);
    if (phases !== undefined) onSites?.(index, phases);
  }

  private show(): void {
    const seen = this.view.news(this.coordinator);
    if (seen) this.input.show(seen);
  }

  private shardAt(index: number) {
    return this.input.plan.shards.find((shard) => shard.index === index)!;
  }

  private keyOf(index: number): ShardKey {
    const { owner, layer, run } = this.input;
    return { owner, layer, run, index };
  }
}

/** What of a strategy decides who is in which wave. */
function wavesText({ waves, siteSelector, order }: LayerStrategy): string {
  return JSON.stringify([waves?.map(({ after: _, ...wave }) => wave), siteSelector, order]);
}

function limitsOf({ kind: _, id: __, ...limits }: ShardLimits & { kind: string; id: string }): ShardLimits {
  return limits;
}
