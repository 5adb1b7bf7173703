import { FAILURE, type LoadedLayer } from '../model/activities.ts';
import { implicitPlan } from '../model/fleet/implicit-plan.ts';
import { stageLimits } from '../model/fleet/limits.ts';
import type { Outcome } from '../model/fleet/outcome.ts';
import { layerPutRight } from '../model/layer-skip.ts';
import { type Order, orderIn, orderText, revisionIdIn } from '../model/order.ts';
import type { StageStep } from '../model/run/steps.ts';
import { ownerOf } from '../model/run/work.ts';
import type { PlannedStage } from '../model/shards.ts';
import type { StageState } from '../model/signals.ts';
import { layerStarted, mayHaveRelease } from '../model/status.ts';
import { layerCaughtUp, layerCounts, layerProgress, stageReady, withFailures } from '../model/status-fleet.ts';
import type { FogRolloutStatus, ShardRelease, SiteFailure } from '../model/types.ts';
import { loadLayer, planStage } from './activities.ts';
import { failedBy } from './failures.ts';
import { fromHub } from './only-signed.ts';
import { StageRunner } from './stage-runner.ts';
import type { Seen } from './stage-view.ts';
import type { StepContext, StepEnd } from './step.ts';

/** What a stage gives its sites, and how. */
type Given = Pick<LoadedLayer, 'revision' | 'content' | 'hash' | 'progressDeadlineSeconds' | 'strategy'> & {
  above?: LoadedLayer['above'];
};

/**
 * A layer's turn: gives each of its sites the content, by the strategy, and judges what came of it. A layer without FogSites
 * is a stage of one site.
 *
 * @param isFirst - the opening report says already that it has begun
 */
export async function promote(step: StageStep, isFirst: boolean, context: StepContext): Promise<StepEnd> {
  const { layer, isFleet, repair } = step;
  const { reporter } = context;
  let given = repair ? await givenByRepair(step, repair, context) : givenByChange(step, context);
  if (!given) return failedBy(contentMissing(step), context);
  let saved = context.takeSaved();
  if (!saved && !(repair && isFleet)) {
    if (isFirst) reporter.amend((status, now) => layerStarted(status, layer, now));
    else reporter.update((status, now) => layerStarted(status, layer, now));
  }
  for (let mode: Mode = repair ? 'repair' : 'promote'; ; mode = 'adjust') {
    const run = saved?.run ?? context.planName();
    const plan = saved?.plan ?? (isFleet ? await planFor(step, given, { run, mode, context }) : implicitPlan(layer));
    context.planned(layer, plan);
    if (plan.total === 0) {
      context.linkBelow(layer)?.ended(false);
      return repair ? {} : { failure: noSites(step) };
    }
    if (plan.shards.some(({ loaded }) => !loaded)) {
      // Their shards read the content that it keeps: of the order by now, where a later one came before any was kept.
      await reporter.opened();
      if (!repair) given = { ...given, revision: givenByChange(step, context).revision };
    }
    const runner = runnerOf(step, given, { run, plan, saved, context });
    saved = undefined;
    context.linkBelow(layer)?.plan(plan, runner.seenPhases);
    const above = step.above && context.linkAbove(step.above);
    if (above) {
      await above.planned;
      above.join(runner, plan);
    }
    context.works(runner);
    const outcome = await runner.take();
    if (outcome) {
      context.linkBelow(layer)?.ended(outcome.ok);
      return judge(step, runner, outcome, context);
    }
    if (context.isResting()) {
      context.rests(runner);
      return 'resting';
    }
    if (!repair) given = givenByChange(step, context); // the waves are other ones: the rest is planned by them
  }
}

type Mode = 'promote' | 'repair' | 'adjust';

function givenByChange({ layer, above }: StageStep, { work }: StepContext): Given {
  if (work.kind !== 'rollout') throw new TypeError(`A ${work.kind} gives no layer anything`);
  const { revision } = work.change;
  const { strategy } = revision;
  return {
    revision: revisionIdIn(revision),
    content: revision.layers[layer]!,
    hash: revision.hashes[layer]!,
    progressDeadlineSeconds: strategy.progressDeadlineSeconds,
    strategy: strategy.layers[layer] ?? {},
    ...(above && { above }),
  };
}

/** @returns undefined when the content is no longer kept */
async function givenByRepair({ layer }: StageStep, order: Order, { work }: StepContext): Promise<Given | undefined> {
  const loaded = fromHub(await loadLayer({ owner: ownerOf(work), ...orderIn(order), layer }));
  if (!loaded) return undefined;
  const { promotion, above: nearest, ...given } = loaded;
  return { ...given, ...(promotion === 'Branch' && nearest && { above: nearest }) };
}

