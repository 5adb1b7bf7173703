/** Steps of runs. */
import type { Layer } from '../../../../model/layers.ts';
import type { DropStep, StageStep } from '../../../../model/run/steps.ts';
import type { SiteFailure } from '../../../../model/types.ts';

/** @param above - it goes on beside the stage of that layer */
export function aStage(layer: Layer, above?: Layer): StageStep {
  return { kind: 'stage', layer, isFleet: true, ...(above && { beside: true, above }) };
}

export function aDrop(layer: Layer): DropStep {
  return { kind: 'drop', layer, leaves: 'all', untilGone: false, isFleet: true, hasImplicit: false };
}

export function failureOf(layer: Layer): SiteFailure {
  return { site: layer, layer, reason: 'TooManyFailures', message: `${layer}: 3 of 9 sites failed, none may` };
}
