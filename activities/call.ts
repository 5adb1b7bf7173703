import { Context, type Info } from '@temporalio/activity';
import { placeName, type Site } from '../model/site.ts';
import { asFinal, toFailure } from './errors.ts';
import { beating, type Progress } from './heartbeat.ts';

/** What an activity at a site is told of the call it serves. */
export interface Call extends Progress {
  /** Aborted when the activity is cancelled or its worker stops. */
  signal: AbortSignal;
  /** When the attempt was scheduled, ms since the epoch. */
  scheduledAt: number;
}

/**
 * How often an activity says that it is alive, which is also when a writer hears of a newer revision. Of these the SDK
 * sends one every 12 s (four fifths of the heartbeat timeout), the first at once; each is a billed action, and most
 * sites are ready before it.
 */
const HEARTBEAT_MS = 10_000;

/**
 * Runs the body of a site's activity: heartbeats, by which it also hears that it is cancelled, and makes its failures
 * leave with the site's name in front, and decided: to be tried again or final.
 *
 * @param deadlineSeconds - how long what is transient is tried again, counted from when the work was asked for; left out,
 *   for ever. A worker that was only full, so that its first try is late, has its tries all the same
 */
export async function atSite<T>(
  { site }: { site: Site },
  act: (call: Call) => Promise<T>,
  deadlineSeconds?: number,
): Promise<T> {
  const context = Context.current();
  const { currentAttemptScheduledTimestampMs: scheduledAt } = context.info;
  const signal = context.cancellationSignal;
  try {
    return await beating(HEARTBEAT_MS, (progress) => act({ signal, scheduledAt, ...progress }));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const failure = toFailure(error, placeName(site));
    throw deadlineSeconds !== undefined && isOver(context.info, deadlineSeconds) ? asFinal(failure) : failure;
  }
}

/** Tries that everybody has, however late the first was. */
const TRIES = 5;

function isOver({ attempt, scheduledTimestampMs }: Info, deadlineSeconds: number): boolean {
  return attempt >= TRIES && Date.now() - scheduledTimestampMs > deadlineSeconds * 1000;
}
