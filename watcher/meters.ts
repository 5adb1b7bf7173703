import type { WorkQueue } from '../kube/queue.ts';
import type { RepairKind } from './repair-pacer.ts';

/** What of a queue is measured. */
export type MeteredQueue = Pick<WorkQueue, 'length' | 'active' | 'failing' | 'oldestMs'>;

/** What the watcher tells whoever measures it. Nothing that it does depends on this. */
export interface WatcherMeters {
  /** A repair was asked of Temporal. */
  repaired(kind: RepairKind): void;
  /** A queue to look at from now on, in place of an earlier one of that name. */
  queue(name: string, queue: MeteredQueue): void;
  /** Temporal does not answer, though runs wait for it; or does again. */
  temporalAway(isAway: boolean): void;
}
