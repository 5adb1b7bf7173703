import type { V1Deployment } from '@kubernetes/client-node';
import { DEPLOYMENTS, type KubeObject, SERVICES } from '../kube/resources.ts';
import { LAYERS, type Layer } from '../model/layers.ts';
import { content, deadline, isReady, type World } from './world.ts';

/**
 * The floor: what a bare script needs for the same three layers. It applies Deployment and Service together, watches
 * the Deployment until it is ready, as `kubectl rollout status` does, and goes on to the next layer. It survives
 * nothing, records nothing, tells nobody.
 *
 * @returns ms until the edge is ready
 */
export async function floorRollout({ client }: World, name: string): Promise<number> {
  const started = performance.now();
  for (const layer of LAYERS) {
    const { deployment, service } = objects(name, layer);
    const [applied] = await Promise.all([client.apply(DEPLOYMENTS, deployment), client.apply(SERVICES, service)]);
    await watchUntilReady(client, applied);
  }
  return performance.now() - started;
}

async function watchUntilReady(client: World['client'], { metadata }: KubeObject): Promise<void> {
  const stop = new AbortController();
  const { namespace, name, resourceVersion } = metadata;
  const events = client.watch<V1Deployment & KubeObject>(
    DEPLOYMENTS,
    { ...(namespace && { namespace }), fieldSelector: `metadata.name=${name}`, resourceVersion: resourceVersion ?? '' },
    { signal: AbortSignal.any([stop.signal, deadline()]) },
  );
  for await (const { type, object } of events) if (type !== 'BOOKMARK' && isReady(object)) break;
  stop.abort();
}

export async function removeFloor({ client, deployments }: World, names: string[]): Promise<void> {
  await Promise.all(
    names.flatMap((name) =>
      LAYERS.map(async (layer) => {
        const deployment = `${name}-${layer}`;
        await Promise.all([
          client.delete(DEPLOYMENTS, { namespace: layer, name: deployment }, { propagationPolicy: 'Background' }),
          client.delete(SERVICES, { namespace: layer, name }),
        ]);
        await deployments.waitFor(layer, deployment, (live) => (live ? undefined : true), deadline());
      }),
    ),
  );
}

/** What a layer of the benchmarks' rollout comes to in a namespace. */
export function objects(
  name: string,
  layer: Layer,
  namespace: string = layer,
): { deployment: KubeObject; service: KubeObject } {
  const labels = { 'fog-rollout': name };
  const { replicas, ...spec } = content(1);
  return {
    deployment: {
      metadata: { name: `${name}-${layer}`, namespace, labels },
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    } as KubeObject,
    service: {
      metadata: { name, namespace, labels },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] },
    } as KubeObject,
  };
}
