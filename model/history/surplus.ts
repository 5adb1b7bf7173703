/** Which generations of a FogRollout, and attempts within them, are no longer kept. Pure. */
import { compareOrder, isSameOrder, type Order, orderIn } from '../order.ts';
import type { KeptGeneration } from './kept.ts';

/** Deletes that one look asks for: what is left over then goes with the next. */
const AT_ONCE = 20;

/**
 * The newest ones stay, what a layer still runs, and the last that succeeded, of which there may be no other proof that it
 * works. Oldest first.
 *
 * @param present - it stays; what claims to be later is left alone
 * @param limit - how many of the newest stay, the present one among them
 * @param inUse - what layers run, and what is known to have succeeded: they stay too
 */
export function surplusOf(
  kept: KeptGeneration[],
  { present, limit, inUse }: { present: Order; limit: number; inUse: Order[] },
): Order[] {
  const newestFirst = kept.filter((one) => compareOrder(one, present) < 0).toSorted((a, b) => compareOrder(b, a));
  const succeeded = newestFirst.find(({ runs }) => runs.some(({ outcome }) => outcome === 'Succeeded'));
  const needed = succeeded ? [...inUse, succeeded] : inUse;
  const surplus = newestFirst.slice(limit - 1).filter((one) => !needed.some((other) => isSameOrder(one, other)));
  return surplus.map(orderIn).reverse().slice(0, AT_ONCE);
}
