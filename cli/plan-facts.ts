/** What a plan is made from, and what the API servers would say to it, as the user's kubectl may see it. */
import { apiVersionOf, DEPLOYMENTS, SERVICES, typeName } from '../kube/resources.ts';
import { LAYERS } from '../model/layers.ts';
import { FIELD_MANAGER, FOG_SHARDS, FOG_SITES, FOG_WINDOWS, LABELS } from '../model/names.ts';
import type { PlanFacts } from '../model/plan/rollout-plan.ts';
import { InvalidReleaseError, renderRelease } from '../model/release.ts';
import { ownerOf, revisionOf } from '../model/revision.ts';
import { HUB_CLUSTER, implicitSite, type Site, siteOf } from '../model/site.ts';
import type { FogRollout, FogShard, FogSite, FogWindow } from '../model/types.ts';
import { type Kubectl, KubectlError } from './kubectl.ts';

interface List<T> {
  items: T[];
}

/** With what could not be found out, and why. */
export interface Found extends PlanFacts {
  unknown: string[];
}

/** @throws KubectlError where the cluster does not answer at all */
export async function readFacts(kubectl: Kubectl, wanted: FogRollout, live: FogRollout | undefined): Promise<Found> {
  const { namespace, name } = wanted.metadata;
  const unknown: string[] = [];
  const list = async <T>(args: string[], what: string): Promise<T[]> => {
    try {
      return (await kubectl.json<List<T>>(['get', ...args])).items;
    } catch (error) {
      if (!(error instanceof KubectlError) || !error.isRefusal) throw error;
      unknown.push(`${what} may not be read (${error.words}): as if there were none`);
      return [];
    }
  };
  const [sites, shards, windows] = await Promise.all([
    list<FogSite>([typeName(FOG_SITES)], 'FogSites'),
    list<FogShard>([typeName(FOG_SHARDS), '-n', namespace, '-l', `${LABELS.rollout}=${name}`], 'What sites have'),
    list<FogWindow>([typeName(FOG_WINDOWS), '--all-namespaces'], 'FogWindows of all namespaces'),
  ]);
  return { live, sites, shards, windows: windows.filter((window) => isOf(window, namespace)), unknown };
}

function isOf({ metadata, spec }: FogWindow, namespace: string): boolean {
  return metadata.namespace === namespace || spec.allNamespaces === true;
}

/**
 * Has the hub's API server judge, by a dry run, what a site of each layer would be given.
 *
 * @returns what it would refuse, and what it could not be asked
 */
export async function dryRun(
  kubectl: Kubectl,
  wanted: FogRollout,
  { live, sites }: Pick<PlanFacts, 'live' | 'sites'>,
): Promise<{ refusals: string[]; unknown: string[] }> {
  const rollout = { ...(live ?? wanted), spec: wanted.spec };
  const revision = revisionOf(rollout);
  const verdicts = await Promise.all(
    LAYERS.map(async (layer): Promise<{ refusals?: string[]; unknown?: string[] }> => {
      const content = revision.layers[layer];
      if (!content) return {};
      const site = hubSiteOf(layer, sites);
      if (!site) return { unknown: [`${layer}: no site of it is on the hub, so no server was asked what it takes`] };
      const { progressDeadlineSeconds } = revision.strategy;
      const hash = revision.hashes[layer]!;
      try {
        const release = renderRelease({
          owner: ownerOf(rollout),
          site,
          revision,
          hash,
          content,
          progressDeadlineSeconds,
        });
        const items = [
          { ...release.deployment, apiVersion: apiVersionOf(DEPLOYMENTS), kind: DEPLOYMENTS.kind },
          ...(release.service ? [{ ...release.service, apiVersion: apiVersionOf(SERVICES), kind: SERVICES.kind }] : []),
        ];
        const flags = ['--server-side', '--force-conflicts', '--dry-run=server', `--field-manager=${FIELD_MANAGER}`];
        await kubectl.within(site.namespace).run(['apply', ...flags, '-o', 'name', '-f', '-'], {
          apiVersion: 'v1',
          kind: 'List',
          items,
        });
        return {};
      } catch (error) {
        if (error instanceof InvalidReleaseError) return {}; // the plan says so itself
        if (!(error instanceof KubectlError)) throw error;
        if (error.isRefusal)
          return { unknown: [`${layer}: whether a server takes it you may not ask (${error.words})`] };
        // Fog Rollouts makes it when it is needed.
        if (/namespaces .* not found/.test(error.words)) return {};
        return { refusals: [`${layer}: ${error.words}`] };
      }
    }),
  );
  return {
    refusals: verdicts.flatMap(({ refusals = [] }) => refusals),
    unknown: verdicts.flatMap(({ unknown = [] }) => unknown),
  };
}

function hubSiteOf(layer: Site['layer'], all: FogSite[]): Site | undefined {
  const sites = all.filter(({ spec }) => spec.layer === layer);
  return sites.length === 0 ? implicitSite(layer) : sites.map(siteOf).find(({ cluster }) => cluster === HUB_CLUSTER);
}
