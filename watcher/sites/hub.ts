import type { KubeObject } from '../../kube/resources.ts';
import type { Layer } from '../../model/layers.ts';
import { HUB_CLUSTER, siteOf } from '../../model/site.ts';
import type { FogSite } from '../../model/types.ts';
import type { OnFacts, SiteFacts, SiteSource } from './facts.ts';
import { HubDrift, type HubDriftDeps } from './hub-drift.ts';

export const NAMESPACE_INDEX = 'namespace';

/** Index of releases by the namespace they are in. */
export function namespaceIndex({ metadata }: KubeObject): string[] {
  return metadata.namespace ? [metadata.namespace] : [];
}

/** The sites on the hub, by the watches that there are anyway; Deployments and Services have {@link NAMESPACE_INDEX}. */
export class HubSites implements SiteSource {
  readonly #deps: HubDriftDeps;
  readonly #onFacts: OnFacts;
  readonly #drift: HubDrift;
  /** Names of the sites in each namespace. */
  #byNamespace = new Map<string, string[]>();

  constructor(deps: HubDriftDeps, onFacts: OnFacts) {
    this.#deps = deps;
    this.#onFacts = onFacts;
    this.#drift = new HubDrift(deps, (namespace) => this.#changed(namespace));
  }

  follow(sites: readonly FogSite[]): void {
    const here = sites.map(siteOf).filter(({ cluster }) => cluster === HUB_CLUSTER);
    const groups = Map.groupBy(here, ({ namespace }) => namespace);
    this.#byNamespace = new Map([...groups].map(([namespace, group]) => [namespace, group.map(({ name }) => name)]));
    const layers = [...groups].map(([namespace, group]): [string, Set<Layer>] => [
      namespace,
      new Set(group.map(({ layer }) => layer)),
    ]);
    const { deployments, services } = this.#deps;
    this.#drift.follow(new Map(layers), (namespace) => [
      ...deployments.byIndex(NAMESPACE_INDEX, namespace),
      ...services.byIndex(NAMESPACE_INDEX, namespace),
    ]);
  }

  factsOf(site: FogSite): SiteFacts | undefined {
    const { cluster, namespace } = siteOf(site);
    if (cluster !== HUB_CLUSTER) return undefined;
    const releases = this.#deps.deployments.byIndex(NAMESPACE_INDEX, namespace).length;
    return { reach: null, releases, drifted: this.#drift.of(namespace) };
  }

  async run(signal: AbortSignal): Promise<void> {
    const recount = ({ metadata }: KubeObject) => this.#changed(metadata.namespace ?? '');
    const unsubscribe = this.#deps.deployments.subscribe({ onAdd: recount, onDelete: recount });
    try {
      await this.#drift.run(signal);
    } finally {
      unsubscribe();
    }
  }

  #changed(namespace: string): void {
    const names = this.#byNamespace.get(namespace);
    if (names) this.#onFacts(names);
  }
}
