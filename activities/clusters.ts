import type { KubeClient } from '../kube/client.ts';
import type { Informer } from '../kube/informer.ts';
import { DEPLOYMENTS } from '../kube/resources.ts';
import { RELEASE_SELECTOR } from '../model/names.ts';
import type { LiveDeployment } from '../observed/releases.ts';

export type { LiveDeployment } from '../observed/releases.ts';

/** What the activities need of a cluster: requests, and one shared watch of the releases on it. */
export interface Cluster {
  client: KubeClient;
  /** Every Deployment of ours on the cluster, whatever its rollout. */
  deployments: Informer<LiveDeployment>;
}

/**
 * Clusters by the name that `Site.cluster` carries. Rejects with an Error that names the cluster when it cannot be had: no
 * kubeconfig, or none that can be used. That can be put right, so the activity is tried again.
 */
export type Clusters<C extends Cluster = Cluster> = (name: string) => Promise<C>;

/**
 * Resolves when the cluster's watch has its first list.
 *
 * @throws what the cluster itself says when the list takes longer than `ms`: a watch tries again in silence, and a person
 *   should read why nothing happens
 */
export async function firstList({ client, deployments }: Cluster, ms: number, signal: AbortSignal): Promise<void> {
  if (deployments.hasSynced) return;
  const tooLong = AbortSignal.timeout(ms);
  try {
    await deployments.waitForSync(AbortSignal.any([signal, tooLong]));
  } catch (error) {
    if (!tooLong.aborted || signal.aborted) throw error;
    await client.list(DEPLOYMENTS, { labelSelector: RELEASE_SELECTOR, limit: 1 }, { signal });
    throw new Error(`The first list of Deployments of ${client.connection.server} takes longer than ${ms / 1000} s`);
  }
}
