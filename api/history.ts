import type { KeptGeneration } from '../model/history/kept.ts';
import { type PastRun, pastRuns } from '../model/history/past.ts';
import { compareOrder } from '../model/order.ts';
import type { FogRollout } from '../model/types.ts';

/** The words for how a run stands that this API began with: Temporal's. */
export const RUN_STATUSES = ['Running', 'Completed', 'Failed', 'Terminated', 'ContinuedAsNew', 'Unknown'] as const;

const STATUS_OF: Record<PastRun['outcome'], (typeof RUN_STATUSES)[number]> = {
  Running: 'Running',
  Succeeded: 'Completed',
  Failed: 'Failed',
  Aborted: 'Failed',
  RolledBack: 'Completed',
  Superseded: 'ContinuedAsNew',
  Adjusted: 'ContinuedAsNew',
  Interrupted: 'Terminated',
  Unknown: 'Unknown',
};

/** A run as the API shows it. */
export interface RunView extends Omit<PastRun, 'startedAt' | 'finishedAt'> {
  status: (typeof RUN_STATUSES)[number];
  startTime: string;
  closeTime?: string;
  /** Why it failed. */
  failure?: string;
}

export interface RunPage {
  /** Newest first. */
  runs: RunView[];
  /** Token of the next page; absent on the last. */
  next?: string;
}

/**
 * One page of the runs of a FogRollout.
 *
 * @param after - where the page before ended
 */
export function pageOfRuns(
  kept: KeptGeneration[],
  rollout: FogRollout | undefined,
  { limit, after }: { limit: number; after?: RunPosition | undefined },
): RunPage {
  const all = pastRuns(kept, rollout);
  const rest = after ? all.filter((run) => isBehind(run, after)) : all;
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { runs: page.map(viewOf), ...(last && rest.length > limit && { next: tokenOf(positionOf(last)) }) };
}

/** A run by what the order goes by, so that it may be gone when the next page is asked for. */
export interface RunPosition {
  generation: number;
  attempt: number;
  /** When it was begun, in ms since the epoch. */
  began: number;
  /** Empty where nothing is recorded. */
  runId: string;
}

/** Of what a token holds: an older API's tokens are refused rather than misread. */
const FORMAT = 'h1';

/** A position as clients hand it back: not to be read, and safe in a URL. */
function tokenOf({ generation, attempt, began, runId }: RunPosition): string {
  return Buffer.from([FORMAT, generation, attempt, began, runId].join('.')).toString('base64url');
}

/** @returns undefined for a token that is none of ours */
export function runPositionIn(token: string): RunPosition | undefined {
  const [, generation, attempt, began, ...rest] = Buffer.from(token, 'base64url').toString().split('.');
  const numbers = { generation: Number(generation), attempt: Number(attempt), began: Number(began) };
  const position = { ...numbers, runId: rest.join('.') };
  const isWhole = Object.values(numbers).every(Number.isSafeInteger);
  return isWhole && tokenOf(position) === token ? position : undefined;
}

function positionOf({ generation, attempt = 0, startedAt, runId = '' }: PastRun): RunPosition {
  return { generation, attempt, began: Date.parse(startedAt), runId };
}

function isBehind(run: PastRun, after: RunPosition): boolean {
  const position = positionOf(run);
  const { began, runId } = position;
  const order = compareOrder(position, after);
  if (order !== 0) return order < 0;
  return began === after.began ? runId > after.runId : began < after.began;
}

function viewOf({ startedAt, finishedAt, ...run }: PastRun): RunView {
  return {
    ...run,
    status: STATUS_OF[run.outcome],
    startTime: startedAt,
    ...(finishedAt !== undefined && { closeTime: finishedAt }),
    ...(STATUS_OF[run.outcome] === 'Failed' && { failure: run.message }),
  };
}
