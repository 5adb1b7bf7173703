import type { KubeClient } from '../../../../kube/client.ts';
import { KubeError } from '../../../../kube/errors.ts';
import { silentLog } from '../../../../kube/log.ts';
import {
  type KubeObject,
  keyOf,
  type ObjectRef,
  type ResourceType,
  SECRETS,
  SERVICES,
} from '../../../../kube/resources.ts';
import type { ObserveRegionInput } from '../../../../model/region-observation.ts';
import type {
  FogRollout,
  FogShard,
  FogSite,
  FogSiteStatus,
  FogWindow,
  Revision,
  SiteCondition,
} from '../../../../model/types.ts';
import { WINDOWS_INDEX, windowNamespace } from '../../../../model/windows/selection.ts';
import { NAMESPACE_INDEX, namespaceIndex } from '../../../../observed/releases.ts';
import type { ObservedClusters } from '../../../../watcher/sites/cluster-sites.ts';
import type { Poller } from '../../../../watcher/sites/pollers.ts';
import { keepSiteStatuses } from '../../../../watcher/sites/site-judge.ts';
import type { JsonPatch } from '../../../../watcher/sites/status.ts';
import { FakeClock, settle } from '../../kube/fakeclock.ts';
import { aSite } from '../../model/fleet/sites.ts';
import { Shelf } from '../shelf.ts';

/** The watcher of sites with an API server that takes every patch of a condition or count, or refuses it when told to. */
export class SiteWorld {
  readonly clock = new FakeClock();
  readonly deployments = new Shelf<KubeObject>({ [NAMESPACE_INDEX]: namespaceIndex });
  readonly services = new Shelf<KubeObject>({ [NAMESPACE_INDEX]: namespaceIndex });
  readonly rollouts = new Shelf<FogRollout & KubeObject>();
  readonly shards = new Shelf<FogShard & KubeObject>();
  readonly windows = new Shelf<FogWindow & KubeObject>({ [WINDOWS_INDEX]: windowNamespace });
  /** By generation. */
  readonly kept = new Map<number, Revision>();
  /** What the API server answers where that is not what the watch shows; undefined: not found. */
  readonly live = new Map<string, KubeObject | undefined>();
  /** Who asks for the work of a queue; undefined: Temporal does not answer. */
  pollers: Poller[] | undefined = [];
  /** The observations of queues that wait for their answer. */
  readonly observations: { input: ObserveRegionInput; answer: PromiseWithResolvers<unknown> }[] = [];
  readonly states = new Map<string, NonNullable<ReturnType<ObservedClusters['stateOf']>>>();
  observed: string[] = [];
  /** What is in every namespace of the clusters that the hub reaches. */
  present: string[] = [];
  reportOfCluster: (name: string) => void = () => undefined;
  /** Names of the sites whose status was written, in order. */
  readonly writes: string[] = [];
  /** Codes of the next answers to a patch. */
  readonly refusals: number[] = [];
  secretReads = 0;
  /** Clusters that answer again and that no FogSite leads to. */
  readonly returned: string[] = [];
  readonly #sites = new Shelf<FogSite & KubeObject>();
  readonly #stop = new AbortController();
  #version = 100;
  #ended: Promise<void> | undefined;

  /** Begins to watch, and lets the first judgement happen. */
  async start(): Promise<void> {
    this.#ended = keepSiteStatuses(
      {
        client: { patch: this.#patch, get: this.#get, find: this.#find } as unknown as KubeClient,
        sites: this.#sites.informer,
        deployments: this.deployments.informer as never,
        services: this.services.informer as never,
        rollouts: this.rollouts.informer,
        shards: this.shards.informer,
        windows: this.windows.informer,
        kept: async (_rollout, { generation }) => this.kept.get(generation),
        regions: { pollers: this.#pollers, observe: this.#observe },
        clusters: this.#clusters,
        namespace: 'fog',
        kubeconfigSecrets: { namespace: 'fog', allowedHosts: [], onlyHosts: [] },
        log: silentLog,
        clock: this.clock,
        returns: { tell: (cluster) => void this.returned.push(cluster) },
      },
      this.#stop.signal,
    );
    await this.clock.advance(200);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await settle();
  }

  put(name: string, wishes?: Parameters<typeof aSite>[1]): void {
    const site = aSite(name, wishes);
    const status = wishes?.status ?? this.site(name)?.status;
    const metadata = { ...site.metadata, resourceVersion: `${++this.#version}` };
    this.#sites.put({ ...site, metadata, ...(status && { status }) });
  }

  remove(name: string): void {
    this.#sites.remove(name);
  }

  release(namespace: string, name: string): void {
    this.deployments.put({ metadata: { namespace, name, uid: name, resourceVersion: '1' } });
  }

  site(name: string): FogSite | undefined {
    return this.#sites.get(undefined, name);
  }

  /** The reason of a site's condition. */
  reason(name: string, type: SiteCondition['type'] = 'Ready'): string | undefined {
    return this.site(name)?.status?.conditions?.find((condition) => condition.type === type)?.reason;
  }

  readonly #get = async (type: ResourceType) => {
    if (type === SECRETS) this.secretReads++;
    throw new KubeError({ request: `GET ${type.plural}`, code: 404, status: { reason: 'NotFound' } });
  };

  readonly #find = async (type: ResourceType, { namespace, name }: ObjectRef) => {
    const key = keyOf(namespace, name);
    const shelf = type === SERVICES ? this.services : this.deployments;
    return this.live.has(key) ? this.live.get(key) : shelf.get(namespace, name);
  };

  readonly #pollers = async () => {
    if (!this.pollers) throw new Error('Temporal does not answer');
    return this.pollers;
  };

  readonly #observe = async (input: ObserveRegionInput, signal: AbortSignal) => {
    const observation = { input, answer: Promise.withResolvers<unknown>() };
    this.observations.push(observation);
    const stop = () => observation.answer.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await observation.answer.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      this.observations.splice(this.observations.indexOf(observation), 1);
    }
  };

  readonly #clusters: ObservedClusters = {
    observe: (names) => {
      this.observed = [...names];
    },
    stateOf: (name) => this.states.get(name),
    releasesIn: (_name, namespace) => ({ namespace, releases: 2, present: this.present, drifted: [] }),
    subscribe: (listener) => {
      this.reportOfCluster = (name) => listener(name, {});
      return () => undefined;
    },
  };

  readonly #patch = async (_type: unknown, { name }: { name: string }, { body }: { body: JsonPatch }) => {
    const code = this.refusals.shift();
    if (code) throw new KubeError({ request: `PATCH ${name}`, code, status: { message: 'no' } });
    this.writes.push(name);
    const site = structuredClone(this.site(name)!);
    site.status = body.find(({ op, path }) => op === 'add' && path === '/status')!.value as FogSiteStatus;
    site.metadata.resourceVersion = `${++this.#version}`;
    this.#sites.put(site as FogSite & KubeObject);
  };
}
