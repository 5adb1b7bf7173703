/** All sites of a rollout at once, in columns: what changes rarely apart from how each is. Pure. */
import type { Layer } from '../layers.ts';
import type { FogRollout, FogShard } from '../types.ts';
import { INDEXES, NONE } from './column-codes.ts';
import { SITE_PHASES, type SiteFacts, type SiteViewPhase, slicesOf } from './site-view.ts';

/** Which sites there are, in the order of promotion; of each column the n-th is of the n-th site. */
export interface SiteLayout {
  names: string[];
  /** Sites that stand one after another in a layer and a wave; they add up to all. */
  parts: { layer: Layer; wave?: string; count: number }[];
  /** Left out where no site has one; empty text for those without. */
  parents?: string[];
  labels: LabelColumn[];
}

/** What FogSites have under one key, where these are few enough to choose from. */
export interface LabelColumn {
  key: string;
  values: string[];
  /** A character each ({@link INDEXES}): which of the values it has, or {@link NONE}. */
  of: string;
}

export interface SiteColumns {
  layout: SiteLayout;
  /** A character each ({@link INDEXES}): which of {@link SITE_PHASES}. */
  phases: string;
}

/** Keys of which FogSites have more values than there are characters name sites rather than sort them. */
const MOST_VALUES = INDEXES.length;
const MOST_KEYS = 20;

const CHARACTER_OF = Object.fromEntries(SITE_PHASES.map((phase, index) => [phase, INDEXES[index]])) as Record<
  SiteViewPhase,
  string
>;

/** @param shards - those of other objects of the same name are left out */
export function siteColumnsOf(rollout: FogRollout, shards: FogShard[], facts: SiteFacts): SiteColumns {
  const slices = slicesOf(rollout, shards, facts).filter(({ sites }) => sites.length > 0);
  const sites = slices.flatMap((slice) => slice.sites);
  const names = sites.map(({ name }) => name);
  const hasParents = sites.some(({ parent }) => parent !== undefined);
  return {
    layout: {
      names,
      parts: slices.reduce<SiteLayout['parts']>((parts, { layer, wave, sites: { length } }) => {
        const last = parts.at(-1);
        if (last && last.layer === layer && last.wave === wave) last.count += length;
        else parts.push({ layer, ...(wave !== undefined && { wave }), count: length });
        return parts;
      }, []),
      ...(hasParents && { parents: sites.map(({ parent = '' }) => parent) }),
      labels: labelColumns(names, facts),
    },
    phases: slices.map(({ phases }) => phases.map((phase) => CHARACTER_OF[phase]).join('')).join(''),
  };
}

function labelColumns(names: string[], { siteOf }: SiteFacts): LabelColumn[] {
  const all = names.map((name) => siteOf(name)?.metadata.labels ?? {});
  const valuesOf = new Map<string, Set<string>>();
  for (const labels of all) {
    for (const key of Object.keys(labels)) {
      const values = valuesOf.get(key) ?? new Set();
      valuesOf.set(key, values);
      if (values.size <= MOST_VALUES) values.add(labels[key]!);
    }
  }
  return [...valuesOf]
    .filter(([, { size }]) => size <= MOST_VALUES)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, MOST_KEYS)
    .map(([key, known]) => {
      const values = [...known].sort();
      const index = new Map(values.map((value, at) => [value, INDEXES[at]!]));
      const of = all.map((labels) => (Object.hasOwn(labels, key) ? index.get(labels[key]!)! : NONE)).join('');
      return { key, values, of };
    });
}
