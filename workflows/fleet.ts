import { sleep, workflowInfo } from '@temporalio/workflow';
import { Branches } from '../model/fleet/branches.ts';
import { budgetOf } from '../model/fleet/budget.ts';
import { offlineOf } from '../model/fleet/offline.ts';
import type { Outcome } from '../model/fleet/outcome.ts';
import type { ShardReport } from '../model/fleet/report.ts';
import type { Layer } from '../model/layers.ts';
import type { PlannedStage, PlanStageInput } from '../model/shards.ts';
import { layerMessage } from '../model/status.ts';
import {
  layerCaughtUp,
  layerCounts,
  layerProgress,
  stageFailed,
  stageReady,
  withFailures,
} from '../model/status-fleet.ts';
import type { LayerContent, LayerStrategy, Owner, Promotion, RevisionId, SiteFailure } from '../model/types.ts';
import { planStage } from './activities.ts';
import type { RunContext } from './run.ts';
import { Turn, type TurnInput } from './turn.ts';

/** The turn of a layer with FogSites. */
export interface FleetStage {
  owner: Owner;
  layer: Layer;
  revision: RevisionId;
  content: LayerContent;
  progressDeadlineSeconds: number;
  strategy: LayerStrategy;
}

/**
 * Takes the sites of layers to a revision: a plan of waves and shards from the sites there are now, then shard by shard, each a
 * child workflow that is told how many sites it may have under way and how many may fail.
 *
 * @param stages - one, or several that go on at once: then a site waits for its own parent in the stage before, and one
 *   without a parent for all of that stage
 * @returns why the first layer that is not ready with the revision is not; undefined when all are
 */
export async function promoteFleet(stages: FleetStage[], run: RunContext): Promise<SiteFailure | undefined> {
  const plans: PlannedStage[] = [];
  for (const [at, stage] of stages.entries()) {
    const isAbove = at < stages.length - 1;
    const plan = await planFor(stage, {
      branches: at > 0,
      named: isAbove,
      former: run.isRenewed ? 'continue' : 'anew',
    });
    if (plan.total === 0) return noSites(stage.layer);
    plans.push(plan);
  }
  const turns: Turn[] = [];
  const branches = plans.slice(0, -1).map(({ shards }) => new Branches(shards.map(({ sites = [] }) => sites)));
  for (const [at, stage] of stages.entries()) {
    const above = branches[at];
    const onSites = above && ((index: number, phases: string) => turns[at + 1]?.parents(above.saw(index, phases)));
    turns.push(new Turn({ ...turnOf(stage, plans[at]!), ...(onSites && { onSites }) }, run));
  }
  for (const [at, above] of branches.entries()) {
    const { shards } = plans[at]!;
    turns[at + 1]!.parents(above.missing(plans[at + 1]!.shards.flatMap(({ parents = {} }) => Object.keys(parents))));
    for (const { index, phases = '' } of shards) turns[at + 1]!.parents(above.saw(index, phases));
  }
  const outcomes = await inTurn(stages, turns, branches, run);
  return firstFailure(stages, outcomes, run);
}

/** Takes all turns at once; one that ends badly stops those below it. */
async function inTurn(stages: FleetStage[], turns: Turn[], branches: Branches[], run: RunContext): Promise<Outcome[]> {
  const ended = turns.map(async (turn, at) => {
    const outcome = await turn.take();
    if (outcome.ok) run.reporter.amend((status, now) => stageReady(status, stages[at]!.layer, now));
    const below = turns[at + 1];
    below?.parents(branches[at]!.ended(outcome.ok));
    if (!outcome.ok) await below?.stop();
    return outcome;
  });
  await Promise.allSettled(ended);
  return await Promise.all(ended);
}

function firstFailure(stages: FleetStage[], outcomes: Outcome[], run: RunContext): SiteFailure | undefined {
  let failure: SiteFailure | undefined;
  for (const [at, outcome] of outcomes.entries()) {
    const { layer } = stages[at]!;
    if (failure) {
      const message = `${layer}: stopped, because the ${failure.layer} is not ready`;
      run.reporter.amend((status, now) => stageFailed(status, layer, message, now));
    } else if (!outcome.ok) {
      failure = failureOf(layer, outcome.reason, outcome.message);
    }
  }
  return failure;
}

