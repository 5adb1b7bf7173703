/**
 * The words the processes exchange, as docs/architecture.md explains them. Types only: workflow code imports this file.
 */

import type * as GeneratedAction from './generated/fogaction.ts';
import type * as Generated from './generated/fogrollout.ts';
import type { LayerContent, RevisionId } from './generated/fogrollout.ts';
import type * as GeneratedShard from './generated/fogshard.ts';
import type * as GeneratedSite from './generated/fogsite.ts';
import type * as GeneratedWindow from './generated/fogwindow.ts';
import type { Layer } from './layers.ts';

export type { FogActionSpec, FogActionStatus } from './generated/fogaction.ts';
export type {
  Amount,
  ApprovalGate,
  Condition,
  FogRolloutStatus,
  Gate,
  GateDecision,
  GatePlace,
  GateSecret,
  GateStatus,
  Hold,
  HttpGate,
  JobGate,
  LayerContent,
  LayerPhase,
  LayerSkip,
  LayerStatus,
  LayerStrategy,
  MetricGate,
  OfflineStrategy,
  Phase,
  RampUp,
  RevisionId,
  RollbackStatus,
  RunReference,
  SiteCounts,
  SiteFailure,
  SiteRequirement,
  SiteSelector,
  SucceededRevision,
  WaveStrategy,
  WindowGate,
  WorkflowGate,
} from './generated/fogrollout.ts';
export type { FogShardSpec, FogShardStatus, ShardNote, ShardRelease, ShardSite } from './generated/fogshard.ts';
export type { DriftedRelease, FogSiteSpec, FogSiteStatus, SiteCondition } from './generated/fogsite.ts';
export type { FogWindowSpec, FogWindowStatus, RolloutSelection, WindowPeriod } from './generated/fogwindow.ts';

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

/** Defaults applied, as the API server hands it out. */
export type Strategy = Required<Generated.Strategy>;

export type Promotion = Strategy['promotion'];

/** The frozen content of one generation of a FogRollout. */
export interface Revision extends RevisionId {
  layers: Partial<Record<Layer, LayerContent>>;
  /** By layer, the hash of what its sites are given (contentHashOf in model/revision.ts). */
  hashes: Partial<Record<Layer, string>>;
  strategy: Strategy;
}

/** A place a layer runs; cluster-scoped. */
export interface FogSite extends GeneratedSite.FogSite {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

/** What every object that the API server has says of itself; namespaced. */
interface LiveMetadata {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
}

/** What a person asks of a FogRollout; namespaced. */
export interface FogAction extends GeneratedAction.FogAction {
  apiVersion: string;
  kind: string;
  metadata: LiveMetadata;
}

/** When FogRollouts may begin; namespaced. */
export interface FogWindow extends GeneratedWindow.FogWindow {
  apiVersion: string;
  kind: string;
  metadata: LiveMetadata & { generation: number };
}

/** What of a FogAction says what is asked; also of one that is no object in the cluster. */
export interface AskedAction {
  metadata: Pick<FogAction['metadata'], 'namespace' | 'uid' | 'creationTimestamp'>;
  /** Somebody vouches for who asks. */
  spec: FogAction['spec'] & { requestedBy: string };
}

/** The record of some sites of a layer in one revision. */
export interface FogShard extends GeneratedShard.FogShard {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    finalizers?: string[];
  };
}

export interface FogRollout extends Generated.FogRollout {
  apiVersion: string;
  kind: string;
  metadata: LiveMetadata & {
    generation: number;
    deletionTimestamp?: string;
    finalizers?: string[];
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: unknown[];
  };
}
