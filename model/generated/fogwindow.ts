/** Generated from crds/fogwindows.yaml by `npm run generate`: edit that file, not this one. */

export interface FogWindow {
  spec: FogWindowSpec;
  status?: FogWindowStatus;
}
/**
 * When it is open, and for whom.
 */
export interface FogWindowSpec {
  /**
   * When it is open. Left out, always.
   *
   * @minItems 1
   * @maxItems 16
   */
  allow?: WindowPeriod[];
  /**
   * When it is closed, whatever `allow` says. Without a duration it has no end; without a start it has no beginning either, so that `[{}]` stops the line.
   *
   * @maxItems 16
   */
  deny?: WindowPeriod[];
  /**
   * What becomes of a rollout that is under way when it closes. Finish: it goes on. Stop: no further step and no further site is begun until it opens again.
   */
  overrun?: 'Finish' | 'Stop';
  rollouts?: RolloutSelection;
  sites?: WindowSites;
  /**
   * It is for FogRollouts of all namespaces. Counts in the namespace of Fog Rollouts itself alone.
   */
  allNamespaces?: boolean;
  /**
   * Why, for people; FogRollouts that wait say it.
   */
  reason?: string;
}
export interface WindowPeriod {
  /**
   * When it begins, for the first time where it comes again: a date and time of the timeZone, e.g. 2026-01-05T08:00.
   */
  start?: string;
  /**
   * How long it lasts, as ISO 8601 has it: PT8H30M, P2D. A day is until the same time of the next one, whatever the clocks do.
   */
  duration?: string;
  /**
   * Name of the IANA time zone, e.g. Europe/Berlin, or UTC.
   */
  timeZone?: string;
  /**
   * When it begins again, as RFC 5545 (iCalendar) has it: FREQ=WEEKLY;BYDAY=MO,TU. Left out, it does not.
   */
  rrule?: string;
}
/**
 * Which FogRollouts it is for, by both where both are given. Left out, all of the namespace.
 */
export interface RolloutSelection {
  /**
   * By their names.
   *
   * @minItems 1
   * @maxItems 100
   */
  names?: string[];
  selector?: RolloutSelector;
}
/**
 * By their labels.
 */
export interface RolloutSelector {
  /**
   * Labels that they have, with these values.
   */
  matchLabels?: {
    [k: string]: string;
  };
  /**
   * What else holds of their labels, all of it.
   *
   * @maxItems 16
   */
  matchExpressions?: RolloutRequirement[];
}
export interface RolloutRequirement {
  /**
   * Name of a label.
   */
  key: string;
  /**
   * In, NotIn: whether it has one of the values. Exists, DoesNotExist: whether it is there.
   */
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /**
   * For In and NotIn.
   *
   * @maxItems 64
   */
  values?: string[];
}
/**
 * It closes FogSites instead of rollouts as a whole: while it is closed, none of the FogRollouts it is for is begun at these sites. What is under way there finishes.
 */
export interface WindowSites {
  selector?: RolloutSelector;
}
/**
 * How it is now; written by Fog Rollouts.
 */
export interface FogWindowStatus {
  /**
   * The metadata.generation that this is about.
   */
  observedGeneration?: number;
  open?: boolean;
  /**
   * Why it is open or closed, and what of it cannot be read.
   */
  message?: string;
  /**
   * When it opens next; left out where it does not, or not within what can be foreseen.
   */
  nextOpening?: string;
  /**
   * When it closes next, likewise.
   */
  nextClosing?: string;
}
