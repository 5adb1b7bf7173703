/** Parents that lead back to where one began. Pure. */
import type { FogSite } from '../types.ts';

/** How many names of a cycle are told from its begin, and from its end, where it is longer. */
const FIRST_NAMES = 10;
const LAST_NAMES = 3;

/** The cycles that the parents of some sites form, found in one pass over all of them. */
export class Cycles {
  /** By the name of each site on a cycle: all names on it, each followed by its parent's, and its own place there. */
  private readonly on = new Map<string, { names: readonly string[]; at: number }>();

  constructor(byName: ReadonlyMap<string, FogSite>) {
    const seen = new Set<string>();
    for (const start of byName.keys()) {
      const way = new Map<string, number>();
      let name: string | undefined = start;
      while (name !== undefined && byName.has(name) && !seen.has(name)) {
        way.set(name, way.size);
        seen.add(name);
        name = byName.get(name)!.spec.parent;
      }
      const from = name === undefined ? undefined : way.get(name); // one that was seen on another way was found there
      if (from === undefined) continue;
      const names = [...way.keys()].slice(from);
      names.forEach((member, at) => {
        this.on.set(member, { names, at });
      });
    }
  }

  has(name: string): boolean {
    return this.on.has(name);
  }

  /**
   * The cycle that a site is on, from it over its parents back to itself: `a → b → a`; a long one without its middle.
   *
   * @returns undefined for a site that is on none
   */
  textOf(name: string): string | undefined {
    const found = this.on.get(name);
    if (!found) return undefined;
    const { names, at } = found;
    const nameAt = (step: number) => names[(at + step) % names.length]!;
    const left = names.length + 1 - FIRST_NAMES - LAST_NAMES;
    const shown = Array.from({ length: names.length + 1 - Math.max(0, left) }, (_, step) =>
      nameAt(left > 0 && step >= FIRST_NAMES ? step + left : step),
    );
    if (left > 0) shown.splice(FIRST_NAMES, 0, `(${left} more)`);
    return shown.join(' → ');
  }
}
