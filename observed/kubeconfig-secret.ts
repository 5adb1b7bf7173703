import { createHash } from 'node:crypto';
import type { V1Secret } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/client.ts';
import { isForbidden, isNotFound, KubeConnectionError, messageOf } from '../kube/errors.ts';
import type { KubeConfig } from '../kube/kube-config.ts';
import { KubeconfigRefusedError, loadForeignKubeconfig } from '../kube/kubeconfig-rules.ts';
import { type KubeObject, SECRETS } from '../kube/resources.ts';
import type { SecretReason } from '../model/fleet/topology.ts';

/** What Kubernetes takes for the name of a Secret, and for a key in it. */
const SECRET_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const KEY = /^(?!\.\.?$)[-._a-zA-Z0-9]+$/;

export interface SecretKey {
  name: string;
  key: string;
}

/**
 * Why a kubeconfig in a Secret is of no use. The message is for people: it says where the kubeconfig is and what is wrong,
 * and nothing of its content.
 */
export class KubeconfigSecretError extends Error {
  /** undefined: the API server could not be asked, so that nothing is known of the Secret. */
  readonly reason: SecretReason | undefined;

  constructor(reason: SecretReason | undefined, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/**
 * The Secret of a cluster that is named `secret/<name>/<key>`, as `Site.cluster` does.
 *
 * @returns undefined for a cluster that is named otherwise
 * @throws KubeconfigSecretError for what can be no Secret
 */
export function secretKeyOf(cluster: string): SecretKey | undefined {
  const [kind, name = '', key = '', ...rest] = cluster.split('/');
  if (kind !== 'secret' || rest.length > 0) return undefined;
  if (!SECRET_NAME.test(name))
    throw new KubeconfigSecretError('SecretMissing', `Cluster ${cluster}: ${name} can be no name of a Secret`);
  if (!KEY.test(key))
    throw new KubeconfigSecretError('SecretMissing', `Cluster ${cluster}: ${key} can be no key of a Secret`);
  return { name, key };
}

/** By the `host` of a refusal. */
const HOSTS_CURES = {
  refused:
    '; FOG_ROLLOUTS_CLUSTER_HOSTS of workers and watchers lists hosts that are asked all the same (chart: sites.kubeconfigSecrets.hosts)',
  unlisted:
    '; FOG_ROLLOUTS_CLUSTER_ONLY_HOSTS of workers and watchers lists all that are asked (chart: sites.kubeconfigSecrets.onlyHosts)',
};

/** Where the Secrets are, and what their kubeconfigs may say. */
export interface KubeconfigSecretRules {
  /** No other namespace's Secrets are read. */
  namespace: string;
  /** Hosts, as URLs have them, that are asked though they have no TLS or lead into our own machine. */
  allowedHosts: readonly string[];
  /** When there are any, no server and no proxy is at another host. `*.` begins those of a whole domain. */
  onlyHosts: readonly string[];
}

/**
 * Reads a kubeconfig from a Secret: the one reader and judge. Whoever may write those Secrets
 * must not thereby run programs or read files where we run, so a kubeconfig that would is refused.
 *
 * @returns with a `version` that changes exactly when the content does
 * @throws KubeconfigSecretError
 */
export async function readKubeconfigSecret(
  client: KubeClient,
  { namespace, allowedHosts, onlyHosts }: KubeconfigSecretRules,
  { name, key }: SecretKey,
  options: { signal?: AbortSignal } = {},
): Promise<{ kubeConfig: KubeConfig; version: string }> {
  const secret = `Secret ${namespace}/${name}`;
  let data: V1Secret['data'];
  try {
    ({ data } = await client.get<V1Secret & KubeObject>(SECRETS, { namespace, name }, options));
  } catch (cause) {
    if (isNotFound(cause)) {
      const cure = `create it with a kubeconfig under the key ${key}`;
      throw new KubeconfigSecretError('SecretMissing', `${secret} does not exist; ${cure}`);
    }
    const isAnswered = !(cause instanceof KubeConnectionError) && !options.signal?.aborted;
    const cure = isForbidden(cause) ? '; the value sites.kubeconfigSecrets.enabled of the chart allows it' : '';
    const message = `${secret} cannot be read: ${messageOf(cause)}${cure}`;
    throw new KubeconfigSecretError(isAnswered ? 'SecretUnreadable' : undefined, message, { cause });
  }
  const value = data?.[key];
  if (value === undefined) throw new KubeconfigSecretError('SecretMissing', `${secret} has no key ${key}`);
  try {
    const kubeConfig = loadForeignKubeconfig(Buffer.from(value, 'base64').toString('utf8'), {
      isAllowed: (host) => allowedHosts.includes(host),
      ...(onlyHosts.length > 0 && { isListed: (host) => onlyHosts.some((one) => isOf(one, host)) }),
    });
    return { kubeConfig, version: createHash('sha256').update(value).digest('hex') };
  } catch (error) {
    const host = error instanceof KubeconfigRefusedError ? error.host : undefined;
    const cure = host === undefined ? '' : HOSTS_CURES[host];
    throw new KubeconfigSecretError('KubeconfigInvalid', `${secret}, key ${key}: ${messageOf(error)}${cure}`);
  }
}

/** `*.example.com` is of all names below it, and not of `example.com` itself. */
function isOf(listed: string, host: string): boolean {
  return listed.startsWith('*.') ? host.endsWith(listed.slice(1)) : host === listed;
}
