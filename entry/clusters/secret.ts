import { createHash } from 'node:crypto';
import type { V1Secret } from '@kubernetes/client-node';
import type { KubeClient } from '../../kube/client.ts';
import { isForbidden, isNotFound, messageOf } from '../../kube/errors.ts';
import { loadForeignKubeconfig } from '../../kube/kubeconfig-rules.ts';
import { type KubeObject, SECRETS } from '../../kube/resources.ts';
import { type FindKubeconfig, type Kubeconfig, UnusableKubeconfig } from './kubeconfig.ts';

/** What Kubernetes takes for the name of a Secret, and for a key in it. */
const SECRET_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const KEY = /^(?!\.\.?$)[-._a-zA-Z0-9]+$/;

/**
 * The clusters that the hub's workers reach with a kubeconfig from a Secret beside Fog Rollouts itself; `Site.cluster` is
 * `secret/<name>/<key>`. Whoever may write those Secrets must not thereby run programs or read files where the worker
 * runs, so a kubeconfig that would is refused.
 *
 * @param namespace - the one Fog Rollouts runs in: no other's Secrets are read
 */
export function kubeconfigsInSecrets(client: KubeClient, namespace: string): FindKubeconfig {
  return (cluster) => {
    const [kind, name = '', key = '', ...rest] = cluster.split('/');
    if (kind !== 'secret' || rest.length > 0) {
      const advice = 'give the site a kubeconfigSecretRef, or the taskQueue of the region workers that do';
      throw new Error(`The hub's workers know no cluster ${cluster}: ${advice}`);
    }
    if (!SECRET_NAME.test(name)) throw new Error(`Cluster ${cluster}: ${name} can be no name of a Secret`);
    if (!KEY.test(key)) throw new Error(`Cluster ${cluster}: ${key} can be no key of a Secret`);
    return async () => fromSecret(await readSecret(client, { namespace, name }), key);
  };
}

type Secret = V1Secret & KubeObject;

async function readSecret(client: KubeClient, ref: { namespace: string; name: string }): Promise<Secret> {
  const secret = `Secret ${ref.namespace}/${ref.name}`;
  try {
    return await client.get<Secret>(SECRETS, ref);
  } catch (cause) {
    if (isNotFound(cause)) throw new UnusableKubeconfig(`${secret} does not exist; create it with the kubeconfig`);
    const advice = isForbidden(cause) ? '; let the worker read it (sites.kubeconfigSecrets of the chart)' : '';
    // A plain Error: what the hub answers says nothing about the site, where the same answer might be final.
    throw new Error(`Cannot read ${secret}: ${messageOf(cause)}${advice}`, { cause });
  }
}

function fromSecret({ metadata, data }: Secret, key: string): Kubeconfig {
  const secret = `Secret ${metadata.namespace}/${metadata.name}`;
  const value = data?.[key];
  if (value === undefined) throw new UnusableKubeconfig(`${secret} has no key ${key}`);
  try {
    const kubeConfig = loadForeignKubeconfig(Buffer.from(value, 'base64').toString('utf8'));
    return { kubeConfig, version: createHash('sha256').update(value).digest('hex') };
  } catch (error) {
    throw new UnusableKubeconfig(`${secret}, key ${key}: ${messageOf(error)}`);
  }
}
