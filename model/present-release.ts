/** Which release it is that is live somewhere, in one short line: reports carry thousands of them. Pure. */
import { generationOf, holderOf, type Labelled } from './fence.ts';
import { isLayer, LAYERS, type Layer } from './layers.ts';
import { ANNOTATIONS, deploymentName } from './names.ts';
import type { RolloutKey } from './types.ts';

export interface PresentRelease {
  rollout: RolloutKey;
  layer: Layer;
  /** Of the FogRollout it was written for. */
  uid: string;
  /** The content that it says it has. */
  hash: string;
  /** By which it was last written; -1 when it does not say. */
  generation: number;
}

/** Its Deployment. */
interface LiveDeployment extends Labelled {
  metadata?: Labelled['metadata'] & { name?: string };
}

/** @returns undefined for what is no Deployment of a release */
export function identityOf(deployment: LiveDeployment): string | undefined {
  const rollout = holderOf(deployment);
  const layer = rollout && layerOf(rollout, deployment.metadata?.name);
  if (!rollout || !layer) return undefined;
  const { [ANNOTATIONS.uid]: uid = '', [ANNOTATIONS.content]: hash = '' } = deployment.metadata?.annotations ?? {};
  const parts = [rollout.namespace, rollout.name, layer, uid, hash, generationOf(deployment)];
  // A label or annotation that somebody wrote over may be anything.
  return parts.some((part) => String(part).includes('/')) ? undefined : parts.join('/');
}

/** The layer that a Deployment of that name belongs to; undefined when it is named like none of the rollout's. */
export function layerOf({ name }: RolloutKey, deployment: string | undefined): Layer | undefined {
  return LAYERS.find((layer) => deploymentName(name, layer) === deployment);
}

/** @returns undefined for a text that {@link identityOf} did not make */
export function presentRelease(identity: string): PresentRelease | undefined {
  const [namespace, name, layer, uid, hash, generation, ...rest] = identity.split('/');
  if (!namespace || !name || uid === undefined || hash === undefined || rest.length > 0) return undefined;
  const number = Number(generation || Number.NaN);
  if (!isLayer(layer) || !Number.isSafeInteger(number)) return undefined;
  return { rollout: { namespace, name }, layer, uid, hash, generation: number };
}
