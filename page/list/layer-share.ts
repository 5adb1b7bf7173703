/** What a bar of a layer shows: how many of its sites are how far. Pure. */
import type { LayerSummary } from '../../model/rollout-summary.ts';

/** Parts of a bar, from left to right; what is missing to the total is not given anything yet. */
export interface Share {
  /** Ready with what the rollout is to run. */
  ready: number;
  /** Ready with what they had. */
  before: number;
  /** Given the revision, and not ready yet. */
  underWay: number;
  failed: number;
  /** Out of reach, or left for later. */
  away: number;
  total: number;
}

/** @param wanted - the version that the rollout is to run */
export function shareOf({ phase, version, sites }: LayerSummary, wanted: string): Share {
  const { total, updated, ready, failed, deferred, unknown } = sites;
  const isThere = phase !== 'Pending' || version === wanted;
  const now = isThere ? Math.min(ready, updated) : 0;
  const before = Math.max(0, ready - now);
  const away = Math.min(deferred + unknown, total - ready);
  const bad = Math.min(failed, total - ready - away);
  const rest = Math.max(0, total - ready - away - bad);
  const underWay = phase === 'Progressing' ? Math.min(rest, Math.max(0, updated - now)) : 0;
  return { ready: now, before, underWay, failed: bad, away, total };
}

/** In words: `12 of 20 ready, 3 failed`. */
export function shareText({ ready, before, underWay, failed, away, total }: Share): string {
  const parts = [`${ready + before} of ${total} ready`];
  if (before > 0) parts.push(`${before} with what they had`);
  if (underWay > 0) parts.push(`${underWay} under way`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (away > 0) parts.push(`${away} out of reach or left for later`);
  return parts.join(', ');
}
