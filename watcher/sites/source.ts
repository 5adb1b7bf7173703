import type { DriftedRelease, FogSite } from '../../model/types.ts';

/**
 * Why a site is Reachable, or not. `WorkerAway`: nobody asks for the work of its queue. `ClusterAway`: those who reach it get
 * no answer from its cluster. `NotSigned`: those who are there do nothing that this hub asks, as it does not sign with a key
 * that they trust.
 */
export type ReachReason = 'Answering' | 'NotSigned' | 'WorkerAway' | 'ClusterAway';

export interface Reach {
  status: 'True' | 'False';
  reason: ReachReason;
  /** For people. */
  message: string;
  /** Of a site that is away: when it was last known not to be, RFC 3339. */
  lastSeen?: string;
  worker?: string;
}

/** What is observed of a site; what is left out nobody knows now. */
export interface SiteObservation {
  /** `null`: it is where the FogSite itself is, so nobody needs to ask. */
  reach?: Reach | null;
  releases?: number;
  drifted?: DriftedRelease[];
  /** Which cluster it is on, as the site's status has it. */
  cluster?: string;
}

/** Observes some of the sites: the hub's, those of region workers, those on other clusters. */
export interface SiteSource {
  /** Is given all sites there are, whenever one has changed. */
  follow(sites: readonly FogSite[]): void;
  /** undefined where the site is another source's. */
  observationOf(site: FogSite): SiteObservation | undefined;
  /**
   * Which releases are there, each as `identityOf` has it; undefined where that is not known now: the site is out of reach,
   * another source's, or has too many.
   */
  presentAt(site: FogSite): readonly string[] | undefined;
  /**
   * Which cluster the site is on, by the uid of its namespace kube-system, whatever it is called here; undefined where that is
   * not known, or the site another source's.
   */
  clusterUidOf(site: FogSite): string | undefined;
  /** Until the signal. */
  run(signal: AbortSignal): Promise<void>;
}

/** How a source reports that it observes something else of these sites, by their names. */
export type OnObserved = (sites: Iterable<string>) => void;
