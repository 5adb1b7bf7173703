import { FAILURE } from '../model/activities.ts';
import type { Cluster } from './clusters.ts';
import { ReleaseError } from './errors.ts';

/**
 * Does something at a cluster; when that fails and the cluster has answered nothing for longer than it may, that is what
 * went wrong, and final.
 *
 * @param afterSeconds - left out, it may be silent for ever
 * @throws ReleaseError `Unreachable`, or what `act` throws
 */
export async function withinReach<T>(
  cluster: Cluster,
  afterSeconds: number | undefined,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isOutOfReach(cluster, afterSeconds)) throw error;
    throw unreachable(cluster, error);
  }
}

/** True when the cluster has answered nothing for longer than it may. */
export function isOutOfReach({ client }: Cluster, afterSeconds: number | undefined): boolean {
  const { silentSince } = client.connection;
  return afterSeconds !== undefined && silentSince !== undefined && Date.now() - silentSince >= afterSeconds * 1000;
}

export function unreachable({ client }: Cluster, cause?: unknown): ReleaseError {
  const { silentSince, server } = client.connection;
  const since = new Date(silentSince ?? Date.now()).toISOString();
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new ReleaseError(FAILURE.unreachable, `${server} has not answered since ${since}${why}`, { cause });
}
