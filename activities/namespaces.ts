import type { KubeClient } from '../kube/client.ts';
import { isAlreadyExists, isForbidden } from '../kube/errors.ts';
import { NAMESPACES } from '../kube/resources.ts';
import { FAILURE } from '../model/activities.ts';
import { dryRunCreate } from './dry-run.ts';
import { ReleaseError } from './errors.ts';

/**
 * Makes a namespace, unless somebody was faster.
 *
 * @param dryRun - only find out whether we may
 * @throws ReleaseError NamespaceMissing when we may not
 */
export async function createNamespace(
  client: KubeClient,
  name: string,
  signal: AbortSignal,
  { dryRun = false } = {},
): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  try {
    if (dryRun) await dryRunCreate(client, NAMESPACES, object, { signal });
    else await client.create(NAMESPACES, object, { signal });
  } catch (error) {
    if (isAlreadyExists(error)) return;
    if (!isForbidden(error)) throw error;
    throw new ReleaseError(
      FAILURE.namespaceMissing,
      `Namespace ${name} does not exist and fog-rollouts may not create it: create it, or allow the worker to create namespaces`,
      { cause: error },
    );
  }
}
