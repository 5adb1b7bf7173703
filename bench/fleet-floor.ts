import { setTimeout as delay } from 'node:timers/promises';
import { DEPLOYMENTS, PODS, REPLICA_SETS, SERVICES } from '../kube/resources.ts';
import { budgetOf } from '../model/fleet/budget.ts';
import { LAYERS } from '../model/layers.ts';
import type { Amount } from '../model/types.ts';
import { objects } from './floor.ts';
import { inLanes } from './lanes.ts';
import type { Place } from './sites.ts';
import { deadline, isReady, type World } from './world.ts';

const LANES = 50;

/**
 * The floor of a rollout over many sites: a bare script that applies Deployment and Service at each site of a layer, as
 * many at a time as the strategy says, waits for each Deployment to be ready, and goes on to the next layer. All waits
 * share one watch. It survives nothing, records nothing, tells nobody.
 *
 * @returns ms until the last layer is ready
 */
export async function floorFleet(
  { client, deployments }: World,
  name: string,
  { places, maxConcurrency }: { places: readonly Place[]; maxConcurrency: Amount },
): Promise<number> {
  const started = performance.now();
  for (const layer of LAYERS) {
    const sites = places.filter((place) => place.layer === layer);
    const atOnce = budgetOf({ maxConcurrency }, sites.length).maxConcurrency;
    await inLanes(atOnce, sites, async (site) => {
      const { deployment, service } = objects(name, layer, site.name);
      const [applied] = await Promise.all([client.apply(DEPLOYMENTS, deployment), client.apply(SERVICES, service)]);
      await deployments.waitFor(site.name, applied.metadata.name, isReady, deadline(600_000));
    });
  }
  return performance.now() - started;
}

export async function removeFloorFleet(world: World, name: string, places: readonly Place[]): Promise<void> {
  const { client } = world;
  await inLanes(LANES, places, async ({ name: namespace, layer }) => {
    const deployment = { namespace, name: `${name}-${layer}` };
    await Promise.all([
      client.delete(DEPLOYMENTS, deployment, { propagationPolicy: 'Background' }),
      client.delete(SERVICES, { namespace, name }),
    ]);
  });
  await untilCollected(world, name);
}

/** Waits until the cluster has collected all that was a rollout's: else what is measured next pays for it. */
export async function untilCollected({ client }: World, name: string): Promise<void> {
  for (const type of [DEPLOYMENTS, REPLICA_SETS, PODS]) {
    const list = { labelSelector: `fog-rollout=${name}`, limit: 1 };
    while ((await client.list(type, list)).items.length > 0) await delay(500);
  }
  await delay(3_000); // events about the last ones are still being written
}
