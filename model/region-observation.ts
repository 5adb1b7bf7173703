/**
 * What the workers of a task queue report to the hub of their sites: the result of an activity on that queue, so that a
 * region needs no right to start or signal anything. Types, names, and what a report may be. Pure.
 */
import type { DriftedRelease } from './types.ts';

/** Asks the workers of a queue what their sites carry. */
export interface ObserveSitesInput {
  /** Names of the clusters that sites of the queue are on, as {@link Site.cluster} has them. */
  clusters: string[];
  /** How far the reports that have arrived go, by the {@link ReportCursor.epoch} of the worker that made each. */
  cursors?: Record<string, number>;
}

/** How far a report goes. */
export interface ReportCursor {
  /** One life of a worker: another counts its changes anew. */
  epoch: string;
  version: number;
}

export interface RegionReport {
  /** As the worker calls itself to Temporal too. */
  worker: string;
  cursor: ReportCursor;
  /** True when it starts anew: what it says nothing of has no release. Otherwise what it says nothing of is as it was. */
  whole: boolean;
  /** The rest follows in the next report. */
  more?: boolean;
  /** The worker stops: nothing more comes from it. */
  leaving?: boolean;
  clusters: ClusterReport[];
}

export interface ClusterReport {
  name: string;
  /** undefined while that is not known yet. */
  answering?: boolean;
  /** Since when it does not answer, RFC 3339. */
  since?: string;
  /** Why it does not, for people. */
  cause?: string;
  /** True once all its releases are known. */
  synced: boolean;
  /** Which cluster it is, by the uid of its namespace kube-system; from workers that can tell. */
  uid?: string;
  /** Those that changed. */
  namespaces: NamespaceReport[];
}

export interface NamespaceReport {
  namespace: string;
  /** How many there are. */
  releases: number;
  /** Which, each as {@link identityOf} has it; left out where they are more than {@link MOST_NAMED}. */
  present?: string[];
  drifted: DriftedRelease[];
}

/** On a region's queue. */
export interface RegionActivities {
  /** Resolves with what the region's sites carry as soon as that is more than the cursors say, or after some minutes. */
  observeSites(input: ObserveSitesInput): Promise<RegionReport>;
}

export interface ObserveRegionInput extends ObserveSitesInput {
  queue: string;
}

export const OBSERVE_REGION_WORKFLOW = 'observeRegionWorkflow';

/** One observation of a queue at a time. */
export function observeRegionWorkflowId(queue: string): string {
  return `region/${queue}`;
}

/** How long an observation waits for something new, in ms: also how often a settled region costs one. */
export const OBSERVE_MS = 10 * 60_000;

/** Most namespaces, and most releases that are named, in one report, so that it stays far below what Temporal takes. */
export const REPORTED_NAMESPACES = 1_000;
export const REPORTED_RELEASES = 4_000;
/** Most releases of a namespace that are named: of more only the number is told. */
export const MOST_NAMED = 100;

/** As the FogSite's schema has it. */
export const MOST_DRIFTED = 50;
export const MOST_MESSAGE = 1_024;
