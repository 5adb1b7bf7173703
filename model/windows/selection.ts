/** Which FogRollouts a FogWindow is for. Pure. */
import { selects } from '../fleet/selector.ts';
import type { FogWindow, FogWindowSpec } from '../types.ts';

/** Index of FogWindows by their namespace. */
export const WINDOWS_INDEX = 'namespace';

export function windowNamespace({ metadata }: FogWindow): string[] {
  return [metadata.namespace];
}

/** By its names and labels; in which namespace it is, is another matter. */
export function isFor(
  { rollouts }: FogWindowSpec,
  { name, labels }: { name: string; labels?: Record<string, string> },
): boolean {
  const { names, selector } = rollouts ?? {};
  return (names === undefined || names.includes(name)) && selects(selector, labels);
}
