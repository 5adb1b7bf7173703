/** Reasons of failures as those who count them have them: a list that ends, whatever objects and other versions say. Pure. */
import { FAILURE } from './activities.ts';
import { GATE_REASONS } from './gates/asking.ts';
import { HINDRANCES } from './hindrance.ts';
import { REASONS } from './status.ts';

/** What stands for all that is not listed. */
export const OTHER_REASON = 'Other';

/** Of sites, gates, stages and runs that have failed, and of what keeps a rollout from going on. */
export const KNOWN_REASONS: readonly string[] = [
  ...Object.values(FAILURE),
  ...Object.values(GATE_REASONS),
  ...Object.values(HINDRANCES),
  ...[REASONS.aborted, REASONS.interrupted, REASONS.notReady, REASONS.rolledBack, REASONS.skipped],
  ...['ApprovalExpired', 'Rejected'],
  ...['TooManyFailures', 'TooFewReady', 'TooFewReachable', 'NoSites', 'ShardLost'],
  ...['Unserved', 'Timeout', 'Expired', 'RevisionMissing', 'UnexpectedError', 'Error'],
  OTHER_REASON,
];

/** A reason, if it is one of {@link KNOWN_REASONS}; for any other `Other`. */
export function knownReason(reason: string): string {
  return KNOWN_REASONS.includes(reason) ? reason : OTHER_REASON;
}
