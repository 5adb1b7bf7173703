import type { KubeClient } from '../kube/client.ts';
import type { Informer } from '../kube/informer.ts';
import type { KubeObject } from '../kube/resources.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import type { FogRollout, FogWindow, Owner } from '../model/types.ts';
import { type RolloutWindows, type WindowedRollout, WindowsAtSites } from '../model/windows/at-sites.ts';
import { Outlooks } from '../model/windows/outlooks.ts';
import { WINDOWS_INDEX } from '../model/windows/selection.ts';

export interface WindowsDeps {
  /** Every FogWindow, with its namespace as index. */
  cache: Informer<FogWindow & KubeObject>;
  /** Where FogWindows can be for all namespaces, and FogSites name them. */
  home: string;
  /** ms since the epoch. */
  now?: () => number;
}

/** Tells of windows once the cache knows them: until then no site may count as open. */
export function siteWindows(client: KubeClient, { cache, home, now = Date.now }: WindowsDeps) {
  const inNamespace = (namespace: string) => cache.byIndex(WINDOWS_INDEX, namespace);
  const all = new WindowsAtSites({ inNamespace, home, outlooks: new Outlooks(now), now });
  return async (
    { namespace, name }: Owner,
    options: Parameters<KubeClient['find']>[2] & { signal?: AbortSignal },
  ): Promise<RolloutWindows> => {
    await cache.waitForSync(options?.signal);
    const rollout: WindowedRollout = { namespace, name };
    if (all.asksForLabels(namespace)) {
      const live = await client.find<FogRollout & KubeObject>(FOG_ROLLOUTS, { namespace, name }, options);
      if (live?.metadata.labels) rollout.labels = live.metadata.labels;
    }
    return all.for(rollout);
  };
}
