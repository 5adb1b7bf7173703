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
import { type Budget, budgetOf } from '../model/fleet/budget.ts';
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
import { layerMessage, layerProgress, stageReady, withFailures } from '../model/status.ts';
import type { FogRolloutStatus, LayerContent, LayerStrategy, Owner, RevisionId, SiteFailure } from '../model/types.ts';
import { planStage } from './activities.ts';
import type { RunContext } from './run.ts';
import type { shardWorkflow } from './shard.ts';
import { haltSignal, isProgress, limitsSignal } from './shard-messages.ts';

/** The turn of a layer with FogSites. */
export interface FleetStage {
  owner: Owner;
  layer: Layer;
  revision: RevisionId;
  content: LayerContent;
  progressDeadlineSeconds: number;
  strategy: LayerStrategy;
}

/** Takes what shards say; the stage that is under way listens, others' words are dropped. */
export class ShardMessages {
  private listener: ((progress: ShardProgress) => void) | undefined;

  get isListening(): boolean {
    return this.listener !== undefined;
  }

  receive(progress: ShardProgress): void {
    if (isProgress(progress)) this.listener?.(progress);
  }

  listen(listener: ((progress: ShardProgress) => void) | undefined): void {
    this.listener = listener;
  }
}

/**
 * Takes a layer's sites to a revision: a plan of waves and shards from the sites there are now, then shard by shard, each a
 * child workflow that is told how many sites it may have under way and how many may fail.
 *
 * @returns why the layer is not ready with the revision; undefined when it is
 */
export async function promoteFleet(stage: FleetStage, run: RunContext): Promise<SiteFailure | undefined> {
  const { owner, layer, revision, content, progressDeadlineSeconds, strategy } = stage;
  const plan = await planStage({ owner, layer, revision, strategy, run: workflowInfo().runId });
  if (plan.total === 0) {
    const where = `its FogSites and spec.strategy.layers.${layer}.siteSelector`;
    return failureOf(layer, 'NoSites', `No usable site of the layer is selected; check ${where}`);
  }
  const outcome = await takeTurn(run, {
    key: { owner, layer, generation: revision.generation },
    plan,
    budget: budgetOf(strategy, plan.total),
    strategy,
    work: { kind: 'release', revision, content, progressDeadlineSeconds },
    show(status, { counts, failures, wave }, now) {
      const progress = { revision, total: plan.total, counts, shards: plan.shards.length, ...(wave && { wave }) };
      return withFailures(layerProgress(status, layer, progress, now), failures);
    },
  });
  if (!outcome.ok) return failureOf(layer, outcome.reason, outcome.message);
  run.reporter.amend((status, now) => stageReady(status, layer, now));
  return undefined;
}

/** Sites that lose a release at once; it asks little of them. */
const REMOVALS_AT_ONCE = 100;

/** Takes a layer's releases away from every site that may have one. */
export async function removeFleet(
  { owner, layer, generation }: { owner: Owner; layer: Layer; generation?: number },
  run: RunContext,
): Promise<void> {
  const plan = await planStage({ owner, layer, strategy: {}, run: workflowInfo().runId });
  await takeTurn(run, {
    key: { owner, layer, generation: 0 },
    plan,
    budget: { maxConcurrency: REMOVALS_AT_ONCE, maxFailures: plan.total, minSuccess: 0, minReachable: 0 },
    strategy: {},
    work: { kind: 'removal', ...(generation !== undefined && { generation }) },
    show: (status, { counts }) => layerMessage(status, layer, `${counts.ready} of ${plan.total} sites are done`),
  });
}

interface TurnInput {
  key: Omit<ShardKey, 'run' | 'index'>;
  plan: PlannedStage;
  budget: Budget;
  strategy: LayerStrategy;
  work: ShardWork;
  /** How the turn shows in the object's status. */
  show(status: FogRolloutStatus, seen: Seen, now: string): FogRolloutStatus;
}

interface Seen {
  counts: ShardReport;
  /** Newest first. */
  failures: SiteFailure[];
  /** e.g. `wave 2 of 3 (10%)`; absent where there is one. */
  wave?: string;
}

