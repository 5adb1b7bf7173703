import { Type } from 'typebox';
import { SITE_PHASES } from '../../model/fleet/site-view.ts';
import { LAYERS } from '../../model/layers.ts';
import { SITE } from './examples.ts';
import { NamespaceQuery, phaseParameter } from './parameters.ts';

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
export const SitesSchema = Type.Object(
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
