/** What people take out of a run: a site, what is left of a wave, a whole layer. Pure. */
import type { Layer } from '../layers.ts';
import { passedBy } from '../status.ts';
import type { LayerSkip } from '../types.ts';
import type { Situation } from './situation.ts';
import type { ActionRequest } from './steering.ts';

/** A Skip of a whole layer. */
export type LayerRequest = ActionRequest & { action: 'Skip'; layer: Layer };

export function passesLayer(request: ActionRequest): request is LayerRequest {
  const { action, layer, site, wave } = request;
  return action === 'Skip' && layer !== undefined && site === undefined && wave === undefined;
}

/** @returns undefined when it is to be taken, as below */
export function refusalToSkip({ layer, site, wave }: ActionRequest, { stages }: Situation): string | undefined {
  if (site === undefined && wave === undefined) return 'It has to say a site, a wave or a layer';
  if (site !== undefined && wave !== undefined) return 'It has to say a site or a wave, not both';
  if (layer !== undefined) return stages.includes(layer) ? undefined : `No sites of the ${layer} have their turn now`;
  if (stages.length === 1) return undefined;
  return stages.length === 0 ? 'No sites have their turn now' : `Say by layer which: ${stages.join(', ')}`;
}

/** @param skipped - who passes it over already */
export function refusalToPass(
  { layer }: LayerRequest,
  { under, layers }: Situation,
  skipped: LayerSkip | undefined,
): string | undefined {
  if (under.isRollback) return `It is being rolled back to ${under.version}, and that passes over no layer`;
  const at = layers.get(layer);
  if (at === undefined) return `${under.version} has no ${layer}; there is ${[...layers.keys()].join(', ')}`;
  if (skipped) return `The ${layer} is passed over already, by ${skipped.by}`;
  if (at === 'over') return `The ${layer} is ready already`;
  return at === 'failing' ? `The ${layer} has failed, and its run comes to its end` : undefined;
}

/** Why pods are not made anew in all layers where one was passed over. */
export function refusalToRestart(layer: Layer, skipped: LayerSkip, version: string): string {
  return `The ${layer} was ${passedBy(skipped)}, and would be given ${version}; Retry does that`;
}

export function skippedText(request: ActionRequest, { layers }: Situation): string {
  const { site, wave, layer } = request;
  if (passesLayer(request)) {
    return layers.get(request.layer) === 'to come'
      ? `The ${layer} is passed over when its turn comes, with its gates`
      : `The ${layer} is passed over: no further site of it is begun, and what is under way there finishes`;
  }
  const what = site !== undefined ? `The site ${site}` : `What is left of ${wave}${layer ? ` of the ${layer}` : ''}`;
  return `${what} is passed over, unless it has come to its end`;
}
