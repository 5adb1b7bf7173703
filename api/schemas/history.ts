import { Type } from 'typebox';
import { LAYERS } from '../../model/layers.ts';
import { RUN_STATUSES } from '../history.ts';
import { KEPT_REVISION, RUN } from './examples.ts';
import { Failure } from './view.ts';

const time = (description?: string) => Type.String({ format: 'date-time', ...(description && { description }) });
const text = (description: string) => Type.String({ description });
const layer = Type.Enum([...LAYERS]);
const count = () => Type.Integer();

const RunSchema = Type.Object(
  {
    runId: Type.Optional(text("The run's id in Temporal; left out where nothing is recorded of a generation")),
    generation: Type.Integer({ description: 'metadata.generation that it was of' }),
    attempt: Type.Optional(
      Type.Integer({ description: 'Of a rollback or a restart: which attempt within the generation' }),
    ),
    kind: Type.Optional(text('`rollout`, `retry`, `rollback` or `restart`')),
    status: Type.Enum([...RUN_STATUSES], {
      description: "The outcome in the words of Temporal's UI; a run that a newer change replaced is ContinuedAsNew",
    }),
    outcome: text(
      'Running, Succeeded, Failed, Aborted, RolledBack, Superseded, Adjusted (it went on as a newer generation), Interrupted (begun anew), or Unknown',
    ),
    version: Type.Optional(text('What the run rolled out')),
    phase: Type.Optional(text('The phase the run last reported')),
    startTime: time('Of what is Unknown: when its content was kept'),
    closeTime: Type.Optional(time()),
    reason: Type.Optional(text('In one word, how it ended')),
    message: text('For people'),
    failure: Type.Optional(text('Why it failed')),
    layers: Type.Array(
      Type.Object({
        layer,
        phase: Type.String(),
        sites: Type.Object({
          ...{ total: count(), updated: count(), ready: count(), failed: count(), deferred: count() },
          unknown: Type.Optional(count()),
        }),
        message: Type.Optional(Type.String()),
        startedAt: Type.Optional(time()),
        finishedAt: Type.Optional(time()),
      }),
      { description: 'How far each layer came, and when' },
    ),
    gates: Type.Array(
      Type.Object({
        layer,
        at: text('`before` or `after` the layer'),
        wave: Type.Optional(text('Of the layer: it is waited for after that, before the next')),
        name: Type.String(),
        state: Type.String(),
        message: Type.String(),
        since: time('When it was come to'),
        decisions: Type.Optional(Type.Array(Type.Object({ by: Type.String(), at: time() }))),
      }),
      { description: 'What it waited for, newest last' },
    ),
    actions: Type.Array(
      Type.Object({
        action: Type.String(),
        layer: Type.Optional(layer),
        wave: Type.Optional(Type.String()),
        gate: Type.Optional(Type.String()),
        plan: Type.Optional(Type.String()),
        by: Type.String(),
        at: time(),
        reason: Type.Optional(Type.String()),
      }),
      { description: 'What people asked of it, oldest first' },
    ),
    failures: Type.Optional(
      Type.Array(Failure, { description: 'Of sites, newest first; left out where none has failed. At most 20' }),
    ),
    leftOut: Type.Optional(text('What there was no room to record')),
  },
  { $id: 'Run', description: 'How one run went', examples: [RUN] },
);

const HistorySchema = Type.Object(
  {
    namespace: Type.String(),
    name: Type.String(),
    runs: Type.Array(Type.Ref('Run#'), { description: 'Newest first, of the generations that are kept' }),
    continue: Type.Optional(Type.String({ description: 'Asks for the next page; absent on the last' })),
  },
  {
    $id: 'History',
    description: 'The runs a FogRollout has had',
    examples: [{ namespace: 'shop', name: 'web', runs: [RUN] }],
  },
);

const open = { additionalProperties: true };

const KeptRevisionSchema = Type.Object(
  {
    namespace: Type.String(),
    name: Type.String(),
    generation: Type.Integer(),
    version: Type.Optional(Type.String()),
    createdAt: time('When its content was kept'),
    hash: Type.Optional(text('Of its content')),
    deployments: Type.Optional(
      Type.Object(Object.fromEntries(LAYERS.map((one) => [one, Type.Optional(Type.Object({}, open))])), {
        description: 'As in the spec; left out where the content cannot be read',
      }),
    ),
    strategy: Type.Optional(Type.Object({}, { ...open, description: 'As in the spec' })),
    runs: Type.Array(Type.Ref('Run#'), { description: 'Newest first' }),
  },
  {
    $id: 'KeptRevision',
    description: 'A generation that is kept: its content, and how its runs went',
    examples: [KEPT_REVISION],
  },
);

export const HISTORY_SCHEMAS = [RunSchema, HistorySchema, KeptRevisionSchema];
