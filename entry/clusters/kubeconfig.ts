import type { KubeConfig } from '../../kube/kube-config.ts';

/** Where and as whom to connect to a cluster. */
export interface Kubeconfig {
  kubeConfig: KubeConfig;
  /** Changes exactly when what was read does. */
  version: string;
}

/**
 * Reads a cluster's kubeconfig as it is now.
 *
 * @throws UnusableKubeconfig when there is none, or none that may be used; any other Error when that cannot be told now
 */
export type ReadKubeconfig = () => Promise<Kubeconfig>;

/**
 * Where the kubeconfig of the cluster that a `Site.cluster` names is to be read.
 *
 * @throws Error that names the cluster, for what can be no name of one here
 */
export type FindKubeconfig = (cluster: string) => ReadKubeconfig;

/**
 * There is no kubeconfig any more, or none that can be used: what was opened with an earlier one is closed. The message
 * reaches Temporal and the FogRollout's status, so it says where the kubeconfig is and what is wrong, and nothing of its
 * content. No class of error that is final: a person can put it right, and the activity is tried again.
 */
export class UnusableKubeconfig extends Error {
  override readonly name = 'UnusableKubeconfig';
}
