import { ApplicationFailure } from '@temporalio/activity';
import type { CheckedLayers, CheckLayersInput } from '../model/activities.ts';
import { usableSites } from '../model/fleet/topology.ts';
import { selectedOf } from '../model/fleet/waves.ts';
import { HUB_CLUSTER, implicitSite, placeName, type Site } from '../model/site.ts';
import type { FogSite } from '../model/types.ts';
import { checkContent, checkRelease } from './apply-release.ts';
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
 * no server would take in the edge is found out before the cloud has it. Where the hub reaches no site of the layer, its own
 * server is asked, and only of what is invalid everywhere.
 *
 * @returns what was refused, in the order given; what cannot be known now is no refusal
 */
export async function checkLayers(input: CheckLayersInput, deps: CheckLayersDeps): Promise<CheckedLayers> {
  const { owner, revision, progressDeadlineSeconds, layers } = input;
  const { clusters, signal } = deps;
  const checks = await Promise.all(
    layers.map(async ({ layer, content, hash, isFleet, strategy }): Promise<CheckedLayers> => {
      const spokesman = isFleet
        ? spokesmanOf(layer, strategy, deps.sites())
        : { site: implicitSite(layer), isReached: true };
      if (!spokesman) return { refusals: [], beyond: [] };
      const { site, isReached } = spokesman;
      try {
        const given = { owner, site, revision, hash, content, progressDeadlineSeconds };
        await checked(placeName(site), signal, async () => {
          const cluster = await clusters(isReached ? site.cluster : HUB_CLUSTER);
          await (isReached ? checkRelease : checkContent)({ signal }, cluster, given);
        });
        return { refusals: [], beyond: isReached || spokesman.away !== undefined ? [] : [site] };
      } catch (error) {
        if (signal.aborted || !(error instanceof ApplicationFailure)) throw error;
        const { message } = error;
        return { refusals: [{ layer, site: site.name, reason: error.type ?? 'Invalid', message }], beyond: [] };
      }
    }),
  );
  return { refusals: checks.flatMap(({ refusals }) => refusals), beyond: checks.flatMap(({ beyond }) => beyond) };
}

interface Spokesman {
  site: Site;
  /** By the hub itself. */
  isReached: boolean;
  /** Why its own worker will not answer either, if that is known. */
  away?: string;
}

/** One that takes part; best one that the hub itself reaches, and that is not known to be away. */
function spokesmanOf(
  layer: Site['layer'],
  strategy: CheckLayersInput['layers'][number]['strategy'],
  sites: readonly FogSite[],
): Spokesman | undefined {
  const members = selectedOf(usableSites(sites).get(layer) ?? [], strategy).filter(({ hold }) => hold === undefined);
  const reached = members.find(({ site, away }) => site.queue === undefined && away === undefined);
  const one = reached ?? members.find(({ away }) => away === undefined) ?? members[0];
  return one && { ...one, isReached: reached !== undefined };
}
