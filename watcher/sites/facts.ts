import type { DriftedRelease, FogSite } from '../../model/types.ts';

/**
 * Why a site is Reachable, or not. `WorkerAway`: nobody asks for the work of its queue. `ClusterAway`: those who reach it get
 * no answer from its cluster.
 */
export type ReachReason = 'Answering' | 'WorkerAway' | 'ClusterAway';

export interface Reach {
  status: 'True' | 'False';
  reason: ReachReason;
  /** For people. */
  message: string;
  /** Of a site that is away: when it was last known not to be, RFC 3339. */
  lastSeen?: string;
  worker?: string;
}

/** What is known of a site besides whether it can be used; what is left out nobody knows now. */
export interface SiteFacts {
  /** `null`: it is where the FogSite itself is, so nobody needs to ask. */
  reach?: Reach | null;
  releases?: number;
  drifted?: DriftedRelease[];
}

/** Knows some of the sites: the hub's, those of region workers, those on other clusters. */
export interface SiteSource {
  /** Told of all sites there are, whenever one has changed. */
  follow(sites: readonly FogSite[]): void;
  /** undefined where the site is another source's. */
  factsOf(site: FogSite): SiteFacts | undefined;
  /** Until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

/** How a source tells that it knows something else of these sites, by their names. */
export type OnFacts = (sites: Iterable<string>) => void;
