import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  condition,
  isCancellation,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { ParentNews } from '../model/fleet/branches.ts';
import type { Budget } from '../model/fleet/budget.ts';
import { type Command, Coordinator } from '../model/fleet/coordinator.ts';
import type { Outcome } from '../model/fleet/outcome.ts';
import type { ShardReport } from '../model/fleet/report.ts';
import type { ShardLimits } from '../model/fleet/shard.ts';
import type { Layer } from '../model/layers.ts';
import {
  type PlannedStage,
  SHARD_WORKFLOW_TYPE,
  type ShardInput,
  type ShardKey,
  type ShardProgress,
  type ShardWork,
  shardWorkflowId,
} from '../model/shards.ts';
import type { FogRolloutStatus, LayerStrategy, SiteFailure } from '../model/types.ts';
import type { Reporter } from './reporter.ts';
import type { shardWorkflow } from './shard.ts';
import { haltSignal, isProgress, limitsSignal } from './shard-messages.ts';

/** Takes what shards say; the turns that are going on listen, others' words are dropped. */
export class ShardMessages {
  private readonly listeners = new Map<Layer, (progress: ShardProgress) => void>();

  receive(progress: ShardProgress): void {
    if (isProgress(progress)) this.listeners.get(progress.layer)?.(progress);
  }

  /** @returns a function that ends it */
  listen(layer: Layer, listener: (progress: ShardProgress) => void): () => void {
    this.listeners.set(layer, listener);
    return () => void this.listeners.delete(layer);
  }
}

/** What a turn needs of the run around it. */
export interface TurnContext {
  reporter: Reporter;
  shards: ShardMessages;
  /** Called where the run can go on in a fresh one: the turn is cancelled then, and its plan kept. */
  checkpoint(): void;
}

export interface TurnInput {
  key: Omit<ShardKey, 'run' | 'index'>;
  plan: PlannedStage;
  budget: Budget;
  strategy: LayerStrategy;
  work: ShardWork;
  /** How the turn shows in the object's status. */
  show(status: FogRolloutStatus, seen: Seen, now: string): FogRolloutStatus;
  /** Told where the sites of a shard are, a letter each, where sites of the layer below wait for them. */
  onSites?: (index: number, phases: string) => void;
}

export interface Seen {
  counts: ShardReport;
  /** Newest first. */
  failures: SiteFailure[];
  /** e.g. `wave 2 of 3 (10%)`; absent where there is one. */
  wave?: string;
}

type Child = ChildWorkflowHandle<typeof shardWorkflow>;

/** One stage's turn over its shards: does what the coordinator decides, and tells it what shards say. */
export class Turn {
  private readonly input: TurnInput;
  private readonly run: TurnContext;
  private readonly coordinator: Coordinator;
  private readonly children = new Map<number, Child>();
  private readonly endings = new Set<Promise<void>>();
  private readonly failures = new Map<string, SiteFailure>();
  private changed = true;
  private isStopped = false;

  constructor(input: TurnInput, run: TurnContext) {
    this.input = input;
    this.run = run;
    const { rampUp, maxSitesPerMinute } = input.strategy;
    this.coordinator = new Coordinator({
      shards: input.plan.shards.map(({ index, wave, report, parents }) => ({
        id: String(index),
        wave,
        report,
        ...(parents && { parents }),
      })),
      budget: input.budget,
      ...(rampUp && { rampUp }),
      paced: maxSitesPerMinute !== undefined,
    });
    this.remember(input.plan.failures ?? []);
  }

  /** Where all its sites are. */
  get totals(): ShardReport {
    return this.coordinator.totals;
  }

  /** @throws CancelledFailure after every shard has stopped */
  async take(): Promise<Outcome> {
    const unlisten = this.run.shards.listen(this.input.key.layer, (progress) => this.heard(progress));
    this.show();
    try {
      while (this.isGoingOn) {
        this.run.checkpoint();
        this.changed = false;
        if (!this.isStopped) for (const command of this.coordinator.decide()) await this.obey(command);
        if (this.isGoingOn) await condition(() => this.changed);
      }
    } finally {
      await CancellationScope.nonCancellable(() => Promise.allSettled(this.endings));
      unlisten();
    }
    return this.coordinator.outcome();
  }

