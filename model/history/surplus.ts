/** Which generations of a FogRollout are no longer kept. Pure. */
import type { LayerStatus } from '../types.ts';
import type { KeptGeneration } from './kept.ts';

/** Deletes that one look asks for: what is left over then goes with the next. */
const AT_ONCE = 20;

/**
 * The newest ones stay, what a layer still runs, and the last that succeeded, of which there may be no other proof that it
 * works. Oldest first.
 *
 * @param generation - the present one, which stays; what claims to be later is left alone
 * @param limit - how many of the newest stay, the present one among them
 */
export function surplusOf(
  kept: KeptGeneration[],
  { generation, limit, layers }: { generation: number; limit: number; layers: Pick<LayerStatus, 'generation'>[] },
): number[] {
  const newestFirst = kept.filter((one) => one.generation < generation).toSorted((a, b) => b.generation - a.generation);
  const succeeded = newestFirst.find(({ runs }) => runs.some(({ outcome }) => outcome === 'Succeeded'));
  const inUse = new Set([...layers.map((layer) => layer.generation), succeeded?.generation]);
  const surplus = newestFirst.slice(limit - 1).filter((one) => !inUse.has(one.generation));
  return surplus
    .map((one) => one.generation)
    .reverse()
    .slice(0, AT_ONCE);
}
