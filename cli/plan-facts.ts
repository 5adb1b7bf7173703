/** What a plan is made from, and what the API servers would say to it, as the user's kubectl may see it. */
import { typeName } from '../kube/resources.ts';
import { LAYERS, type Layer } from '../model/layers.ts';
import { FIELD_MANAGER, FOG_SHARDS, FOG_SITES, FOG_WINDOWS, LABELS } from '../model/names.ts';
import { type ObjectDiff, objectDiff, renderedOf } from '../model/plan/renderings.ts';
import type { PlanFacts, RolloutPlan } from '../model/plan/rollout-plan.ts';
import type { Release } from '../model/release.ts';
import { ownerOf, revisionOf } from '../model/revision.ts';
import { HUB_CLUSTER, implicitSite, type Site, siteOf } from '../model/site.ts';
import type { FogRollout, FogShard, FogSite, FogWindow } from '../model/types.ts';
import { isAbout } from '../model/windows/selection.ts';
import { pairsOf } from './diff.ts';
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
  const list = async <T>(args: string[], what: string): Promise<T[] | undefined> => {
    try {
      return (await kubectl.json<List<T>>(['get', ...args])).items;
    } catch (error) {
      if (!(error instanceof KubectlError) || !error.isRefusal) throw error;
      unknown.push(`${what} may not be read (${error.words}): as if there were none`);
      return undefined;
    }
  };
  const [sites = [], shards = [], windows] = await Promise.all([
    list<FogSite>([typeName(FOG_SITES)], 'FogSites'),
    list<FogShard>([typeName(FOG_SHARDS), '-n', namespace, '-l', `${LABELS.rollout}=${name}`], 'What sites have'),
    list<FogWindow>([typeName(FOG_WINDOWS), '--all-namespaces'], 'FogWindows of all namespaces'),
  ]);
  const about = windows?.filter((window) => isAbout(window, namespace));
  return { live, sites, shards, ...(about && { windows: about }), unknown };
}

/** What servers say to a plan. */
export interface Asked {
  /** What they would refuse. */
  refusals: string[];
  /** What they could not be asked. */
  unknown: string[];
  /** By layer, what they would make of what a site is given, against what is live there. */
  diffs: Partial<Record<Layer, ObjectDiff[]>>;
}

/** Has the hub's API server judge, by a dry run, what a site of each layer would be given: one for all, which are given the same. */
export async function dryRun(
  kubectl: Kubectl,
  wanted: FogRollout,
  { live, sites }: Pick<PlanFacts, 'live' | 'sites'>,
): Promise<Asked> {
  const rollout = { ...(live ?? wanted), spec: wanted.spec };
  const how = { owner: ownerOf(rollout), revision: revisionOf(rollout) };
  const asked: Asked = { refusals: [], unknown: [], diffs: {} };
  const ask = async (layer: Layer): Promise<void> => {
    if (!how.revision.layers[layer]) return;
    const site = hubSiteOf(layer, sites);
    if (!site) {
      asked.unknown.push(`${layer}: no site of it is on the hub, so no server was asked what it takes`);
      return;
    }
    const release = renderedOf(layer, { ...how, site });
    if (typeof release !== 'object') return; // the plan says why itself
    try {
      asked.diffs[layer] = await diffByServer(kubectl.within(site.namespace), release);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      // Fog Rollouts makes a namespace when it is needed.
      if (/namespaces .* not found/.test(error.words)) return;
      if (error.isRefusal) asked.unknown.push(`${layer}: whether a server takes it you may not ask (${error.words})`);
      else asked.refusals.push(`${layer}: ${error.words}`);
    }
  };
  await Promise.all(LAYERS.map(ask));
  return asked;
}

/** @throws KubectlError */
async function diffByServer(kubectl: Kubectl, { deployment, service }: Release): Promise<ObjectDiff[]> {
  const objects = service ? [deployment, service] : [deployment];
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`];
  const pairs = await pairsOf(kubectl, objects, flags);
  return pairs.flatMap(({ before, after }) => objectDiff(before, after));
}

/** A plan with what servers say to it; where none was asked, it says itself what changes. */
export function withAnswers(plan: RolloutPlan, { refusals, diffs }: Asked): RolloutPlan {
  const steps = plan.steps.map((step) => {
    const told = step.kind === 'stage' ? diffs[step.layer] : undefined;
    if (step.kind !== 'stage' || !step.diff || !told) return step;
    const others = step.diff.filter(({ kind }) => !told.some((one) => one.kind === kind));
    return { ...step, diff: [...told, ...others] };
  });
  return { ...plan, steps, refusals: [...plan.refusals, ...refusals] };
}

function hubSiteOf(layer: Site['layer'], all: FogSite[]): Site | undefined {
  const sites = all.filter(({ spec }) => spec.layer === layer);
  return sites.length === 0 ? implicitSite(layer) : sites.map(siteOf).find(({ cluster }) => cluster === HUB_CLUSTER);
}
