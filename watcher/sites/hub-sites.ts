import type { KubeClient } from '../../kube/client.ts';
import { type Clock, sleep } from '../../kube/clock.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Log } from '../../kube/log.ts';
import type { Layer } from '../../model/layers.ts';
import { HUB_CLUSTER, siteOf } from '../../model/site.ts';
import type { FogSite } from '../../model/types.ts';
import { clusterUid } from '../../observed/cluster-uid.ts';
import { type LiveDeployment, type LiveService, ObservedReleases } from '../../observed/releases.ts';
import { HubRules, type HubRulesDeps } from './hub-releases.ts';
import type { OnObserved, SiteObservation, SiteSource } from './source.ts';

/** How soon a hub that did not answer is asked again which cluster it is, in ms. */
const IDENTIFY_AGAIN_MS = 10_000;

export interface HubSitesDeps extends HubRulesDeps {
  client: KubeClient;
  /** With its NAMESPACE_INDEX. */
  deployments: Informer<LiveDeployment>;
  services: Informer<LiveService>;
  clock: Clock;
  log: Log;
}

/** The sites on the hub, by the watches that there are anyway. */
export class HubSites implements SiteSource {
  readonly #deps: HubSitesDeps;
  readonly #rules: HubRules;
  readonly #releases: ObservedReleases;
  readonly #onObserved: OnObserved;
  readonly #onIdentified: () => void;
  /** Which cluster the hub is; undefined while that is not known yet, null where it may not be read. */
  uid: string | null | undefined;
  /** Names of the sites in each namespace. */
  #byNamespace = new Map<string, string[]>();

  /** @param onIdentified - told when it is known which cluster the hub is */
  constructor(deps: HubSitesDeps, onObserved: OnObserved, onIdentified: () => void) {
    const { clock, log } = deps;
    this.#deps = deps;
    this.#onObserved = onObserved;
    this.#onIdentified = onIdentified;
    this.#rules = new HubRules(deps);
    this.#releases = new ObservedReleases({
      rules: this.#rules,
      clock,
      log,
      onChange: (namespace) => this.#changed(namespace),
      onJudged: () => onObserved([...this.#byNamespace.values()].flat()),
    });
  }

  follow(sites: readonly FogSite[]): void {
    const here = sites.map(siteOf).filter(({ cluster }) => cluster === HUB_CLUSTER);
    const groups = Map.groupBy(here, ({ namespace }) => namespace);
    this.#byNamespace = new Map([...groups].map(([namespace, group]) => [namespace, group.map(({ name }) => name)]));
    const layers = [...groups].map(([namespace, group]): [string, Set<Layer>] => [
      namespace,
      new Set(group.map(({ layer }) => layer)),
    ]);
    const { gone, come } = this.#rules.follow(new Map(layers));
    for (const namespace of gone) this.#releases.forget(namespace);
    for (const namespace of come) this.#releases.judgeAllIn(namespace);
  }

  observationOf(site: FogSite): SiteObservation | undefined {
    const { cluster, namespace } = siteOf(site);
    if (cluster !== HUB_CLUSTER) return undefined;
    return {
      reach: null,
      releases: this.#releases.countIn(namespace),
      ...(this.#releases.isJudged && { drifted: this.#releases.driftedIn(namespace) }),
    };
  }

  presentAt(site: FogSite): readonly string[] | undefined {
    const { cluster, namespace } = siteOf(site);
    return cluster === HUB_CLUSTER ? this.#releases.of(namespace).present : undefined;
  }

  clusterUidOf(): undefined {
    return undefined; // they are on the hub by what they say
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#releases.run(this.#deps, signal), this.#identify(signal)]);
  }

  /** Who may not read it does without: then no other cluster is known to be the hub. */
  async #identify(signal: AbortSignal): Promise<void> {
    const { client, clock, log } = this.#deps;
    const refused = (err: Error) =>
      log.warn({ err }, 'Cannot tell which cluster the hub is: a kubeconfig that leads to it is not noticed');
    while (!signal.aborted) {
      try {
        this.uid = await clusterUid(client, { signal }, refused);
        return this.#onIdentified();
      } catch {
        await sleep(clock, IDENTIFY_AGAIN_MS, signal).catch(() => undefined);
      }
    }
  }

  #changed(namespace: string): void {
    const names = this.#byNamespace.get(namespace);
    if (names) this.#onObserved(names);
  }
}
