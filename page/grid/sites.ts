/** All sites of a rollout as the grid has them: columns, the n-th of each is of the n-th site. Pure. */
import { decoded } from '../../model/fleet/column-codes.ts';
import type { SiteLayout } from '../../model/fleet/site-columns.ts';
import type { SiteViewPhase } from '../../model/fleet/site-view.ts';
import type { Layer } from '../../model/layers.ts';

/** What `GET /rollouts/{name}/grid` answers. */
export interface GridAnswer {
  layout: string;
  legend: SiteViewPhase[];
  phases: string;
  /** Left out where the layout is the one that was asked with. */
  sites?: SiteLayout;
}

export interface Label {
  key: string;
  values: string[];
  /** Of each site; undefined of one that has none. */
  of: (string | undefined)[];
}

export interface Sites {
  /** Names all but the phases: the same as long as they are. */
  layout: string;
  names: string[];
  layers: Layer[];
  waves: (string | undefined)[];
  /** Empty text of a site without. */
  parents: string[];
  labels: Label[];
  phases: SiteViewPhase[];
}

/** @returns undefined where the answer has not all there is to know, and what is known is of another layout */
export function sitesBy(known: Sites | undefined, answer: GridAnswer): Sites | undefined {
  const { layout, legend, sites } = answer;
  const phases = decoded(answer.phases, legend).map((phase) => phase ?? 'Unknown');
  if (!sites) return known?.layout === layout ? { ...known, phases } : undefined;
  const { names, parts, parents = names.map(() => ''), labels } = sites;
  return {
    layout,
    names,
    layers: parts.flatMap(({ layer, count }) => Array<Layer>(count).fill(layer)),
    waves: parts.flatMap(({ wave, count }) => Array<string | undefined>(count).fill(wave)),
    parents,
    labels: labels.map(({ key, values, of }) => ({ key, values, of: decoded(of, values) })),
    phases,
  };
}
