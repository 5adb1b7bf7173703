import type { V1Deployment } from '@kubernetes/client-node';
import type { KubeClient } from '../kube/client.ts';
import type { Informer } from '../kube/informer.ts';
import type { KubeObject } from '../kube/resources.ts';

/** A Deployment as the API server sends it: always with metadata. */
export type LiveDeployment = V1Deployment & KubeObject;

/** What the activities need of a cluster: requests, and one shared watch of the releases on it. */
export interface Cluster {
  client: KubeClient;
  /** Every Deployment of ours on the cluster, whatever its rollout. */
  deployments: Informer<LiveDeployment>;
}

/** Clusters by the name that `Site.cluster` carries. */
export type Clusters = (name: string) => Cluster;
