/** What the API server makes of an object, without keeping it: as `kubectl create --dry-run=server`, without a process for each. */
import { KubeConnection, loadKubeConfig } from '../../kube/connection.ts';
import { type StackInfo, stack } from './stack.ts';

interface Given {
  apiVersion: string;
  kind: string;
  metadata: { namespace?: string; name?: string };
}

/** Those without a namespace. */
const OF_THE_CLUSTER = ['FogSite'];

/**
 * @param fieldValidation - what becomes of fields that it does not know; kubectl's own is Strict
 * @returns the object as it would be stored
 * @throws KubeError with the words of the API server
 */
export async function dryRun(
  given: object,
  fieldValidation: 'Strict' | 'Ignore' = 'Strict',
  on: Pick<StackInfo, 'kubeconfig'> = stack(),
  // biome-ignore lint/suspicious/noExplicitAny: whatever was given comes back
): Promise<any> {
  const { apiVersion, kind, metadata } = given as Given;
  const namespace = OF_THE_CLUSTER.includes(kind) ? '' : `/namespaces/${metadata.namespace ?? 'default'}`;
  const plural = `${kind.toLowerCase()}s`;
  const connection = new KubeConnection(loadKubeConfig({ kubeconfig: on.kubeconfig }));
  try {
    return await connection.request({
      ...{ verb: 'create', type: plural, method: 'POST', body: given },
      path: `/apis/${apiVersion}${namespace}/${plural}`,
      query: { dryRun: 'All', fieldValidation },
    });
  } finally {
    await connection.close();
  }
}
