import { Type } from 'typebox';
import { SITE_PHASES } from '../../model/fleet/site-view.ts';
import { LAYERS } from '../../model/layers.ts';
import { SITE, SITE_GRID } from './examples.ts';
import { DNS_LABEL, NameParams, NamespaceQuery, phaseParameter } from './parameters.ts';

export const SitesQuery = Type.Object({
  ...NamespaceQuery.properties,
  phase: phaseParameter(SITE_PHASES, 'sites'),
  layer: Type.Optional(Type.Enum([...LAYERS], { description: 'Only sites of this layer' })),
  site: Type.Optional(
    Type.String({
      maxLength: 63,
      pattern: '^[a-z0-9][-a-z0-9]*$',
      description: 'Only sites whose name is this or begins with it',
    }),
  ),
  wave: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Only sites of this wave' })),
  parent: Type.Optional(
    Type.String({
      maxLength: 63,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      description: 'Only sites that hang on this one',
    }),
  ),
  limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000, description: 'Most sites in one answer' }),
  continue: Type.Optional(
    Type.String({
      maxLength: 100,
      pattern: '^[A-Za-z0-9_-]+$',
      description: 'The "continue" of the page before; left out for the first sites',
    }),
  ),
});

export const SiteParams = Type.Object({
  ...NameParams.properties,
  site: Type.String({ maxLength: 63, pattern: DNS_LABEL.source, description: 'Name of the site' }),
});

export const GridQuery = Type.Object({
  ...NamespaceQuery.properties,
  layout: Type.Optional(
    Type.String({ maxLength: 64, pattern: '^[A-Za-z0-9_-]+$', description: 'The `layout` of an earlier answer' }),
  ),
});

const Site = Type.Object({
  site: Type.String({ description: 'Name of the FogSite, or of the layer where that has none' }),
  layer: Type.Enum([...LAYERS]),
  phase: Type.Enum([...SITE_PHASES], { description: 'How far it is with the revision that the rollout is at' }),
  wave: Type.Optional(Type.String({ description: 'The part of its layer that it is in' })),
  version: Type.Optional(
    Type.String({ description: 'What it runs, as far as known; absent while it was given nothing' }),
  ),
  generation: Type.Optional(Type.Integer({ description: "The FogRollout's generation of that version" })),
  namespace: Type.String({ description: 'Where its Deployment and Service are' }),
  cluster: Type.String({ description: 'What the workers of its queue call the cluster' }),
  queue: Type.Optional(Type.String({ description: "Task queue of its workers; absent for the hub's" })),
  parent: Type.Optional(Type.String({ description: 'The site of the layer above' })),
  lastSeen: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'When its workers last had an answer from its cluster; of a site that is out of reach',
    }),
  ),
  reason: Type.Optional(Type.String({ description: 'One word, e.g. ProgressDeadlineExceeded' })),
  message: Type.Optional(Type.String({ description: 'Why it is in this phase' })),
});

const count = Type.Integer({ minimum: 0 });
const NONE = Object.fromEntries(SITE_PHASES.map((phase) => [phase, 0]));

/** The shape of `SitesPage` (model/fleet/sites-view.ts), with its end as a token. */
const SitesSchema = Type.Object(
  {
    sites: Type.Array(Site, { description: 'In the order of promotion: cloud, fog, edge, and wave by wave' }),
    continue: Type.Optional(Type.String({ description: 'Asks for the next page; absent on the last' })),
    total: Type.Integer({ minimum: 0, description: 'Sites that match, on all pages' }),
    counts: Type.Object(Object.fromEntries(SITE_PHASES.map((phase) => [phase, count])), {
      description: 'How many of all sites of the FogRollout are in each phase',
    }),
  },
  {
    $id: 'Sites',
    description: 'The sites of a FogRollout one by one',
    examples: [{ sites: [SITE], continue: 'MS5lZGdlLjEuMg', total: 26, counts: { ...NONE, Ready: 340, Failed: 26 } }],
  },
);

const Had = Type.Object(
  { version: Type.String(), generation: Type.Integer() },
  { description: 'What it had when the plan was made that is carried out now' },
);

const OneSiteSchema = Type.Object(
  {
    sites: Type.Array(Type.Object({ ...Site.properties, had: Type.Optional(Had) }), {
      description: 'Once for each place that it has something at, nearly always one',
    }),
  },
  {
    $id: 'OneSite',
    description: 'One site of a FogRollout',
    examples: [{ sites: [{ ...SITE, had: { version: 'v1.1.0', generation: 3 } }] }],
  },
);

/** `0-9a-z` by turns, one for each site. */
const column = (description: string) => Type.String({ pattern: '^[0-9a-z-]*$', description });

/** The shape of `SiteColumns` (model/fleet/site-columns.ts). */
const SiteGridSchema = Type.Object(
  {
    layout: Type.String({ description: 'Names what is in `sites`' }),
    legend: Type.Array(Type.Enum([...SITE_PHASES]), { description: 'The phases that there are' }),
    phases: column('A character for each site: 0 for the first phase of the legend, … 9, a, b, …'),
    sites: Type.Optional(
      Type.Object(
        {
          names: Type.Array(Type.String(), { description: 'In the order of promotion' }),
          parts: Type.Array(Type.Object({ layer: Type.Enum([...LAYERS]), wave: Type.Optional(Type.String()), count }), {
            description: 'How many, one after another, are in which layer and wave',
          }),
          parents: Type.Optional(Type.Array(Type.String(), { description: 'Of each site; empty for those without' })),
          labels: Type.Array(
            Type.Object({
              key: Type.String(),
              values: Type.Array(Type.String()),
              of: column('A character for each site, which value it has: as in `phases`; - for none'),
            }),
            { description: 'Of the FogSites, where a key has at most 36 values; at most 20 keys' },
          ),
        },
        { description: 'Left out where the layout that was asked with is the present one' },
      ),
    ),
  },
  { $id: 'SiteGrid', description: 'All sites of a FogRollout at once, in columns', examples: [SITE_GRID] },
);

export const SITES_SCHEMAS = [SitesSchema, OneSiteSchema, SiteGridSchema];
