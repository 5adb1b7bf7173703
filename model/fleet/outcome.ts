import { counted } from '../text.ts';
import type { Budget } from './budget.ts';
import { countOf, openIn, type ShardReport } from './report.ts';

/** Whether a stage reached what its budget asks for, and if not, why, as a person should read it. */
export type Outcome =
  | { ok: true }
  | { ok: false; reason: 'TooManyFailures' | 'TooFewReady' | 'TooFewReachable'; message: string };

/**
 * Judges the sites of a stage that has finished. Sites that left meanwhile are not asked for, but where any must be ready
 * at least one must: a stage of nothing but such sites has shown nothing. Sites that were never brought to an end (a shard
 * was lost) are never a success.
 *
 * @returns a message without the layer's name, which the caller puts before it
 */
export function outcomeOf(totals: ShardReport, budget: Budget): Outcome {
  const { ready, failed, deferred, skipped } = totals;
  const open = openIn(totals);
  const total = countOf(totals);
  const all = counted(total, 'site');
  if (failed > budget.maxFailures) {
    const message = `${failed} of ${all} failed, ${budget.maxFailures || 'none'} may`;
    return { ok: false, reason: 'TooManyFailures', message };
  }
  if (open > 0) {
    return { ok: false, reason: 'TooFewReady', message: `${open} of ${all} did not come to an end` };
  }
  const needed = Math.min(budget.minSuccess, Math.max(total - skipped, total > 0 ? 1 : 0));
  if (ready < needed) {
    const message = `${ready} of ${all} became ready, ${needed} must${othersOf(totals)}`;
    return { ok: false, reason: 'TooFewReady', message };
  }
  if (total - deferred < budget.minReachable) {
    const message = `${total - deferred} of ${all} could be reached, ${budget.minReachable} must`;
    return { ok: false, reason: 'TooFewReachable', message };
  }
  return { ok: true };
}

/** What became of those that are not ready, e.g. ` (3 failed, 2 held)`. */
function othersOf(totals: ShardReport): string {
  const phases = ['failed', 'deferred', 'skipped', 'held'] as const;
  const others = phases.filter((phase) => totals[phase] > 0).map((phase) => `${totals[phase]} ${phase}`);
  return others.length > 0 ? ` (${others.join(', ')})` : '';
}
