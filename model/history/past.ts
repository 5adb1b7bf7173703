/** The history of a FogRollout: how its runs went, by what is kept of its generations and what it says of itself. Pure. */
import { conditionOf } from '../conditions.ts';
import { compareOrder, type Order, orderIn } from '../order.ts';
import type { FogRollout } from '../types.ts';
import type { KeptGeneration, UnreadableRun } from './kept.ts';
import { isUnderWay } from './left-behind.ts';
import { failedIn, gateOf, layerOf, type Outcome, type RunRecord, startOf } from './record.ts';

/** One run, or of a generation of which nothing is recorded, that. */
export interface PastRun
  extends Order,
    // Left out where nothing is recorded, and what it ended with also while it is under way.
    Partial<Pick<RunRecord, 'runId' | 'kind' | 'version' | 'phase' | 'finishedAt' | 'reason' | 'failures' | 'leftOut'>>,
    Pick<RunRecord, 'message' | 'layers' | 'gates' | 'actions'> {
  /** `Running`: it is under way. `Unknown`: nothing is recorded of it, or what is cannot be read. */
  outcome: Outcome | 'Running' | 'Unknown';
  /** RFC 3339; of what is unknown, when the content was kept. */
  startedAt: string;
}

const NOTHING_RECORDED = 'nothing is recorded of how it went';
const UNREADABLE = 'what is recorded of it cannot be read';

/**
 * Newest first.
 *
 * @param kept - in any order; of other objects of the name too
 * @param rollout - the object as it is; left out when it is gone, and then all that was kept counts
 */
export function pastRuns(kept: KeptGeneration[], rollout?: FogRollout): PastRun[] {
  const own = kept.filter(({ uid }) => rollout === undefined || uid === rollout.metadata.uid);
  const recorded = own.flatMap((generation) =>
    generation.runs.length > 0
      ? generation.runs.map((run) => recordedRun(generation, run))
      : [unrecorded(generation)].filter(() => !isYetToEnd(generation, rollout)),
  );
  const running = rollout && runningNow(rollout);
  const isRecorded = recorded.some(({ runId, outcome }) => runId === running?.runId && outcome !== 'Adjusted');
  return [...(running && !isRecorded ? [running] : []), ...recorded].toSorted(newestFirst);
}

/** Whom the run heard: who asked for it, approved, held or ended it; each once, in that order. */
export function actorsOf({ actions, gates }: Pick<PastRun, 'actions' | 'gates'>): string[] {
  const decided = gates.flatMap(({ decisions = [] }) => decisions);
  const all = [...actions, ...decided].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return [...new Set(all.map(({ by }) => by))];
}

function recordedRun(kept: KeptGeneration, run: RunRecord | UnreadableRun): PastRun {
  if (run.outcome !== 'Unknown') return { ...orderIn(kept), ...run };
  return { ...unrecorded(kept), runId: run.runId, message: UNREADABLE };
}

function unrecorded({ version, createdAt, ...kept }: KeptGeneration): PastRun {
  return {
    ...orderIn(kept),
    ...(version !== undefined && { version }),
    outcome: 'Unknown',
    startedAt: createdAt,
    message: NOTHING_RECORDED,
    ...{ layers: [], gates: [], actions: [] },
  };
}

/** Its content is kept when its run begins, and how that went at its end. */
function isYetToEnd(kept: KeptGeneration, rollout: FogRollout | undefined): boolean {
  if (!rollout) return false;
  const { status } = rollout;
  const isLater = compareOrder(kept, status?.revision ?? { generation: -1 });
  return isLater > 0 || (isLater === 0 && status !== undefined && isUnderWay(status));
}

/** What is under way, as far as the object says. */
function runningNow({ status }: FogRollout): PastRun | undefined {
  if (!status?.run || !status.revision || !isUnderWay(status)) return undefined;
  const { run, revision, phase, conditions, layers = [], gates = [] } = status;
  return {
    ...orderIn(revision),
    runId: run.runId,
    version: revision.version,
    outcome: 'Running',
    phase,
    startedAt: startOf(run, layers),
    message: conditionOf(conditions, 'Ready')?.message ?? '',
    layers: layers.map(layerOf),
    gates: gates.map(gateOf),
    actions: [],
    ...failedIn(status),
  };
}

function newestFirst(a: PastRun, b: PastRun): number {
  const order = compareOrder(b, a) || Date.parse(b.startedAt) - Date.parse(a.startedAt);
  return order || ((a.runId ?? '') < (b.runId ?? '') ? -1 : 1);
}