function turnOf(stage: FleetStage, plan: PlannedStage): TurnInput {
  const { owner, layer, revision, content, progressDeadlineSeconds, strategy } = stage;
  return {
    key: { owner, layer, generation: revision.generation },
    plan,
    budget: budgetOf(strategy, plan.total),
    strategy,
    work: { kind: 'release', revision, content, progressDeadlineSeconds, offline: offlineOf(strategy) },
    show(status, { counts, failures, wave }, now) {
      const progress = { revision, total: plan.total, counts, shards: plan.shards.length, ...(wave && { wave }) };
      return withFailures(layerProgress(status, layer, progress, now), failures);
    },
  };
}

/**
 * Gives the revision that a layer was promoted to, to those of its sites that are behind: new ones, those that are back, are
 * no longer held, or have drifted. What fails there is counted and named, and takes nothing from what the layer has reached.
 */
export async function catchUp(
  stage: FleetStage & { drifted: string[]; promotion: Promotion },
  run: RunContext,
): Promise<void> {
  const { layer, drifted, promotion } = stage;
  const former = run.isRenewed ? 'continue' : 'repair';
  const plan = await planFor(stage, { branches: promotion === 'Branch', former, drifted });
  if (plan.total === 0) return;
  const { show: _, ...turn } = turnOf(stage, plan);
  const shards = plan.shards.length;
  await new Turn(
    {
      ...turn,
      show: (status, { counts, failures }) =>
        withFailures(layerCounts(status, layer, { total: plan.total, counts, shards }), failures),
    },
    run,
  ).take();
  run.reporter.amend((status) => layerCaughtUp(status, layer));
}

/** Sites that lose a release at once; it asks little of them. */
const REMOVALS_AT_ONCE = 100;

/**
 * Takes a layer's releases away from every site that may have one. Those that are out of reach are tried again every minute,
 * until they are back or their FogSites are deleted.
 */
export async function removeFleet(
  { owner, layer, generation }: { owner: Owner; layer: Layer; generation?: number },
  run: RunContext,
): Promise<void> {
  for (let former: PlanStageInput['former'] = run.isRenewed ? 'continue' : 'anew'; ; former = 'repair') {
    const plan = await planStage({ owner, layer, strategy: {}, run: workflowInfo().runId, former });
    const turn = new Turn(
      {
        key: { owner, layer, generation: 0 },
        plan,
        budget: { maxConcurrency: REMOVALS_AT_ONCE, maxFailures: plan.total, minSuccess: 0, minReachable: 0 },
        strategy: {},
        work: { kind: 'removal', ...(generation !== undefined && { generation }) },
        show: (status, { counts }) => layerMessage(status, layer, removalWords(counts, plan.total)),
      },
      run,
    );
    await turn.take();
    const away = turn.totals.deferred;
    if (away === 0) return;
    await sleep('1m', { summary: `remove ${owner.name} from ${away} sites of ${layer} again` });
    run.checkpoint();
  }
}

function removalWords({ ready, deferred }: ShardReport, total: number): string {
  const rest = deferred > 0 ? `; ${deferred} out of reach: removal goes on when they are back` : '';
  return `${ready} of ${total} sites are done${rest}`;
}

function planFor(
  { owner, layer, revision, strategy }: FleetStage,
  how: Pick<PlanStageInput, 'former' | 'branches' | 'named' | 'drifted'>,
): Promise<PlannedStage> {
  return planStage({ owner, layer, revision, strategy, run: workflowInfo().runId, ...how });
}

function noSites(layer: Layer): SiteFailure {
  const where = `its FogSites and spec.strategy.layers.${layer}.siteSelector`;
  return failureOf(layer, 'NoSites', `No usable site of the layer is selected; check ${where}`);
}

function failureOf(layer: Layer, reason: string, message: string): SiteFailure {
  return { site: layer, layer, reason, message: `${layer}: ${message}` };
}
