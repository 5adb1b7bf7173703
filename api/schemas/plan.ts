import { Type } from 'typebox';
import { LAYERS } from '../../model/layers.ts';
import { PLAN } from './examples.ts';
import { DNS_LABEL, NameParams } from './parameters.ts';

const text = (description: string) => Type.String({ description });
const layer = Type.Enum([...LAYERS]);

/** Its spec is that of the CRD, which is too large to stand here. */
export const ManifestSchema = Type.Object(
  {
    apiVersion: Type.Literal('paguos.io/v1alpha1'),
    kind: Type.Literal('FogRollout'),
    metadata: Type.Object({
      name: NameParams.properties.name,
      namespace: Type.Optional(
        Type.String({ maxLength: 63, pattern: DNS_LABEL.source, description: 'Left out: default' }),
      ),
      labels: Type.Optional(
        Type.Record(Type.String(), Type.String(), { description: 'FogWindows may select it by them' }),
      ),
    }),
    spec: Type.Object({}, { additionalProperties: true, description: 'As of the FogRollout that would be applied' }),
    status: Type.Optional(Type.Unknown({ description: 'Not looked at' })),
  },
  {
    $id: 'Manifest',
    description: 'A FogRollout, as crds/fogrollouts.yaml has it',
    additionalProperties: false,
    examples: [
      {
        apiVersion: 'paguos.io/v1alpha1',
        kind: 'FogRollout',
        metadata: { name: 'web' },
        spec: { version: 'v1', deployments: { cloud: { containers: [{ name: 'web', image: 'nginx:1.27' }] } } },
      },
    ],
  },
);

const GateSchema = Type.Object({
  name: Type.String(),
  waitsFor: text('For people'),
  seconds: Type.Optional(Type.Number({ description: 'Of a soak: how long at least' })),
  window: Type.Optional(
    Type.Object(
      {
        open: Type.Boolean(),
        nextOpening: Type.Optional(Type.String()),
        nextClosing: Type.Optional(Type.String()),
      },
      { description: 'Of a FogWindow: how it says that it is now' },
    ),
  ),
});

const ObjectDiffSchema = Type.Object({
  kind: Type.String(),
  name: Type.String(),
  effect: Type.Enum(['new', 'changed', 'same', 'removed']),
  changes: Type.Array(
    Type.Object({ path: Type.String(), before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()) }),
    { description: 'Of its spec' },
  ),
});

const count = (description: string) => Type.Integer({ minimum: 0, description });

const StageSchema = Type.Object({
  kind: Type.Literal('stage'),
  layer,
  isBeside: Type.Optional(
    Type.Literal(true, { description: 'Beside the step before, each site after its own parent' }),
  ),
  total: count('Sites that take part'),
  toGive: count('Sites that are given it'),
  ready: count('Sites that have it already'),
  held: count('Sites at which nothing may be changed'),
  away: count('Sites out of reach, which are not waited for'),
  concurrency: count('Most at once'),
  waves: Type.Array(
    Type.Object({
      name: Type.String(),
      total: count('Sites'),
      toGive: count('Sites that are given it'),
      first: Type.Array(Type.String(), { description: 'The first of those, at most 10' }),
      after: Type.Optional(Type.Array(GateSchema, { description: 'What is waited for before the next wave' })),
    }),
  ),
  closed: Type.Optional(
    Type.Array(
      Type.Object({
        because: text('Which windows, and until when'),
        total: count('Sites'),
        first: Type.Array(Type.String(), { description: 'The first of those, at most 10' }),
      }),
      { description: 'Sites that wait for their own windows, by why: at most 10 reasons' },
    ),
  ),
  seconds: Type.Optional(Type.Number({ description: 'About how long, by the last time' })),
  diff: Type.Optional(
    Type.Array(ObjectDiffSchema, { description: 'What each site is given, against the spec that is live' }),
  ),
});

const StepSchema = Type.Union([
  Type.Object({ kind: Type.Literal('check'), layers: Type.Array(layer) }),
  Type.Object({ kind: Type.Literal('gate'), layer, at: Type.Enum(['before', 'after']), gates: Type.Array(GateSchema) }),
  StageSchema,
  Type.Object({ kind: Type.Literal('drop'), layer, total: count('Sites that lose what they have') }),
]);

export const PlanSchema = Type.Object(
  {
    namespace: Type.String(),
    name: Type.String(),
    version: Type.String(),
    from: Type.Optional(text('What all layers last completed')),
    change: Type.Enum(['new', 'content', 'control', 'none'], {
      description: 'content: sites are given something else; control: only how sites are gone through differs',
    }),
    steps: Type.Array(StepSchema, { description: 'In their order' }),
    refusals: Type.Array(Type.String(), { description: 'Why it would fail' }),
    waits: Type.Array(Type.String(), { description: 'What it would wait for before its first step' }),
    seconds: Type.Optional(Type.Number({ description: 'About how long it takes, as the last time' })),
    hash: text('Of what is given, and how: an approval can be bound to it'),
    unknown: Type.Array(Type.String(), { description: 'What was not found out' }),
  },
  { $id: 'Plan', description: 'What would become of a FogRollout', examples: [PLAN] },
);
