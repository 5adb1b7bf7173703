import type { KubeClient } from '../kube/client.ts';
import type { CallOptions } from '../kube/connection.ts';
import { KubeError } from '../kube/errors.ts';
import { NAMESPACES } from '../kube/resources.ts';
import { CLUSTER_ID_NAMESPACE } from '../model/names.ts';

/**
 * Which cluster answers, by the uid of its {@link CLUSTER_ID_NAMESPACE}.
 *
 * @param refused - told why it may not be read
 * @returns null where it may not be read, or there is none
 * @throws KubeConnectionError when there is no answer
 */
export async function clusterUid(
  client: Pick<KubeClient, 'find'>,
  options: CallOptions,
  refused: (error: KubeError) => void = () => undefined,
): Promise<string | null> {
  try {
    const found = await client.find(NAMESPACES, { name: CLUSTER_ID_NAMESPACE }, options);
    return found?.metadata.uid ?? null;
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    refused(error);
    return null;
  }
}
