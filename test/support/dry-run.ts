/** What the API server makes of an object, without keeping it: as `kubectl create --dry-run=server`, without a process for each. */
import { KubeConnection, loadKubeConfig } from '../../kube/connection.ts';
import { apiVersionOf, CRON_JOBS, pathOf, type ResourceType } from '../../kube/resources.ts';
import { FOG_ROLLOUTS, FOG_SITES, FOG_WINDOWS } from '../../model/names.ts';
import { type StackInfo, stack } from './stack.ts';

interface Given {
  apiVersion: string;
  kind: string;
  metadata: { namespace?: string; name?: string };
}

const TYPES: ResourceType[] = [FOG_ROLLOUTS, FOG_SITES, FOG_WINDOWS, CRON_JOBS];

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
  const type = TYPES.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
  if (!type) throw new Error(`${kind} of ${apiVersion} is not among the types that are tried here`);
  const connection = new KubeConnection(loadKubeConfig({ kubeconfig: on.kubeconfig }));
  try {
    return await connection.request({
      ...{ verb: 'create', type: type.plural, method: 'POST', body: given },
      path: pathOf(type, { namespace: metadata.namespace ?? 'default' }),
      query: { dryRun: 'All', fieldValidation },
    });
  } finally {
    await connection.close();
  }
}