async function takeTurn(run: RunContext, input: TurnInput): Promise<Outcome> {
  const turn = new Turn(input, run);
  run.shards.listen((progress) => turn.heard(progress));
  try {
    return await turn.take();
  } finally {
    run.shards.listen(undefined);
  }
}

type Child = ChildWorkflowHandle<typeof shardWorkflow>;

/** One stage's turn over its shards: does what the coordinator decides, and tells it what shards say. */
class Turn {
  private readonly input: TurnInput;
  private readonly run: RunContext;
  private readonly coordinator: Coordinator;
  private readonly children = new Map<number, Child>();
  private readonly endings: Promise<void>[] = [];
  private readonly failures = new Map<string, SiteFailure>();
  private changed = true;

  constructor(input: TurnInput, run: RunContext) {
    this.input = input;
    this.run = run;
    const { rampUp, maxSitesPerMinute } = input.strategy;
    this.coordinator = new Coordinator({
      shards: input.plan.shards.map(({ index, wave, count }) => ({ id: String(index), wave, count })),
      budget: input.budget,
      ...(rampUp && { rampUp }),
      paced: maxSitesPerMinute !== undefined,
    });
  }

  /** @throws CancelledFailure after every shard has stopped */
  async take(): Promise<Outcome> {
    this.show();
    try {
      while (!this.coordinator.finished) {
        this.changed = false;
        for (const command of this.coordinator.decide()) await this.obey(command);
        await condition(() => this.changed);
      }
    } finally {
      await CancellationScope.nonCancellable(() => Promise.allSettled(this.endings));
    }
    return this.coordinator.outcome();
  }

  heard({ index, counts, failures }: ShardProgress): void {
    this.coordinator.report(String(index), counts);
    this.tell(failures);
  }

  private async obey(command: Command): Promise<void> {
    const index = Number(command.id);
    if (command.kind === 'start') return await this.start(index, command);
    const child = this.children.get(index);
    const told = command.kind === 'grant' ? child?.signal(limitsSignal, limitsOf(command)) : child?.signal(haltSignal);
    await told?.catch((error: unknown) => {
      if (isCancellation(error)) throw error; // any other: it has just ended, and its result is on its way
    });
  }

  private async start(index: number, limits: ShardLimits): Promise<void> {
    const { plan, strategy, work } = this.input;
    const { maxSitesPerMinute } = strategy;
    const key: ShardKey = { ...this.input.key, run: workflowInfo().runId, index };
    const { owner, layer } = key;
    const what = work.kind === 'release' ? `${owner.name} ${work.revision.version} to` : `remove ${owner.name} from`;
    const input: ShardInput = {
      key,
      work,
      limits: limitsOf(limits),
      ...(maxSitesPerMinute !== undefined && { paceMs: Math.ceil(60_000 / maxSitesPerMinute) }),
    };
    const child = await startChild<typeof shardWorkflow>(SHARD_WORKFLOW_TYPE, {
      workflowId: shardWorkflowId(key),
      args: [input],
      staticSummary: `${what} ${plan.shards[index]!.count} sites of ${layer}, shard ${index + 1} of ${plan.shards.length}`,
      // What it had begun stops before anything else is begun at those sites.
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    });
    this.children.set(index, child);
    this.endings.push(this.untilEnded(index, child));
  }

  private async untilEnded(index: number, child: Child): Promise<void> {
    try {
      const { counts, failures } = await child.result();
      this.coordinator.ended(String(index), counts);
      this.tell(failures);
    } catch {
      this.coordinator.ended(String(index)); // what it had not brought to an end counts as failed
      this.tell([]);
    }
  }

  private tell(failures: SiteFailure[]): void {
    this.changed = true;
    for (const failure of failures.toReversed()) {
      this.failures.delete(failure.site);
      this.failures.set(failure.site, failure);
    }
    this.show();
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

function limitsOf({ slots, failuresLeft }: ShardLimits): ShardLimits {
  return { slots, failuresLeft };
}

function failureOf(layer: Layer, reason: string, message: string): SiteFailure {
  return { site: layer, layer, reason, message: `${layer}: ${message}` };
}
