import type { Informer } from '../../kube/informer.ts';
import type { KubeObject } from '../../kube/resources.ts';
import type { FogRollout, FogSite, FogWindow } from '../../model/types.ts';
import { WindowsAtSites } from '../../model/windows/at-sites.ts';
import { Outlooks } from '../../model/windows/outlooks.ts';
import { WINDOWS_INDEX } from '../../model/windows/selection.ts';

export interface SiteWindowsDeps {
  /** With its namespace as index. */
  windows: Informer<FogWindow & KubeObject>;
  /** Where FogWindows can be for all namespaces, and FogSites name them. */
  home: string;
  /** ms since the epoch. */
  now(): number;
}

/** What windows FogSites have, as far as is known here. */
export class SiteWindowWatch {
  private readonly deps: SiteWindowsDeps;
  private readonly windows: WindowsAtSites;

  constructor(deps: SiteWindowsDeps) {
    const { now, home } = deps;
    this.deps = deps;
    const inNamespace = (namespace: string) => deps.windows.byIndex(WINDOWS_INDEX, namespace);
    this.windows = new WindowsAtSites({ inNamespace, home, outlooks: new Outlooks(now), now });
  }

  /** Calls back when another FogWindow is there, or one says something else. */
  follow(changed: () => void): () => void {
    return this.deps.windows.subscribe({
      onAdd: changed,
      onUpdate: (old, window) => {
        if (old.metadata.generation !== window.metadata.generation) changed();
      },
      onDelete: changed,
    });
  }

  /** Tells why a site is not to be begun now for a rollout; undefined where it is not its window. */
  closing({ metadata }: FogRollout): (site: FogSite) => string | undefined {
    const windows = this.windows.for(metadata);
    return (site) => windows.at(site)?.text;
  }

  /** @see WindowsAtSites.faultOf */
  faultOf(site: FogSite): string | undefined {
    return this.windows.faultOf(site);
  }
}
