import { Type } from 'typebox';
import { LAYERS } from '../../model/layers.ts';
import { ROLLOUT, ROLLOUT_LIST } from './examples.ts';

export const RolloutListSchema = Type.Object(
  {
    fogrollouts: Type.Array(
      Type.Object({
        name: Type.String(),
        version: Type.String({ description: 'spec.version: what is wanted, which may still be on its way' }),
      }),
      { description: 'Sorted by name' },
    ),
  },
  { $id: 'RolloutList', description: 'The FogRollouts of a namespace', examples: [ROLLOUT_LIST] },
);

const open = { additionalProperties: true };

export const RolloutSchema = Type.Object(
  {
    apiVersion: Type.Literal('paguos.io/v1alpha1'),
    kind: Type.Literal('FogRollout'),
    metadata: Type.Object(
      {
        name: Type.String(),
        namespace: Type.String(),
        uid: Type.String(),
        resourceVersion: Type.String(),
        generation: Type.Integer(),
        creationTimestamp: Type.String(),
      },
      open,
    ),
    spec: Type.Object(
      {
        version: Type.String(),
        deployments: Type.Object(
          Object.fromEntries(LAYERS.map((layer) => [layer, Type.Optional(Type.Object({}, open))])),
        ),
      },
      open,
    ),
    status: Type.Optional(Type.Object({}, { ...open, description: 'What the CRD says of it' })),
  },
  {
    $id: 'FogRollout',
    ...open,
    description: 'The object as Kubernetes has it, without managedFields and status.run.reports',
    examples: [ROLLOUT],
  },
);
