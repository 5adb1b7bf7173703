/** Which FogRollouts a FogWindow is for. Pure. */
import { selects } from '../fleet/selector.ts';
import type { FogWindowSpec } from '../types.ts';

/** By its names and labels; in which namespace it is, is another matter. */
export function isFor(
  { rollouts }: FogWindowSpec,
  { name, labels }: { name: string; labels?: Record<string, string> },
): boolean {
  const { names, selector } = rollouts ?? {};
  return (names === undefined || names.includes(name)) && selects(selector, labels);
}