  /** Sites of the layer above were settled. */
  parents(news: ParentNews): void {
    this.coordinator.parents(news);
    this.changed = true;
  }

  /** Starts no further site; what is under way goes on to its end. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all([...this.children.values()].map((child) => child.signal(haltSignal).catch(orCancelled)));
    this.changed = true;
  }

  private get isGoingOn(): boolean {
    return this.isStopped ? this.endings.size > 0 : !this.coordinator.finished;
  }

  private heard(progress: ShardProgress): void {
    const { index, counts, heard, failures, phases } = progress;
    if (!this.children.has(index)) return;
    this.coordinator.report(String(index), counts, heard);
    this.tell(index, failures, phases);
  }

  private async obey(command: Command): Promise<void> {
    const index = Number(command.id);
    if (command.kind === 'start') return await this.start(index, command);
    const child = this.children.get(index);
    await (command.kind === 'grant'
      ? child?.signal(limitsSignal, limitsOf(command))
      : child?.signal(haltSignal)
    )?.catch(orCancelled);
  }

  private async start(index: number, limits: ShardLimits): Promise<void> {
    const { plan, strategy, work, onSites } = this.input;
    const { maxSitesPerMinute } = strategy;
    const key: ShardKey = { ...this.input.key, run: workflowInfo().runId, index };
    const { owner, layer } = key;
    const what = work.kind === 'release' ? `${owner.name} ${work.revision.version} to` : `remove ${owner.name} from`;
    const input: ShardInput = {
      key,
      work,
      limits: limitsOf(limits),
      ...(maxSitesPerMinute !== undefined && { paceMs: Math.ceil(60_000 / maxSitesPerMinute) }),
      ...(onSites && { isAwaited: true }),
    };
    const { report } = plan.shards[index]!;
    const count = report.waiting + report.blocked;
    const child = await startChild<typeof shardWorkflow>(SHARD_WORKFLOW_TYPE, {
      workflowId: shardWorkflowId(key),
      args: [input],
      staticSummary: `${what} ${count} sites of ${layer}, shard ${index + 1} of ${plan.shards.length}`,
      // What it had begun stops before anything else is begun at those sites.
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    });
    this.children.set(index, child);
    const ending = this.untilEnded(index, child).finally(() => this.endings.delete(ending));
    this.endings.add(ending);
  }

  private async untilEnded(index: number, child: Child): Promise<void> {
    try {
      const { counts, failures, phases } = await child.result();
      this.coordinator.ended(String(index), counts);
      this.tell(index, failures, phases);
    } catch {
      this.coordinator.ended(String(index)); // what it had not brought to an end counts as failed
      this.tell(index, []);
    }
  }

  private tell(index: number, failures: SiteFailure[], phases?: string): void {
    this.changed = true;
    this.remember(failures);
    if (phases !== undefined) this.input.onSites?.(index, phases);
    this.show();
  }

  /** @param failures - newest first */
  private remember(failures: SiteFailure[]): void {
    for (const failure of failures.toReversed()) {
      this.failures.delete(failure.site);
      this.failures.set(failure.site, failure);
    }
  }

  private show(): void {
    const { waves } = this.input.plan;
    const at = this.coordinator.wave ?? waves.length - 1;
    const wave = waves.length > 1 ? `wave ${at + 1} of ${waves.length} (${waves[at]!.name})` : undefined;
    const failures = [...this.failures.values()].reverse();
    const seen = { counts: this.coordinator.totals, failures, ...(wave && { wave }) };
    this.run.reporter.update((status, now) => this.input.show(status, seen, now));
  }
}

function limitsOf({ seq, slots, failuresLeft, opened, lost }: ShardLimits): ShardLimits {
  return { seq, slots, failuresLeft, ...(opened && { opened }), ...(lost && { lost }) };
}

/** Any other error of a signal: the shard has just ended, and its result is on its way. */
function orCancelled(error: unknown): void {
  if (isCancellation(error)) throw error;
}
