import { ApplicationFailure } from '@temporalio/activity';
import type { CheckLayersInput, LayerRefusal } from '../model/activities.ts';
import { usableSites } from '../model/fleet/topology.ts';
import { selectedOf } from '../model/fleet/waves.ts';
import { implicitSite, placeName, type Site } from '../model/site.ts';
import type { FogSite } from '../model/types.ts';
import { checkRelease } from './apply-release.ts';
import type { Clusters } from './clusters.ts';
import { checked } from './release-checker.ts';

export interface CheckLayersDeps {
  clusters: Clusters;
  /** Every FogSite, as far as is known. */
  sites(): readonly FogSite[];
  signal: AbortSignal;
}

/**
 * Has the API server of one site of each layer judge what the layer is to be given, before anything is written anywhere: what
 * no server would take in the edge is found out before the cloud has it. Sites that the hub does not reach are not asked.
 *
 * @returns what was refused, in the order given; what cannot be known now is no refusal
 */
export async function checkLayers(input: CheckLayersInput, deps: CheckLayersDeps): Promise<LayerRefusal[]> {
  const { owner, revision, progressDeadlineSeconds, layers } = input;
  const refusals = await Promise.all(
    layers.map(async ({ layer, content, hash, isFleet, strategy }): Promise<LayerRefusal[]> => {
      const site = isFleet ? reachedOf(layer, strategy, deps.sites()) : implicitSite(layer);
      if (!site) return [];
      try {
        const given = { owner, site, revision, hash, content, progressDeadlineSeconds };
        await checked(placeName(site), deps.signal, async () => {
          await checkRelease({ signal: deps.signal }, await deps.clusters(site.cluster), given);
        });
        return [];
      } catch (error) {
        if (deps.signal.aborted || !(error instanceof ApplicationFailure)) throw error;
        return [{ layer, site: site.name, reason: error.type ?? 'Invalid', message: error.message }];
      }
    }),
  );
  return refusals.flat();
}

/** One that takes part, is reached by the hub itself, and is not known to be away. */
function reachedOf(
  layer: Site['layer'],
  strategy: CheckLayersInput['layers'][number]['strategy'],
  sites: readonly FogSite[],
): Site | undefined {
  const members = selectedOf(usableSites(sites).get(layer) ?? [], strategy);
  return members.find(({ site, away, hold }) => site.queue === undefined && away === undefined && hold === undefined)
    ?.site;
}
