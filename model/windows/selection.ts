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

/**
 * Whether FogRollouts of a namespace may have to do with a FogWindow.
 *
 * @param home - where FogWindows can be for all namespaces; left out, nobody knows
 */
export function isAbout({ metadata, spec }: FogWindow, namespace: string, home?: string): boolean {
  if (metadata.namespace === namespace) return true;
  return spec.allNamespaces === true && (home === undefined || metadata.namespace === home);
}

/**
 * The FogWindows that {@link isAbout} says so of, by an index of all there are.
 *
 * @param home - where FogWindows can be for all namespaces
 */
export function windowsAbout<T extends FogWindow>(
  namespace: string,
  { inNamespace, home }: { inNamespace(namespace: string): readonly T[]; home: string },
): T[] {
  const far = namespace === home ? [] : inNamespace(home).filter((window) => isAbout(window, namespace, home));
  return [...inNamespace(namespace), ...far];
}
