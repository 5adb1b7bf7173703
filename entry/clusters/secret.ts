import type { KubeClient } from '../../kube/client.ts';
import {
  KubeconfigSecretError,
  type KubeconfigSecretRules,
  readKubeconfigSecret,
  secretKeyOf,
} from '../../observed/kubeconfig-secret.ts';
import { type FindKubeconfig, UnusableKubeconfig } from './kubeconfig.ts';

/** The clusters that the hub's workers reach with a kubeconfig from a Secret; `Site.cluster` is `secret/<name>/<key>`. */
export function kubeconfigsInSecrets(client: KubeClient, rules: KubeconfigSecretRules): FindKubeconfig {
  return (cluster) => {
    const secret = secretKeyOf(cluster);
    if (!secret) {
      const advice = 'give the site a kubeconfigSecretRef, or the taskQueue of the region workers that do';
      throw new Error(`The hub's workers know no cluster ${cluster}: ${advice}`);
    }
    return async () => {
      try {
        return await readKubeconfigSecret(client, rules, secret);
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
