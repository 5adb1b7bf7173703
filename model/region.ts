/**
 * What the workers of a task queue tell the hub of their sites: the result of an activity on that queue, so that a region
 * needs no right to start or signal anything. Types, names, and what a report may be. Pure.
 */
import type { DriftedRelease } from './types.ts';

/** Asks the workers of a queue what their sites carry. */
export interface RegionLook {
  /** Names of the clusters that sites of the queue are on, as {@link Site.cluster} has them. */
  clusters: string[];
  /** How far the reports that have arrived go, by the {@link RegionMark.epoch} of the worker that made each. */
  marks?: Record<string, number>;
}

/** How far a report goes. */
export interface RegionMark {
  /** One life of a worker: another counts its changes anew. */
  epoch: string;
  version: number;
}

export interface RegionReport {
  /** As the worker calls itself to Temporal too. */
  worker: string;
  mark: RegionMark;
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
  /** Those that changed. */
  namespaces: NamespaceReport[];
}

export interface NamespaceReport {
  namespace: string;
  releases: number;
  drifted: DriftedRelease[];
}

/** On a region's queue. */
export interface RegionActivities {
  /** Resolves with what the region's sites carry as soon as that is more than the look's marks say, or after some minutes. */
  watchSites(look: RegionLook): Promise<RegionReport>;
}

export interface LookInput extends RegionLook {
  queue: string;
}

export const LOOK_WORKFLOW_TYPE = 'lookWorkflow';

/** One look at a queue at a time. */
export function lookWorkflowId(queue: string): string {
  return `region/${queue}`;
}

/** How long a look waits for something new, in ms: also how often a settled region costs a look. */
export const LOOK_MS = 10 * 60_000;

/** Most namespaces in one report, so that it stays far below what Temporal takes. */
export const REPORTED_NAMESPACES = 1_000;

/** As the FogSite's schema has it. */
export const MOST_DRIFTED = 50;
export const MOST_MESSAGE = 1_024;
