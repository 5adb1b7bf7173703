import { setTimeout as delay } from 'node:timers/promises';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { actionsSoFar } from './actions.ts';
import type { Outcome } from './figures.ts';
import { requestsSoFar } from './spent.ts';
import { deadline, NAMESPACE, rolloutManifest, type World } from './world.ts';

/**
 * Settled rollouts cost nothing: requests to Kubernetes besides open watches, and Temporal actions, while nothing
 * changes. The rollouts have no replicas, so that the simulated nodes stay out of the measurement. Renewing the
 * watcher's Lease is counted apart: it does not grow with the rollouts.
 */
export async function idle(world: World, { rollouts = 1_000, minutes = 5 } = {}): Promise<Outcome> {
  const product = await world.startProduct();
  const names = Array.from({ length: rollouts }, (_, index) => `idle-${index}`);
  await Promise.all(names.map((name) => world.client.create(FOG_ROLLOUTS, rolloutManifest(name, 0))));
  await Promise.all(
    names.map((name) =>
      world.rollouts.waitFor(
        NAMESPACE,
        name,
        (live) => live?.status?.phase === 'Succeeded' || undefined,
        deadline(900_000),
      ),
    ),
  );
  world.progress(`${rollouts} rollouts have settled; watching ${minutes} minutes of quiet`);
  await delay(5_000); // runs end a moment after their last report
  const requests = (isLease: boolean) => requestsSoFar(product, (labels) => labels.includes('leases') === isLease);
  const before = { requests: await requests(false), leases: await requests(true), actions: await actionsSoFar(world) };
  await delay(minutes * 60_000);
  const json = {
    kubeRequests: (await requests(false)) - before.requests,
    leaseRequests: (await requests(true)) - before.leases,
    temporalActions: (await actionsSoFar(world)) - before.actions,
    rollouts,
    minutes,
  };
  const row = (figure: string, value: number, bar: string) => ({
    name: 'idle',
    figure: `${figure} in ${minutes} min, ${rollouts} settled rollouts`,
    product: `${value}`,
    floor: '-',
    result: `${value}`,
    bar,
  });
  return {
    json,
    rows: [
      row('requests to Kubernetes', json.kubeRequests, '~0'),
      row('renewals of the Lease', json.leaseRequests, '-'),
      row('Temporal actions', json.temporalActions, '~0'),
    ],
  };
}
