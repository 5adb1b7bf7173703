/** Generated from crds/fogsites.yaml by `npm run generate`: edit that file, not this one. */

/**
 * The layer it is a site of.
 */
export type SiteLayer = 'cloud' | 'fog' | 'edge';
/**
 * As a FogWindow has them.
 *
 * @minItems 1
 * @maxItems 8
 */
export type SitePeriods = SitePeriod[];

export interface FogSite {
  spec: FogSiteSpec;
  status?: FogSiteStatus;
}
/**
 * Where the place is, and how it is reached.
 */
export interface FogSiteSpec {
  layer: SiteLayer;
  /**
   * The site of the layer above that it hangs on.
   */
  parent?: string;
  /**
   * Where its releases go; left out, the layer's name.
   */
  namespace?: string;
  cluster?: SiteCluster;
  /**
   * The Temporal task queue of the region workers that reach it. Left out, the hub's workers do.
   */
  taskQueue?: string;
  window?: SiteWindowSpec;
  hold?: SiteHold;
}
/**
 * The cluster it is on. Left out, the hub, or with a taskQueue the cluster of that queue's workers.
 */
export interface SiteCluster {
  kubeconfigSecretRef?: KubeconfigSecretRef;
  /**
   * Which of the kubeconfigs that the taskQueue's workers were given.
   */
  name?: string;
}
/**
 * A Secret beside Fog Rollouts itself that holds a kubeconfig the hub's workers can use.
 */
export interface KubeconfigSecretRef {
  /**
   * Name of the Secret.
   */
  name: string;
  /**
   * Which of its keys.
   */
  key?: string;
}
/**
 * When rollouts may begin at the site, whichever they are: the FogWindow of this name beside Fog Rollouts itself, or the rules that are given here. What is under way when it closes finishes.
 */
export interface SiteWindowSpec {
  /**
   * Name of the FogWindow.
   */
  ref?: string;
  allow?: SitePeriods;
  deny?: SitePeriods;
}
export interface SitePeriod {
  /**
   * When it begins, for the first time where it comes again: a date and time of the timeZone, e.g. 2026-01-05T08:00.
   */
  start?: string;
  /**
   * How long it lasts, as ISO 8601 has it: PT8H30M, P2D.
   */
  duration?: string;
  /**
   * Name of the IANA time zone, e.g. Europe/Berlin, or UTC.
   */
  timeZone?: string;
  /**
   * When it begins again, as RFC 5545 has it: FREQ=WEEKLY;BYDAY=MO,TU. Left out, it does not.
   */
  rrule?: string;
}
/**
 * While set, nothing is changed at the site.
 */
export interface SiteHold {
  /**
   * Why, for people; rollouts that wait for the site say it.
   */
  reason: string;
}
/**
 * What was last seen of it; written by Fog Rollouts.
 */
export interface FogSiteStatus {
  /**
   * When a worker last had an answer from the site's cluster.
   */
  lastSeen?: string;
  /**
   * Releases it carries.
   */
  releases?: number;
  /**
   * The worker that last saw it.
   */
  worker?: string;
  /**
   * Which cluster it is on, whatever that is called in the spec: hub, or the uid of its namespace kube-system. Left out where the spec says that it is the hub, and while it is not known.
   */
  cluster?: string;
  /**
   * Releases there that are not what they were made.
   *
   * @maxItems 50
   */
  drifted?: DriftedRelease[];
  conditions?: SiteCondition[];
}
export interface DriftedRelease {
  /**
   * The FogRollout's.
   */
  namespace: string;
  /**
   * The FogRollout's.
   */
  name: string;
  message: string;
}
export interface SiteCondition {
  /**
   * Ready, Reachable; others may come.
   */
  type: string;
  status: 'True' | 'False' | 'Unknown';
  observedGeneration: number;
  lastTransitionTime: string;
  reason: string;
  message: string;
}
