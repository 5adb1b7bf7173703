import { Type } from 'typebox';
import { FOG_SITE_PHASES } from '../../model/fleet/site-summary.ts';
import { LAYERS } from '../../model/layers.ts';
import { ROLLOUT_PHASES } from '../../model/phases.ts';
import { FOG_SITE_SUMMARY, ROLLOUT_SUMMARY } from './examples.ts';
import { AnyNamespaceQuery, phaseParameter } from './parameters.ts';

const layer = Type.Enum([...LAYERS]);
const text = (description: string) => Type.String({ description });
const time = (description: string) => Type.String({ format: 'date-time', description });
const count = (description?: string) => Type.Integer({ minimum: 0, ...(description && { description }) });

/** What both lists take. */
function pagesOf(phases: readonly string[], what: string) {
  return {
    phase: phaseParameter(phases, what),
    labelSelector: Type.Optional(
      Type.String({
        maxLength: 1024,
        description: 'Only those with these labels, as `kubectl get -l` takes it',
        examples: ['team=shop,tier in (gold,silver)'],
      }),
    ),
    limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000, description: `Most ${what} in one answer` }),
    continue: Type.Optional(
      Type.String({
        maxLength: 500,
        pattern: '^[A-Za-z0-9_-]+$',
        description: 'The "continue" of the page before; left out for the first page',
      }),
    ),
  };
}

export const RolloutsQuery = Type.Object({
  ...AnyNamespaceQuery.properties,
  ...pagesOf(ROLLOUT_PHASES, 'FogRollouts'),
});

export const FogSitesQuery = Type.Object({
  layer: Type.Optional(Type.Enum([...LAYERS], { description: 'Only FogSites of this layer' })),
  ...pagesOf(FOG_SITE_PHASES, 'FogSites'),
});

/** What `phase` must be, in words; it has others on other paths. */
export const PHASES_OF_ROLLOUTS = { phase: `must be one or more of ${ROLLOUT_PHASES.join(', ')}` };
export const PHASES_OF_FOG_SITES = { phase: `must be one or more of ${FOG_SITE_PHASES.join(', ')}` };

const AwaitedSchema = Type.Object({
  kind: Type.Enum(['gate', 'hold', 'other'], { description: 'hold: somebody paused it; other: the message says it' }),
  message: text('For people'),
  gate: Type.Optional(text('Of a gate: its name')),
  layer: Type.Optional(Type.Enum([...LAYERS], { description: 'Of a gate: where it stands' })),
  at: Type.Optional(Type.Enum(['before', 'after'], { description: 'Of a gate: before or after the layer' })),
  since: Type.Optional(time('Since when, where that is known')),
});

const ages = {
  createdAt: time('When the object was made'),
  ageSeconds: count('How long ago that is'),
};

/** The shape of `RolloutSummary` (model/rollout-summary.ts), with its age. */
export const RolloutSummarySchema = Type.Object(
  {
    namespace: Type.String(),
    name: Type.String(),
    phase: Type.Enum([...ROLLOUT_PHASES]),
    version: text('What the object asks for'),
    completedVersion: Type.Optional(text('What the whole rollout last completed')),
    ready: Type.Boolean({ description: 'Whether what the object asks for is ready in every layer' }),
    ...ages,
    layers: Type.Array(
      Type.Object({
        layer,
        phase: Type.Enum(['Pending', 'Progressing', 'Ready', 'Skipped', 'Failed', 'Removing']),
        version: Type.Optional(text('What the layer runs; absent while it was given nothing')),
        sites: Type.Object({
          total: count('Sites of the layer'),
          updated: count('Given the revision the layer is being promoted to'),
          ready: count('Ready with the revision they were last given'),
          failed: count('Failed'),
          deferred: count('Left for later'),
          unknown: count('Ready when they were last seen, and out of reach now'),
        }),
      }),
      { description: 'In the order of promotion' },
    ),
    waitsFor: Type.Array(AwaitedSchema, {
      description: 'What keeps it from going on; empty where it does, or has ended',
    }),
  },
  { $id: 'RolloutSummary', description: 'A FogRollout in a few lines', examples: [ROLLOUT_SUMMARY] },
);

/** The shape of `SiteSummary` (model/fleet/site-summary.ts), with its age. */
export const FogSiteSummarySchema = Type.Object(
  {
    name: Type.String(),
    layer,
    phase: Type.Enum([...FOG_SITE_PHASES], {
      description:
        'NotReady: it takes no part, the message says why; Unreachable: its cluster does not answer; Drifted: a release there is not what it was made; Unknown: not looked at yet',
    }),
    reachable: Type.Enum(['True', 'False', 'Unknown'], {
      description: 'Whether its cluster answers; Unknown of those on the hub itself too, which is not asked',
    }),
    parent: Type.Optional(text('The site of the layer above')),
    namespace: text('Where its releases are'),
    cluster: text('What the workers of its queue call the cluster'),
    queue: Type.Optional(text("Task queue of its workers; absent for the hub's")),
    labels: Type.Record(Type.String(), Type.String()),
    hold: Type.Optional(text('Why nothing is changed there')),
    releases: Type.Optional(count('How many it carries; absent while that is not known')),
    drifted: count('How many of them are not what they were made'),
    lastSeen: Type.Optional(time('When a worker last had an answer from its cluster')),
    message: Type.Optional(text('Why it is in this phase')),
    ...ages,
  },
  { $id: 'FogSiteSummary', description: 'A FogSite in a few lines', examples: [FOG_SITE_SUMMARY] },
);

interface Item {
  $id: string;
  phases: readonly string[];
  example: { phase: string };
}

/** Every list of `/api/v1` is in it. */
function envelope($id: string, description: string, item: Item) {
  const { phases, example } = item;
  const none = Object.fromEntries(phases.map((phase) => [phase, 0]));
  return Type.Object(
    {
      items: Type.Array(Type.Ref(`${item.$id}#`)),
      continue: Type.Optional(text('Asks for the next page; absent on the last')),
      total: count('How many match, on all pages'),
      counts: Type.Object(Object.fromEntries(phases.map((phase) => [phase, count()])), {
        description: 'How many are in each phase, of those that match all that is asked for but the phase',
      }),
    },
    {
      $id,
      description,
      examples: [
        { items: [example], continue: 'c2l0ZXMxIGtpZWw', total: 26, counts: { ...none, [example.phase]: 26 } },
      ],
    },
  );
}

export const RolloutSummariesSchema = envelope(
  'RolloutSummaries',
  'A page of FogRollouts, in the order of namespace/name',
  { $id: 'RolloutSummary', phases: ROLLOUT_PHASES, example: ROLLOUT_SUMMARY },
);

export const FogSiteSummariesSchema = envelope('FogSiteSummaries', 'A page of FogSites, in the order of their names', {
  $id: 'FogSiteSummary',
  phases: FOG_SITE_PHASES,
  example: FOG_SITE_SUMMARY,
});
