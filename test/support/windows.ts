/** FogWindows as people make them. */
import type { KubeObject } from '../../kube/resources.ts';
import { FOG_WINDOWS } from '../../model/names.ts';
import type { FogWindow, FogWindowSpec, FogWindowStatus } from '../../model/types.ts';
import { eventually } from './eventually.ts';
import type { World } from './world.ts';

export function aWindowManifest(name: string, spec: FogWindowSpec, namespace: string) {
  return { apiVersion: 'paguos.io/v1alpha1', kind: 'FogWindow', metadata: { name, namespace }, spec };
}

/**
 * Makes it, or changes it.
 *
 * @returns what it says, once Fog Rollouts knows it: a rollout that comes before begins
 */
export async function makeWindow(
  world: World,
  name: string,
  spec: FogWindowSpec,
  namespace = world.namespace,
): Promise<FogWindowStatus> {
  await world.client.apply(FOG_WINDOWS, aWindowManifest(name, spec, namespace) as KubeObject, { force: true });
  return await windowSaid(world, name, namespace);
}

/** Its status, once that is of what it is now. */
export async function windowSaid(world: World, name: string, namespace = world.namespace): Promise<FogWindowStatus> {
  return await eventually<FogWindowStatus>(`${name} to say how it is`, async () => {
    const { status, metadata } = await world.client.get<FogWindow & KubeObject>(FOG_WINDOWS, { namespace, name });
    return status?.observedGeneration === metadata.generation ? status : { not: status };
  });
}
