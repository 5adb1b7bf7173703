/** What a plan is made from, and what the API servers would say to it, as the user's kubectl may see it. */
import { typeName } from '../kube/resources.ts';
import { FIELD_MANAGER, FOG_SHARDS, FOG_SITES, FOG_WINDOWS, LABELS } from '../model/names.ts';
import { isForLackOfRight, type PlanServer } from '../model/plan/dry-run.ts';
import type { PlanFacts } from '../model/plan/facts.ts';
import type { FogRollout, FogShard, FogSite, FogWindow } from '../model/types.ts';
import { type RolloutWindows, WindowsAtSites } from '../model/windows/at-sites.ts';
import { Outlooks } from '../model/windows/outlooks.ts';
import { isAbout } from '../model/windows/selection.ts';
import { pairsOf } from './diff.ts';
import { homeOf } from './freeze.ts';
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
  const siteWindows = windows && (await windowsAtSites(kubectl, wanted, { sites, windows, unknown }));
  return { live, sites, shards, ...(about && { windows: about, siteWindows }), unknown };
}

/** Of sites; those of all namespaces count where Fog Rollouts is, and only where there are any, it is asked where that is. */
async function windowsAtSites(
  kubectl: Kubectl,
  { metadata }: FogRollout,
  { sites, windows, unknown }: { sites: FogSite[]; windows: FogWindow[]; unknown: string[] },
): Promise<RolloutWindows> {
  const isFar = ({ spec, metadata: { namespace } }: FogWindow) =>
    spec.sites !== undefined && spec.allNamespaces === true && namespace !== metadata.namespace;
  let home = metadata.namespace;
  if (windows.some(isFar) || sites.some(({ spec }) => spec.window?.ref !== undefined)) {
    try {
      home = await homeOf(kubectl);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      unknown.push(`Windows of sites that count for all namespaces are not known (${error.words})`);
    }
  }
  const inNamespace = (namespace: string) => windows.filter((window) => window.metadata.namespace === namespace);
  const { now } = Date;
  return new WindowsAtSites({ inNamespace, home, outlooks: new Outlooks(now), now }).for(metadata);
}

/** The API server that the user's kubectl asks. */
export function planServer(kubectl: Kubectl): PlanServer {
  const flags = ['--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`];
  return {
    async judge(namespace, objects) {
      try {
        return { pairs: await pairsOf(kubectl.within(namespace), [...objects], flags) };
      } catch (error) {
        if (!(error instanceof KubectlError)) throw error;
        const { words } = error;
        if (/namespaces .* not found/.test(words)) return { noNamespace: true };
        return isForLackOfRight(words) || error.isUnanswered ? { unanswered: words } : { refused: words };
      }
    },
  };
}
