/** Types against types, for `tsc --noEmit`: Jest has nothing to run here. */
import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import type * as Generated from '../../../model/generated/fogrollout.ts';
import type { FogRollout, LayerContent } from '../../../model/types.ts';

/** Scalars made equal: client-node types a quantity as text only, and a protocol as any text. */
type Shape<T> = T extends string | number | boolean | Date
  ? 'scalar'
  : T extends (infer Item)[]
    ? Shape<Item>[]
    : { [Field in keyof T]: Shape<T[Field]> };

type Fits<From extends To, To> = From;
type PodPart = Omit<Generated.LayerContent, 'replicas' | 'podAnnotations' | 'podLabels'>;

/** What the CRD takes goes into a Deployment as it is, and what a Deployment's container may say, the CRD takes. */
export type IntoPods = Fits<Shape<PodPart>, Shape<V1PodSpec>>;
export type OutOfContainers = Fits<Shape<V1Container>, Shape<Generated.Container>>;
export type NoFieldOfPodsInvented = Fits<keyof PodPart, keyof V1PodSpec>;
export type NoFieldOfContainersMissing = Fits<keyof V1Container, keyof Generated.Container>;

/** The model's words are the CRD's; where types.ts takes a layer from client-node it may leave more out. */
export type ModelOfStatus = Fits<Generated.FogRolloutStatus, NonNullable<FogRollout['status']>>;
export type StatusOfModel = Fits<NonNullable<FogRollout['status']>, Generated.FogRolloutStatus>;
export type ModelOfSpec = Fits<Shape<Generated.FogRolloutSpec>, Shape<FogRollout['spec']>>;
export type ModelOfLayer = Fits<Shape<Generated.LayerContent>, Shape<LayerContent>>;

export const rollout: Generated.FogRollout = {
  spec: {
    version: 'v1',
    deployments: {
      cloud: { containers: [{ name: 'web', ports: [{ containerPort: 80 }], resources: { limits: { cpu: 0.5 } } }] },
      // @ts-expect-error a layer is cloud, fog or edge
      sky: { containers: [] },
    },
  },
};
