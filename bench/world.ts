import { setTimeout as delay } from 'node:timers/promises';
import type { V1Deployment } from '@kubernetes/client-node';
import { KubeClient } from '../kube/client.ts';
import { KubeConnection, loadKubeConfig } from '../kube/connection.ts';
import { Informer } from '../kube/informer.ts';
import { DEPLOYMENTS, type KubeObject, NAMESPACES, PODS, REPLICA_SETS } from '../kube/resources.ts';
import { LAYERS } from '../model/layers.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import type { FogRollout, LayerContent } from '../model/types.ts';
import { type StackHandle, startStack } from '../test/support/stack.ts';
import { type Product, startProduct } from './product.ts';

/** What every benchmark gets: a stack of its own, a client that sees what a user of kubectl would, the product. */
export interface World {
  stack: StackHandle;
  client: KubeClient;
  deployments: Informer<V1Deployment & KubeObject>;
  rollouts: Informer<FogRollout & KubeObject>;
  /** Starts the product as one process with every role. */
  startProduct(role?: 'all' | 'api'): Promise<Product>;
  /** Says how far a benchmark is. */
  progress(text: string): void;
  close(): Promise<void>;
}

/** Where the benchmarks' FogRollouts live. */
export const NAMESPACE = 'bench';

export interface WorldOptions {
  /** Simulated nodes; each takes 110 pods. */
  nodes?: number;
}

/** Measures in a world of its own, which is gone afterwards: what one measurement leaves behind slows no other. */
export type InWorld = <R>(measure: (world: World) => Promise<R>, options?: WorldOptions) => Promise<R>;

export async function createWorld({ nodes = 40 }: WorldOptions = {}): Promise<World> {
  const stack = await startStack({ nodes });
  const stop = new AbortController();
  const connection = new KubeConnection(loadKubeConfig({ kubeconfig: stack.kubeconfig }), { timeoutMs: 120_000 });
  const client = new KubeClient(connection, { fieldManager: 'bench' });
  for (const name of [NAMESPACE, ...LAYERS]) await client.create(NAMESPACES, { metadata: { name } });
  const deployments = new Informer<V1Deployment & KubeObject>({ client, type: DEPLOYMENTS });
  const rollouts = new Informer<FogRollout & KubeObject>({ client, type: FOG_ROLLOUTS });
  for (const informer of [deployments, rollouts]) informer.start(stop.signal);
  await Promise.all([deployments.waitForSync(), rollouts.waitForSync()]);
  const products: Product[] = [];
  return {
    stack,
    client,
    deployments,
    rollouts,
    async startProduct(role = 'all') {
      const product = await startProduct(role, stack);
      products.push(product);
      return product;
    },
    progress(text) {
      process.stderr.write(`  ${text}\n`);
    },
    async close() {
      await Promise.all(products.map((product) => product.stop()));
      stop.abort();
      await Promise.all([deployments.stopped, rollouts.stopped]);
      await connection.close();
      await stack.stop();
    },
  };
}

/** The application of every benchmark: one container with one port. */
export function content(replicas: number): LayerContent {
  return { replicas, containers: [{ name: 'web', image: 'nginx:1.27', ports: [{ containerPort: 80 }] }] };
}

export function rolloutManifest(name: string, replicas = 1): KubeObject {
  const deployments = Object.fromEntries(LAYERS.map((layer) => [layer, content(replicas)]));
  return { metadata: { name, namespace: NAMESPACE }, spec: { version: 'v1', deployments } } as KubeObject;
}

/** Applied by the product: from the create that kubectl would send until the edge is ready, in ms. */
export async function productRollout({ client, deployments }: World, name: string): Promise<number> {
  const started = performance.now();
  await client.create(FOG_ROLLOUTS, rolloutManifest(name));
  await deployments.waitFor('edge', `${name}-edge`, isReady, deadline());
  return performance.now() - started;
}

/** True when the Deployment controller has brought the Deployment where its spec wants it. */
export function isReady(live: V1Deployment | undefined): true | undefined {
  const wanted = live?.spec?.replicas ?? 1;
  const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0 } = live?.status ?? {};
  const isCurrent = live !== undefined && observedGeneration >= (live.metadata?.generation ?? 0);
  return isCurrent && updatedReplicas >= wanted && availableReplicas >= wanted ? true : undefined;
}

/** No wait of a benchmark is endless. */
export function deadline(ms = 300_000): AbortSignal {
  return AbortSignal.timeout(ms);
}

/** Deletes FogRollouts and waits until they are gone, so that the next round meets the same cluster. */
export async function removeRollouts({ client, rollouts }: World, names: string[]): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      await client.delete(FOG_ROLLOUTS, { namespace: NAMESPACE, name });
      await rollouts.waitFor(NAMESPACE, name, (live) => (live ? undefined : true), deadline());
    }),
  );
}

/** Waits until the cluster has collected what deleted Deployments leave behind: else the next round pays for it. */
export async function untilQuiet({ client }: World): Promise<void> {
  for (const layer of LAYERS) {
    for (const type of [REPLICA_SETS, PODS]) {
      while ((await client.list(type, { namespace: layer, limit: 1 })).items.length > 0) await delay(500);
    }
  }
  await delay(3_000); // events about the last ones are still being written
}
