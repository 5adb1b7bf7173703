/**
 * The words the processes exchange (DESIGN: words). Types only: workflow code imports this file.
 */
import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import type { Layer } from './layers.ts';

export interface RolloutKey {
  namespace: string;
  name: string;
}

/** One incarnation of a FogRollout: what tells it from an earlier object of the same name. */
export interface Owner extends RolloutKey {
  uid: string;
  /** metadata.creationTimestamp, RFC 3339. */
  created: string;
}

export interface RevisionId {
  /** metadata.generation of the FogRollout. */
  generation: number;
  /** spec.version, for people. */
  version: string;
  /** Hash of the content: see `hashOf` in revision.ts. */
  hash: string;
}

/** What a layer runs: `spec.deployments.<layer>`. */
export interface LayerContent
  extends Pick<
    V1PodSpec,
    | 'volumes'
    | 'initContainers'
    | 'serviceAccountName'
    | 'imagePullSecrets'
    | 'nodeSelector'
    | 'tolerations'
    | 'affinity'
    | 'securityContext'
    | 'terminationGracePeriodSeconds'
  > {
  /** Left out: not ours (1 by default, free for an autoscaler). */
  replicas?: number;
  containers: V1Container[];
  podAnnotations?: Record<string, string>;
  podLabels?: Record<string, string>;
}

export interface Strategy {
  /** Seconds a stage may go without progress before it has failed. */
  progressDeadlineSeconds: number;
}

/** The frozen content of one generation of a FogRollout. */
export interface Revision extends RevisionId {
  layers: Partial<Record<Layer, LayerContent>>;
  strategy: Strategy;
}

export interface FogRollout {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    finalizers?: string[];
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: unknown[];
  };
  spec: {
    version: string;
    deployments: Partial<Record<Layer, LayerContent>>;
    strategy?: Partial<Strategy>;
  };
  status?: FogRolloutStatus;
}

export type Phase =
  | 'Pending'
  | 'Progressing'
  | 'WaitingForApproval'
  | 'Paused'
  | 'RollingBack'
  | 'Succeeded'
  | 'Failed'
  | 'Removing';

export type LayerPhase = 'Pending' | 'Progressing' | 'Ready' | 'Failed' | 'Removing';

export interface SiteCounts {
  total: number;
  /** Given the revision the layer is being (or was last) promoted to. */
  updated: number;
  /** Ready with the revision they were last given. */
  ready: number;
  failed: number;
  deferred: number;
}

export interface LayerStatus {
  name: Layer;
  phase: LayerPhase;
  /** What the layer's sites were last given; absent while they were given nothing. */
  version?: string;
  /** Generation of the FogRollout the layer's sites were last given. */
  generation?: number;
  sites: SiteCounts;
  message?: string;
  startedAt?: string;
  finishedAt?: string;
}

export interface SiteFailure {
  site: string;
  layer: Layer;
  /** One CamelCase word, e.g. ProgressDeadlineExceeded, Invalid, Forbidden, NotOurs. */
  reason: string;
  message: string;
}

export interface Condition {
  type: 'Ready' | 'Reconciling' | 'Stalled';
  status: 'True' | 'False' | 'Unknown';
  observedGeneration: number;
  lastTransitionTime: string;
  reason: string;
  message: string;
}

export interface RunReference {
  workflowId: string;
  runId: string;
  startedAt: string;
  /** How many reports this run has written; a later report is never overwritten by an earlier one. */
  reports: number;
}

export interface FogRolloutStatus {
  observedGeneration: number;
  phase: Phase;
  /** What the whole rollout last completed. */
  version?: string;
  revision?: RevisionId;
  run?: RunReference;
  layers?: LayerStatus[];
  failures?: SiteFailure[];
  conditions?: Condition[];
}
