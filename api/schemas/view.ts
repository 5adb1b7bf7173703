import { Type } from 'typebox';
import { LAYERS } from '../../model/layers.ts';
import { ROLLOUT_PHASES } from '../../model/phases.ts';
import { VIEW } from './examples.ts';

const time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));
const layer = Type.Enum([...LAYERS]);
const count = (description: string) => Type.Integer({ minimum: 0, description });

const person = (description: string) =>
  Type.Object(
    { by: Type.String(), at: Type.String({ format: 'date-time' }), reason: Type.Optional(Type.String()) },
    { description },
  );

const Sites = Type.Object({
  total: count('Sites of the layer'),
  updated: count('Given the revision the layer is being promoted to'),
  ready: count('Ready with the revision they were last given'),
  failed: count('Failed'),
  deferred: count('Left for later'),
  unknown: Type.Optional(count('Ready when they were last seen, and out of reach now')),
});

const Stage = Type.Object({
  layer,
  phase: Type.Enum(['Pending', 'Progressing', 'Ready', 'Skipped', 'Failed', 'Removing']),
  version: Type.Optional(Type.String({ description: 'What the layer runs; absent while it was given nothing' })),
  sites: Sites,
  ready: Type.String({ description: 'Ready sites of all, e.g. 1/1' }),
  message: Type.Optional(Type.String()),
  skipped: Type.Optional(person('Who passes it over: at once, or when its turn comes')),
  waits: Type.Optional(Type.String({ description: 'What a stage that has not begun stands behind' })),
  startedAt: time('When the stage began'),
  finishedAt: time('When it ended'),
  durationSeconds: Type.Optional(Type.Number({ description: 'How long it took, or has taken so far' })),
});

export const Failure = Type.Object({
  site: Type.String(),
  layer,
  reason: Type.String({ description: 'One word, e.g. ProgressDeadlineExceeded' }),
  message: Type.String(),
});

const Gate = Type.Object({
  layer,
  at: Type.Enum(['before', 'after']),
  name: Type.String(),
  state: Type.Enum(['Closed', 'Open', 'Failed']),
  message: Type.String(),
  since: Type.String({ format: 'date-time', description: 'When it was come to' }),
  unready: Type.Optional(Type.Boolean({ description: 'Of a soak: the layer is not ready now' })),
  decisions: Type.Optional(
    Type.Array(Type.Object({ by: Type.String(), at: Type.String({ format: 'date-time' }) }), {
      description: 'Who has decided about it',
    }),
  ),
});

/** The shape of `RolloutView` (model/view.ts); a test holds the two together. */
export const ViewSchema = Type.Object(
  {
    namespace: Type.String(),
    name: Type.String(),
    phase: Type.Enum([...ROLLOUT_PHASES]),
    version: Type.String({ description: 'What the object asks for' }),
    completedVersion: Type.Optional(Type.String({ description: 'What the whole rollout last completed' })),
    generation: Type.Integer({ description: 'metadata.generation of what the object asks for' }),
    observedGeneration: Type.Integer({ description: 'The generation whose run ended last; -1 before the first' }),
    ready: Type.Boolean({ description: 'Whether what the object asks for is ready in every layer' }),
    revision: Type.Optional(
      Type.Object(
        { generation: Type.Integer(), version: Type.String(), hash: Type.String() },
        { description: 'What is, or was last, rolled out' },
      ),
    ),
    run: Type.Optional(
      Type.Object(
        {
          workflowId: Type.String(),
          runId: Type.String(),
          startedAt: Type.String({ format: 'date-time' }),
          traceId: Type.Optional(Type.String({ description: 'Its trace, where traces are sent to a collector' })),
          traceUrl: Type.Optional(Type.String({ description: 'A page that shows its trace, where one is configured' })),
        },
        { description: "The run, as Temporal's UI finds it" },
      ),
    ),
    message: Type.Optional(Type.String()),
    stages: Type.Array(Stage, { description: 'In the order of promotion' }),
    gates: Type.Array(Gate, { description: 'What the last run has waited for, or waits for, newest last' }),
    hold: Type.Optional(person('Who paused it')),
    failures: Type.Array(Failure, { description: 'Newest first' }),
  },
  { $id: 'View', description: 'A FogRollout as a person would want to see it', examples: [VIEW] },
);
