import type { V1Deployment, V1Service } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { KubeClient } from '../kube/client.ts';
import { KubeConnection, loadKubeConfig, type RequestInfo } from '../kube/connection.ts';
import { Informer } from '../kube/informer.ts';
import { KubeConfig } from '../kube/kube-config.ts';
import { DEPLOYMENTS, type KubeObject, type ResourceType, SERVICES, withoutManagedFields } from '../kube/resources.ts';
import {
  FIELD_MANAGER,
  FOG_ACTIONS,
  FOG_ROLLOUTS,
  FOG_SHARDS,
  FOG_SITES,
  FOG_WINDOWS,
  RELEASE_SELECTOR,
} from '../model/names.ts';
import type { FogAction, FogRollout, FogShard, FogSite, FogWindow } from '../model/types.ts';
import { WINDOWS_INDEX, windowNamespace } from '../model/windows/selection.ts';
import { NAMESPACE_INDEX, namespaceIndex } from '../observed/releases.ts';
import { slimReleases } from '../observed/slim.ts';
import { ACTED_ON_INDEX, actedOn } from '../watcher/actions/actions.ts';
import { ROLLOUT_INDEX, shardRollout } from '../watcher/after-run/ledgers.ts';
import { LAYER_INDEX, siteLayer } from '../watcher/fleet-layers.ts';
import { OWNER_INDEX, ownerIndex } from '../watcher/releases.ts';

/** The hub's cluster as the roles of one process share it: one connection, and each watch at most once. */
export interface Hub {
  client: KubeClient;
  /** A client with the token of somebody else, in whose name it asks. Its connection is to be closed. */
  as(token: string): KubeClient;
  rollouts(): Informer<FogRollout & KubeObject>;
  /** Empty where the FogSite CRD is not installed. */
  sites(): Informer<FogSite & KubeObject>;
  /** Empty where the FogShard CRD is not installed. */
  shards(): Informer<FogShard & KubeObject>;
  /** Empty where the FogAction CRD is not installed. */
  actions(): Informer<FogAction & KubeObject>;
  /** Empty where the FogWindow CRD is not installed. */
  windows(): Informer<FogWindow & KubeObject>;
  deployments(): Informer<V1Deployment & KubeObject>;
  services(): Informer<V1Service & KubeObject>;
  /** The informers that were asked for. */
  informers(): Informer<never>[];
  close(): Promise<void>;
}

interface HubOptions {
  log: Logger;
  onRequest(request: RequestInfo): void;
}

/** For what one person asks at a time. */
const CONNECTIONS_ASKING = 4;
const ASKING_MS = 10_000;

/**
 * @param signal - ends the watches
 * @throws Error when there is no usable kubeconfig
 */
export function openHub({ log, onRequest }: HubOptions, signal: AbortSignal): Hub {
  const kubeConfig = loadKubeConfig();
  const connection = new KubeConnection(kubeConfig, { onRequest });
  const client = new KubeClient(connection, { fieldManager: FIELD_MANAGER });
  const started = new Map<string, Informer<never>>();
  const once = <T extends KubeObject>(name: string, make: () => Informer<T>): Informer<T> => {
    const known = started.get(name) as unknown as Informer<T> | undefined;
    if (known) return known;
    const informer = make();
    started.set(name, informer as unknown as Informer<never>);
    informer.start(signal);
    return informer;
  };
  const indexes = { [OWNER_INDEX]: ownerIndex, [NAMESPACE_INDEX]: namespaceIndex };
  const releases = { client, labelSelector: RELEASE_SELECTOR, indexes, log, transform: slimReleases() };
  const ours = { client, log, transform: withoutManagedFields };
  /** Of a kind whose CRD may not be installed. */
  const optional = <T extends object>(type: ResourceType, indexes: Record<string, (object: T) => string[]>) =>
    new Informer<T & KubeObject>({ ...ours, type, optional: true, indexes });
  return {
    client,
    as(token) {
      const config = KubeConfig.of(kubeConfig.getCurrentCluster()!, { name: 'asking', token });
      const options = { onRequest, connections: CONNECTIONS_ASKING, timeoutMs: ASKING_MS };
      return new KubeClient(new KubeConnection(config, options), { fieldManager: FIELD_MANAGER });
    },
    rollouts: () =>
      once('rollouts', () => {
        const indexes = { namespace: (rollout: FogRollout) => [rollout.metadata.namespace] };
        return new Informer<FogRollout & KubeObject>({ ...ours, type: FOG_ROLLOUTS, indexes });
      }),
    sites: () => once('sites', () => optional<FogSite>(FOG_SITES, { [LAYER_INDEX]: siteLayer })),
    shards: () => once('shards', () => optional<FogShard>(FOG_SHARDS, { [ROLLOUT_INDEX]: shardRollout })),
    actions: () => once('actions', () => optional<FogAction>(FOG_ACTIONS, { [ACTED_ON_INDEX]: actedOn })),
    windows: () => once('windows', () => optional<FogWindow>(FOG_WINDOWS, { [WINDOWS_INDEX]: windowNamespace })),
    deployments: () =>
      once('deployments', () => new Informer<V1Deployment & KubeObject>({ ...releases, type: DEPLOYMENTS })),
    services: () => once('services', () => new Informer<V1Service & KubeObject>({ ...releases, type: SERVICES })),
    informers: () => [...started.values()],
    async close() {
      await Promise.all([...started.values()].map((informer) => informer.stopped));
      await connection.close();
    },
  };
}
