import { sleep } from '@temporalio/workflow';
import { implicitPlan } from '../model/fleet/implicit-plan.ts';
import { openIn, type ShardReport } from '../model/fleet/report.ts';
import { orderIn } from '../model/order.ts';
import { type Drop, dropOf } from '../model/run/facts.ts';
import type { DropStep } from '../model/run/steps.ts';
import { ownerOf } from '../model/run/work.ts';
import type { PlannedStage, ShardWork } from '../model/shards.ts';
import type { StageState } from '../model/signals.ts';
import { implicitSite } from '../model/site.ts';
import { layerMessage, layerRemoved, layerRemoving } from '../model/status.ts';
import { layerCaughtUp, removalWords, withFailures } from '../model/status-fleet.ts';
import { counted } from '../model/text.ts';
import type { LayerStrategy, SiteFailure } from '../model/types.ts';
import { loadLayer, planStage } from './activities.ts';
import { failedBy } from './failures.ts';
import { fromHub } from './only-signed.ts';
import { stepKey, tell } from './parts.ts';
import { StageRunner } from './stage-runner.ts';
import type { StepContext, StepEnd } from './step.ts';

/** Sites that lose a release at once; it asks little of them. */
const REMOVALS_AT_ONCE = 100;

/** Pauses, in ms, between two rounds of a removal that nobody may give up. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

/** What a round has left. */
interface Left {
  sites: number;
  /** Why the first one that refused it did. */
  refusal?: SiteFailure;
  /** For people. */
  words: string;
}

/**
 * Takes releases away where the record says that they were given. What cannot be had now stays on record: a removal tries
 * again until nothing is left, a rollout leaves that to later.
 */
export async function drop(step: DropStep, context: StepContext): Promise<StepEnd> {
  const { layer, untilGone } = step;
  const { reporter, work } = context;
  const what = dropOf(step, await context.facts(layer));
  if (!what) return {};
  const key = stepKey(step);
  tell((to) => to.began({ key, name: key, layer }));
  const isLeftOut = step.leaves === 'all' && !isWanted(step, context);
  if (isLeftOut) {
    reporter.update((status, now) =>
      status.layers?.some(({ name }) => name === layer) ? layerRemoving(status, layer, now) : status,
    );
  }
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const left = await round(step, what, context);
    if (left === 'resting') return 'resting';
    if (left.sites === 0) {
      reporter.amend((status) => (isLeftOut ? layerRemoved(status, layer) : layerCaughtUp(status, layer)));
      return {};
    }
    // What cannot be reached now is taken away later; who refuses it has to be told to a person.
    if (!untilGone && left.refusal && work.kind !== 'repair') return failedBy(left.refusal, context);
    if (left.refusal) reporter.amend((status) => withFailures(status, [left.refusal!]));
    const again = untilGone ? `Removal is tried again in ${pause / 60_000} min` : 'It is tried again later';
    reporter.update((status) => layerMessage(status, layer, `${again}: ${left.words}`));
    if (!untilGone) return {};
    if (context.keepsLaterWaiting()) {
      context.leaveBehind();
      return {};
    }
    const summary = `remove ${ownerOf(work).name} from ${counted(left.sites, 'site')} of ${layer} again`;
    if (!(await context.pause(() => sleep(pause, { summary })))) return 'resting';
  }
}

/** Asks each of the sites once. */
async function round(step: DropStep, { recorded, implicit }: Drop, context: StepContext): Promise<Left | 'resting'> {
  const rounds: Left[] = [];
  let isRecorded = false;
  if (recorded) {
    const saved = context.takeSaved();
    const run = saved?.run ?? context.planName();
    const plan = saved?.plan ?? (await planLeaving(step, run, context));
    const left = await takeAway(step, { run, plan, saved, isRecorded: true }, context);
    if (left === 'resting') return 'resting';
    rounds.push(left);
    isRecorded = plan.hasImplicit ?? false;
  }
  // A FogSite may have that very place, and be held.
  if (implicit && !isRecorded && !context.isResting()) {
    const plan = implicitPlan(step.layer);
    const left = await takeAway(step, { run: context.planName(), plan, saved: undefined, isRecorded: false }, context);
    if (left === 'resting') return 'resting';
    rounds.push(left);
  } else if (implicit && !isRecorded) return 'resting';
  const refusal = rounds.find((one) => one.refusal)?.refusal;
  return {
    sites: rounds.reduce((sum, { sites }) => sum + sites, 0),
    words: rounds.flatMap(({ sites, words }) => (sites > 0 ? [words] : [])).join('; '),
    ...(refusal && { refusal }),
  };
}

