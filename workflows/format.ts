import { FORMAT, type ResumedRun } from '../model/signals.ts';

/**
 * Fails the workflow task, and so lets the run wait for a worker that knows more: nothing is guessed of what a later
 * version has written. The watcher tells people (Stalled, with this message).
 *
 * @throws Error, no failure of Temporal's
 */
export function assertKnown(format = 1): void {
  if (format > FORMAT) {
    throw new Error(
      `A later version of Fog Rollouts has begun this run (format ${format}, this worker knows ${FORMAT}): upgrade the workers`,
    );
  }
}

/** Since format 2 layers are passed over: older code would give one what it was not to have. */
export function formatOf({ machine }: Pick<ResumedRun, 'machine'>): { format?: number } {
  return machine.steering?.skipped ? { format: 2 } : {};
}
