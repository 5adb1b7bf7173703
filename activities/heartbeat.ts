import { Context } from '@temporalio/activity';

/** What an attempt of an activity hands on to the one that may follow it, by its heartbeats. */
export interface Progress {
  /** What an attempt before this one has {@link tell told}. */
  readonly resumed: unknown;
  /** Goes out with the next heartbeat. */
  tell(details: unknown): void;
}

/**
 * The activity says that it is alive while it acts: a worker that dies is missed soon, and it hears itself that nobody waits for
 * it any more.
 *
 * @param everyMs - how often; the SDK sends fewer of them (four fifths of the heartbeat timeout apart). Left out, never
 */
export async function beating<T>(everyMs: number | undefined, act: (progress: Progress) => Promise<T>): Promise<T> {
  const context = Context.current();
  const { heartbeatDetails: resumed } = context.info;
  let details: unknown = resumed;
  const heartbeat = everyMs === undefined ? undefined : setInterval(() => context.heartbeat(details), everyMs);
  const tell = (now: unknown) => {
    details = now;
  };
  try {
    return await act({ resumed, tell });
  } finally {
    clearInterval(heartbeat);
  }
}
