import type { KubeClient } from '../../kube/client.ts';
import { KubeconfigSecretError, readKubeconfigSecret, secretKeyOf } from '../../observed/kubeconfig-secret.ts';
import { type FindKubeconfig, UnusableKubeconfig } from './kubeconfig.ts';

/**
 * The clusters that the hub's workers reach with a kubeconfig from a Secret beside Fog Rollouts itself; `Site.cluster` is
 * `secret/<name>/<key>`.
 *
 * @param namespace - the one Fog Rollouts runs in: no other's Secrets are read
 */
export function kubeconfigsInSecrets(client: KubeClient, namespace: string): FindKubeconfig {
  return (cluster) => {
    const secret = secretKeyOf(cluster);
    if (!secret) {
      const advice = 'give the site a kubeconfigSecretRef, or the taskQueue of the region workers that do';
      throw new Error(`The hub's workers know no cluster ${cluster}: ${advice}`);
    }
    return async () => {
      try {
        return await readKubeconfigSecret(client, namespace, secret);
      } catch (error) {
        if (!(error instanceof KubeconfigSecretError)) throw error;
        const { reason, message } = error;
        // What the hub answers instead of the Secret says nothing about the site, where the same answer might be final.
        if (reason === undefined || reason === 'SecretUnreadable') throw new Error(message, { cause: error });
        throw new UnusableKubeconfig(message);
      }
    };
  };
}
