/** Which sites are shown. Pure. */
import type { SiteViewPhase } from '../../model/fleet/site-view.ts';
import { PHASES, rankOf } from './looks.ts';
import type { Sites } from './sites.ts';

/** What is left out is not filtered by. */
export interface SiteFilter {
  /** Any of these. */
  phases: ReadonlySet<SiteViewPhase>;
  layer?: string;
  parent?: string;
  /** `key=value`; `key=` takes those without it. */
  label?: string;
  /** A part of the name. */
  text?: string;
}

export const NO_FILTER: SiteFilter = { phases: new Set() };

export interface Filtered {
  /** Indexes of the sites that match, in their order. */
  matching: number[];
  /** Of those that match all but the phase, worst first; phases that nobody is in are left out. */
  counts: [SiteViewPhase, number][];
  /** Of how many sites that is. */
  total: number;
}

export function filtered(sites: Sites, { phases, layer, parent, label, text }: SiteFilter): Filtered {
  const isLabelled = labelTest(sites, label);
  const word = text?.trim().toLowerCase();
  const counts = new Map<SiteViewPhase, number>();
  const matching: number[] = [];
  let total = 0;
  for (let at = 0; at < sites.names.length; at++) {
    if (layer && sites.layers[at] !== layer) continue;
    if (parent && sites.parents[at] !== parent) continue;
    if (isLabelled && !isLabelled(at)) continue;
    if (word && !sites.names[at]!.includes(word)) continue;
    const phase = sites.phases[at]!;
    total += 1;
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
    if (phases.size === 0 || phases.has(phase)) matching.push(at);
  }
  return {
    matching,
    counts: PHASES.flatMap((phase) =>
      counts.has(phase) ? [[phase, counts.get(phase)!] as [SiteViewPhase, number]] : [],
    ),
    total,
  };
}

/** With a phase more, or less. */
export function toggled(phases: ReadonlySet<SiteViewPhase>, phase: SiteViewPhase): ReadonlySet<SiteViewPhase> {
  const others = new Set(phases);
  if (!others.delete(phase)) others.add(phase);
  return others;
}

/** Worst first, otherwise in their order. */
export function worstFirst(sites: Sites, matching: readonly number[]): number[] {
  return matching.toSorted((a, b) => rankOf(sites.phases[a]!) - rankOf(sites.phases[b]!) || a - b);
}

function labelTest({ labels }: Sites, label: string | undefined): ((at: number) => boolean) | undefined {
  const end = label?.indexOf('=') ?? -1;
  if (!label || end < 0) return undefined;
  const column = labels.find(({ key }) => key === label.slice(0, end));
  const value = label.slice(end + 1);
  return (at) => (column?.of[at] ?? '') === value;
}
