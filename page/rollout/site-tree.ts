/** Sites below one another, cloud to edge, with what is below each in numbers; and the waves of a layer. Pure. */
import type { SiteView, SiteViewPhase } from '../../model/fleet/site-view.ts';
import { LAYERS, type Layer } from '../../model/layers.ts';
import { rankOf, type SiteCounts } from '../../model/rollout-tree.ts';
import type { Sites } from '../grid/sites.ts';

/** What of a site its place in the tree goes by. */
export type PlacedSite = Pick<SiteView, 'site' | 'layer' | 'phase' | 'wave' | 'parent'>;

/** @param sites - in columns, as the grid has them */
export function placedIn({ names, layers, phases, waves, parents }: Columns): PlacedSite[] {
  return names.map((site, at) => {
    const [wave, parent] = [waves[at], parents[at]];
    return {
      ...{ site, layer: layers[at]!, phase: phases[at]! },
      ...(wave !== undefined && { wave }),
      ...(parent && { parent }),
    };
  });
}

type Columns = Pick<Sites, 'names' | 'layers' | 'phases' | 'waves' | 'parents'>;

export interface SiteNode {
  layer: Layer;
  /** Of the site, or of those that have no parent in the tree. */
  name: string;
  /** Left out of the latter. */
  site?: PlacedSite;
  /** How many sites of each lower layer are below it, by phase. */
  below: Partial<Record<Layer, SiteCounts>>;
  /** Worst first. */
  children: SiteNode[];
}

/** The sites of all layers by their parents; those of the topmost layer, and what hangs on nothing, are the roots. */
export function treeOf(sites: readonly PlacedSite[]): SiteNode[] {
  const nodes = new Map<string, SiteNode>();
  const roots: SiteNode[] = [];
  let above: SiteNode[] = [];
  for (const layer of LAYERS) {
    const own = sites.filter((site) => site.layer === layer);
    if (own.length === 0) continue;
    const [only, ...others] = above;
    // Under one site of the layer above are all that name no other.
    const rest = others.length === 0 ? only : undefined;
    const orphans: SiteNode = { layer, name: 'no parent', below: {}, children: [] };
    const made = own.map((site) => {
      const node: SiteNode = { layer, name: site.site, site, below: {}, children: [] };
      const parent = (site.parent !== undefined ? nodes.get(site.parent) : undefined) ?? rest;
      if (parent) parent.children.push(node);
      else if (above.length === 0) roots.push(node);
      else orphans.children.push(node);
      return node;
    });
    for (const node of made) nodes.set(node.name, node);
    if (orphans.children.length > 0) roots.push(orphans);
    above = made;
  }
  for (const root of roots) count(root);
  return worstFirst(roots);
}

/** Fills in what is below a node; its children are in their order then. */
function count(node: SiteNode): void {
  for (const child of node.children) {
    count(child);
    if (child.site) add(node.below, child.layer, { [child.site.phase]: 1 });
    for (const layer of LAYERS) if (child.below[layer]) add(node.below, layer, child.below[layer]);
  }
  node.children = worstFirst(node.children);
}

function add(below: SiteNode['below'], layer: Layer, counts: SiteCounts): void {
  below[layer] ??= {};
  const sum: SiteCounts = below[layer];
  for (const [phase, number] of Object.entries(counts) as [SiteViewPhase, number][]) {
    sum[phase] = (sum[phase] ?? 0) + number;
  }
}

/** Those that somebody has to look at, by what is below them too, before the others; else by their names. */
function worstFirst(nodes: SiteNode[]): SiteNode[] {
  const ranked = nodes.map((node) => ({ node, ...worstOf(node) }));
  ranked.sort((a, b) => a.rank - b.rank || b.number - a.number || (a.node.name < b.node.name ? -1 : 1));
  return ranked.map(({ node }) => node);
}

/** The rank of the worst of its sites, and how many these are. */
function worstOf({ site, below }: SiteNode): { rank: number; number: number } {
  const counts = new Map<SiteViewPhase, number>(site ? [[site.phase, 1]] : []);
  for (const of of Object.values(below)) {
    for (const [phase, number] of Object.entries(of) as [SiteViewPhase, number][]) {
      counts.set(phase, (counts.get(phase) ?? 0) + number);
    }
  }
  const [worst] = [...counts].sort(([a], [b]) => rankOf(a) - rankOf(b));
  return worst && !QUIET.has(worst[0]) ? { rank: rankOf(worst[0]), number: worst[1] } : { rank: NO_RANK, number: 0 };
}

const NO_RANK = Number.POSITIVE_INFINITY;

/** Nobody has to look at these: their nodes stand by their names. */
const QUIET: ReadonlySet<SiteViewPhase> = new Set(['Ready', 'Waiting', 'Blocked', 'Skipped', 'Removed']);

/** Those that somebody has to look at. */
const LOUD: ReadonlySet<SiteViewPhase> = new Set(['Failed', 'Drifted', 'Unknown', 'Deferred', 'Held']);

export function loudIn(sites: readonly PlacedSite[]): SiteCounts {
  const counts: SiteCounts = {};
  for (const { phase } of sites) if (LOUD.has(phase)) counts[phase] = (counts[phase] ?? 0) + 1;
  return counts;
}

export interface WaveSites {
  name: string;
  total: number;
  counts: SiteCounts;
  /** Whether its sites have come to an end, have their turn, or wait for it. */
  state: 'done' | 'now' | 'next';
}

/** Their part of the wave is not over. */
const OPEN: readonly SiteViewPhase[] = ['InFlight', 'Waiting', 'Blocked'];

/** The waves of a layer in their order; none where it is not divided. */
export function wavesOf(sites: readonly PlacedSite[], layer: Layer): WaveSites[] {
  const waves = new Map<string, WaveSites>();
  for (const { phase, wave, layer: of } of sites) {
    if (of !== layer || wave === undefined) continue;
    const known = waves.get(wave) ?? { name: wave, total: 0, counts: {}, state: 'next' };
    known.total += 1;
    known.counts[phase] = (known.counts[phase] ?? 0) + 1;
    waves.set(wave, known);
  }
  const all = [...waves.values()];
  if (all.length < 2) return [];
  // Only one has its turn: what is before it is over, what is after it waits.
  const now = all.findIndex(({ counts }) => OPEN.some((phase) => counts[phase]));
  return all.map((wave, at) => ({
    ...wave,
    state: now === -1 || at < now ? 'done' : at > now ? 'next' : turnOf(wave),
  }));
}

function turnOf({ counts, total }: WaveSites): WaveSites['state'] {
  const idle = (counts.Waiting ?? 0) + (counts.Blocked ?? 0) + (counts.Held ?? 0);
  return idle === total ? 'next' : 'now';
}