async function planLeaving(step: DropStep, run: string, context: StepContext): Promise<PlannedStage> {
  const { layer, leaves } = step;
  const owner = ownerOf(context.work);
  const keep = (await keepsImplicit(step, context)) ? [implicitSite(layer)] : [];
  const strategy = await strategyOf(step, context);
  const orphan = context.work.kind === 'removal' && context.isOrphaned();
  const plan = await planStage({
    ...{ owner, layer, run, strategy, leaves },
    ...(orphan && { orphan }),
    ...(keep.length > 0 && { keep }),
  });
  return fromHub(plan);
}

/** Says who has a part in the layer; where nothing is known of it any more, whatever has a FogSite stays. */
async function strategyOf({ layer, repair }: DropStep, { work }: StepContext): Promise<LayerStrategy> {
  if (work.kind === 'rollout') return work.change.revision.strategy.layers[layer] ?? {};
  if (repair?.generation === undefined) return {};
  const { generation, attempt } = repair;
  const loaded = fromHub(await loadLayer({ owner: ownerOf(work), ...orderIn({ generation, attempt }), layer }));
  return loaded?.strategy ?? { prune: false };
}

/** A layer that is its implicit site again keeps what that has. */
async function keepsImplicit({ layer, leaves }: DropStep, { work, facts }: StepContext): Promise<boolean> {
  if (work.kind === 'rollout') return leaves === 'all' && work.change.revision.layers[layer] !== undefined;
  return work.kind === 'repair' && leaves === 'leftovers' && (await facts(layer)).before?.shards === undefined;
}

interface Leaving {
  run: string;
  plan: PlannedStage;
  saved: StageState | undefined;
  isRecorded: boolean;
}

async function takeAway(
  { layer }: DropStep,
  { run, plan, saved, isRecorded }: Leaving,
  context: StepContext,
): Promise<Left | 'resting'> {
  const { reporter, work } = context;
  const { total } = plan;
  const runner = new StageRunner(
    {
      owner: ownerOf(work),
      layer,
      run,
      plan,
      strategy: {},
      limits: {
        budget: { maxConcurrency: REMOVALS_AT_ONCE, maxFailures: total, minSuccess: 0, minReachable: 0 },
        terms: {},
      },
      work: removalOf(context),
      isRecorded,
      show: ({ counts, failures }) => {
        if (isRecorded) reporter.update((status) => layerMessage(status, layer, removalWords(counts, total, failures)));
      },
    },
    saved,
  );
  context.works(runner);
  const outcome = await runner.take();
  if (!outcome && context.isResting()) {
    context.rests(runner);
    return 'resting';
  }
  const { totals, newestFailures: failures } = runner;
  const [refusal] = failures;
  return {
    sites: leftIn(totals),
    words: isRecorded ? removalWords(totals, total, failures) : causeOf(failures),
    ...(totals.failed > 0 && refusal && { refusal }),
  };
}

function removalOf({ work, isOrphaned }: StepContext): ShardWork {
  if (work.kind === 'removal') return { kind: 'removal', ...(isOrphaned() && { orphan: true }) };
  return { kind: 'removal', order: orderIn(work.kind === 'rollout' ? work.change.revision : work.repair) };
}

function leftIn(counts: ShardReport): number {
  return openIn(counts) + counts.failed + counts.deferred + counts.held;
}

function causeOf([newest]: SiteFailure[]): string {
  return newest?.message ?? 'it did not come to an end';
}

/** Whether the layer has sites in what the run brings about. */
function isWanted({ layer, leaves }: DropStep, { work }: StepContext): boolean {
  if (work.kind === 'rollout') return work.change.revision.layers[layer] !== undefined;
  return work.kind === 'repair' && leaves === 'leftovers';
}
