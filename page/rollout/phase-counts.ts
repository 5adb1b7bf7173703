/** How many sites are in which phase, in words. Pure. */
import { phasesIn, type SiteCounts } from '../../model/rollout-tree.ts';
import { numberText, phaseText } from '../text.ts';

/** Worst first: `1 failed, 12 in flight`. */
export function countsText(counts: SiteCounts): string {
  return phasesIn(counts)
    .map(([phase, count]) => `${numberText(count)} ${phaseText(phase).toLowerCase()}`)
    .join(', ');
}

export function totalOf(counts: SiteCounts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
