import { Type } from 'typebox';
import { RUN_STATUSES } from '../deps.ts';

export const HistorySchema = Type.Object(
  {
    namespace: Type.String(),
    name: Type.String(),
    runs: Type.Array(
      Type.Object({
        runId: Type.String({ description: "The run's id in Temporal" }),
        status: Type.Enum([...RUN_STATUSES], {
          description: "As Temporal's UI has it; a run that a newer change replaced is ContinuedAsNew",
        }),
        version: Type.Optional(Type.String({ description: 'What the run rolled out' })),
        phase: Type.Optional(Type.String({ description: 'The phase the run last reported' })),
        startTime: Type.String({ format: 'date-time' }),
        closeTime: Type.Optional(Type.String({ format: 'date-time' })),
        failure: Type.Optional(Type.String({ description: 'Why it failed; of the newest failed runs of the page' })),
      }),
      { description: 'Newest first, as long as Temporal keeps them' },
    ),
    continue: Type.Optional(Type.String({ description: 'Asks for the next page; absent on the last' })),
  },
  { $id: 'History', description: 'The runs a FogRollout has had' },
);