async function planFor(
  step: StageStep,
  { revision, hash, strategy, above }: Given,
  { run, mode, context }: { run: string; mode: Mode; context: StepContext },
): Promise<PlannedStage> {
  const { layer, repair } = step;
  const implicit = repair ? undefined : await implicitRelease(layer, context);
  const plan = await planStage({
    owner: ownerOf(context.work),
    layer,
    run,
    strategy,
    release: {
      revision,
      hash,
      mode,
      ...(repair && { drifted: repair.drifted }),
      ...(above && { above }),
      ...(implicit && { implicit }),
      ...(mindsWindows(step, context) && { windows: true }),
    },
    named: context.linkBelow(layer) !== undefined,
  });
  return fromHub(plan);
}

/** Repairs and rollbacks bring back what was let through before: they wait for no window. */
function mindsWindows({ isFleet }: StageStep, { work }: StepContext): boolean {
  return isFleet && work.kind === 'rollout' && work.change.rollback === undefined;
}

/** What the layer's implicit site has, where it had no FogSites until now. */
async function implicitRelease(layer: StageStep['layer'], { facts }: StepContext): Promise<ShardRelease | undefined> {
  const { before } = await facts(layer);
  if (!before || before.shards !== undefined || !mayHaveRelease(before)) return undefined;
  return { version: before.version ?? '', generation: before.generation ?? 1 };
}

function runnerOf(
  step: StageStep,
  given: Given,
  {
    run,
    plan,
    saved,
    context,
  }: { run: string; plan: PlannedStage; saved: StageState | undefined; context: StepContext },
): StageRunner {
  const { layer, isFleet } = step;
  const { revision, hash, content, progressDeadlineSeconds } = given;
  const strategy = isFleet ? given.strategy : {};
  const link = context.linkBelow(layer);
  return new StageRunner(
    {
      owner: ownerOf(context.work),
      layer,
      run,
      plan,
      strategy: saved?.strategy ?? strategy,
      limits: stageLimits(strategy, progressDeadlineSeconds, plan),
      work: { kind: 'release', revision, hash, ...(mindsWindows(step, context) && { windows: true }) },
      content,
      isRecorded: isFleet,
      show: (seen) => show(step, given, plan, seen, context),
      onBreach: () => context.failing(),
      ...(link && { onSites: (index, phases) => link.saw(index, phases) }),
    },
    saved,
  );
}

/** In the object's status; of a layer of one site only with the next report. */
function show(
  { layer, isFleet, repair }: StageStep,
  given: Given,
  plan: PlannedStage,
  seen: Seen,
  { reporter }: StepContext,
) {
  const { counts, applied, failures, wave, held, shut } = seen;
  const { revision, hash } = given;
  const shards = isFleet ? plan.shards.length : undefined;
  const how = (status: FogRolloutStatus) => {
    const progress = {
      revision,
      hash,
      total: plan.total,
      counts,
      applied,
      ...(wave && { wave }),
      ...(held && { held }),
      ...(shut && { shut }),
    };
    const shown =
      repair && shards !== undefined
        ? layerCounts(status, layer, { ...progress, shards })
        : layerProgress(status, layer, { ...progress, ...(shards !== undefined && { shards }) });
    return withFailures(shown, failures);
  };
  if (isFleet || held !== undefined) reporter.update(how);
  else reporter.amend(how);
}

function judge(
  { layer, isFleet, repair }: StageStep,
  runner: StageRunner,
  outcome: Outcome,
  { reporter }: StepContext,
): StepEnd {
  if (repair && isFleet) {
    // What fails there is counted and named, and takes nothing from what the layer has reached.
    reporter.amend((status) => layerCaughtUp(status, layer));
    return {};
  }
  const [newest] = runner.newestFailures;
  // What the watcher saw was behind: the site has been given something newer since, which is not for us to judge.
  const isBehind = repair !== undefined && newest?.reason === FAILURE.stale;
  if (outcome.ok || isBehind) {
    reporter.amend((status, now) => (repair ? layerPutRight : stageReady)(status, layer, now));
    return {};
  }
  const failure = failureOf(layer, outcome.reason, outcome.message);
  return { failure: isFleet ? failure : (newest ?? failure) };
}

function noSites({ layer }: StageStep): SiteFailure {
  const where = `its FogSites and spec.strategy.layers.${layer}.siteSelector`;
  return failureOf(layer, 'NoSites', `No usable site of the layer is selected; check ${where}`);
}

function contentMissing({ layer, repair }: StageStep): SiteFailure {
  const what = `the content of ${orderText(repair!)} is no longer kept`;
  return failureOf(
    layer,
    'RevisionMissing',
    `${what}, so its release cannot be put right; change the FogRollout to roll out anew`,
  );
}

function failureOf(layer: StageStep['layer'], reason: string, message: string): SiteFailure {
  return { site: layer, layer, reason, message: `${layer}: ${message}` };
}
