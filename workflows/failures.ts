import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { FAILURE } from '../model/activities.ts';
import { queueOf, type Site } from '../model/site.ts';
import { withFailures } from '../model/status-fleet.ts';
import type { SiteFailure, SucceededRevision } from '../model/types.ts';
import type { Reporter } from './reporter.ts';

/** A stage that cannot go on, with what to tell people. Never leaves the workflow as it is. */
export class StageFailed extends Error {
  override readonly name = 'StageFailed';
  readonly failure: SiteFailure;
  /** What all layers go back to. */
  readonly target: SucceededRevision | undefined;

  constructor(failure: SiteFailure, target?: SucceededRevision) {
    super(failure.message);
    this.failure = failure;
    this.target = target;
  }
}

/** The end of a step that failed for a reason no shard has told; it goes out with the next report. */
export function failedBy(failure: SiteFailure, { reporter }: { reporter: Reporter }): { failure: SiteFailure } {
  reporter.amend((status) => withFailures(status, [failure]));
  return { failure };
}

/** Reason of a failure: no worker has begun the activity in time. */
export const UNSERVED = 'Unserved';

/**
 * Makes of an activity's failure what a person wants to read: what the activity stated, neither Temporal's wrapping
 * of it nor the causes it had.
 */
export function siteFailureOf(error: unknown, site: Site): SiteFailure {
  const where = { site: site.name, layer: site.layer };
  const stated = statedCause(error);
  if (stated) {
    const isTimeout = stated.type === FAILURE.transient;
    return {
      ...where,
      reason: stated.type ?? 'Error',
      message: isTimeout ? `${stated.message} (tried until the stage's deadline)` : stated.message,
    };
  }
  if (isUnserved(error)) {
    const message = `${site.layer}: no worker of the task queue ${queueOf(site)} took the work for site ${site.name}`;
    return { ...where, reason: UNSERVED, message };
  }
  if (error instanceof ActivityFailure && error.cause instanceof TimeoutFailure) {
    return {
      ...where,
      reason: 'Timeout',
      message: `${site.layer}: no worker answered for site ${site.name} until the stage's deadline; check that one serves the task queue ${queueOf(site)}`,
    };
  }
  return { ...where, reason: 'Error', message: error instanceof Error ? error.message : String(error) };
}

/**
 * Why work at a site has failed.
 *
 * @throws the error itself when it is a cancellation: that is none of the site's
 */
export function failureAt(site: Site, error: unknown): SiteFailure {
  if (isCancellation(error)) throw error;
  return siteFailureOf(error, site);
}

/** No worker of the site's queue has begun it in time. */
function isUnserved(error: unknown): boolean {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof TimeoutFailure)) return false;
  return error.cause.timeoutType === 'SCHEDULE_TO_START';
}

/** Anything else that is thrown would retry the workflow task for ever: what ends the run instead, saying what it was. */
export function asFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const message = statedMessage(error);
  const cause = error instanceof Error ? error : undefined;
  return ApplicationFailure.create({ message, type: 'UnexpectedError', nonRetryable: true, ...(cause && { cause }) });
}

/** What an error says, as a person wants to read it. */
export function statedMessage(error: unknown): string {
  return (statedCause(error) ?? innermost(error)).message;
}

/** Whether an activity said why it failed; else it was only late. */
export function hasStated(error: unknown): boolean {
  return statedCause(error) !== undefined;
}

/** Temporal wraps what happened in what it happened to. */
function innermost(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? innermost(error.cause) : error;
}

function statedCause(error: unknown): ApplicationFailure | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure) return at;
  }
  return undefined;
}
