/** Generated from crds/fogactions.yaml by `npm run generate`: edit that file, not this one. */

export interface FogAction {
  spec: FogActionSpec;
  status?: FogActionStatus;
}
/**
 * What is asked; it never changes.
 */
export interface FogActionSpec {
  /**
   * Name of the FogRollout.
   */
  rollout: string;
  /**
   * Approve, Reject: what an approval gate waits for. Pause: no further step and no further site is begun, until Resume. Abort: the run ends as failed, and sites stay as they are. Retry: the revision that failed is rolled out again. Skip: a site of a layer that has its turn, what is left of one of its waves, or, where layer alone is given, all of that layer is passed over. Rollback: all layers go back to an earlier revision, edge first, and spec is not promoted until it changes or Resume. Restart: the pods of all layers are made anew, wave by wave.
   */
  action: 'Approve' | 'Reject' | 'Pause' | 'Resume' | 'Abort' | 'Retry' | 'Skip' | 'Rollback' | 'Restart';
  /**
   * Whose gate, or site, it is; of Skip without site and wave, what is passed over. Else it may be left out where it is clear.
   */
  layer?: 'cloud' | 'fog' | 'edge';
  /**
   * After which wave of the layer the gate is; of Skip, which wave is passed over. May be left out where one waits.
   */
  wave?: string;
  /**
   * Of Skip: name of the FogSite.
   */
  site?: string;
  /**
   * Name of the gate. May be left out where one waits.
   */
  gate?: string;
  /**
   * The generation of the FogRollout that is meant: of Rollback, the one whose content it goes back to (left out, the one that last succeeded); of others, the one that is under way (left out, whichever is).
   */
  revision?: number;
  /**
   * Of Approve: hash of the plan that is approved, as kubectl fog plan has it. With another under way it is refused, and it counts no more when the plan changes before the gate opens.
   */
  plan?: string;
  /**
   * Why, for people.
   */
  reason?: string;
  /**
   * Who asks. Filled in, and held to be true, by the admission policies of Fog Rollouts.
   */
  requestedBy?: string;
}
/**
 * What became of it; written by Fog Rollouts.
 */
export interface FogActionStatus {
  state?: 'Accepted' | 'Refused';
  /**
   * What it did, or why it was refused.
   */
  message?: string;
  at?: string;
}
