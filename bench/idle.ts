import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject } from '../kube/resources.ts';
import { FOG_ROLLOUTS, FOG_WINDOWS } from '../model/names.ts';
import type { FogRolloutStatus } from '../model/types.ts';
import { actionsSoFar } from './actions.ts';
import type { Outcome } from './figures.ts';
import { requestsSoFar } from './spent.ts';
import { deadline, NAMESPACE, rolloutManifest, type World } from './world.ts';

/** Open in the first hour of a year: closed, and to open by itself. */
const CLOSED = {
  metadata: { name: 'idle', namespace: NAMESPACE },
  spec: {
    allow: [{ start: '2020-01-01T00:00', duration: 'PT1H', timeZone: 'UTC', rrule: 'FREQ=YEARLY' }],
    rollouts: { selector: { matchLabels: { waits: 'window' } } },
  },
} as KubeObject;

/** What a rollout may wait for. */
const WAITS = [
  (name: string) => thatWaits(name, { strategy: { layers: { edge: { before: [{ approval: {} }] } } } }),
  (name: string) => thatWaits(name, { strategy: { paused: true } }),
  (name: string) => thatWaits(name, {}, { waits: 'window' }),
];

function thatWaits(name: string, more: object, labels = {}): KubeObject {
  const { metadata, spec } = rolloutManifest(name, 0) as KubeObject & { spec: object };
  return { metadata: { ...metadata, labels }, spec: { ...spec, ...more } } as KubeObject;
}

/**
 * Settled rollouts cost nothing, and neither do those that wait for people or for a time: requests to Kubernetes besides open
 * watches, and Temporal actions, while nothing changes. The rollouts have no replicas, so that the simulated nodes stay out of the
 * measurement. Renewing the watcher's Lease is counted apart: it does not grow with the rollouts.
 *
 * @param waiting - how many wait besides: a third at an approval, a third in a closed window, a third paused
 */
export async function idle(world: World, { rollouts = 1_000, waiting = 30, minutes = 5 } = {}): Promise<Outcome> {
  const product = await world.startProduct();
  const settling = Array.from({ length: rollouts }, (_, index) => rolloutManifest(`idle-${index}`, 0));
  await world.client.create(FOG_WINDOWS, CLOSED);
  const held = Array.from({ length: waiting }, (_, index) => WAITS[index % WAITS.length]!(`waiting-${index}`));
  await Promise.all([...settling, ...held].map((manifest) => world.client.create(FOG_ROLLOUTS, manifest)));
  const all = (manifests: KubeObject[], isThere: (status: FogRolloutStatus) => boolean) =>
    Promise.all(
      manifests.map(({ metadata }) =>
        world.rollouts.waitFor(
          NAMESPACE,
          metadata.name,
          (live) => (live?.status && isThere(live.status)) || undefined,
          deadline(900_000),
        ),
      ),
    );
  await all(settling, ({ phase }) => phase === 'Succeeded');
  await all(held, ({ phase }) => phase === 'Paused' || phase === 'WaitingForApproval');
  world.progress(`${rollouts} rollouts have settled, and ${waiting} wait; watching ${minutes} minutes of quiet`);
  await delay(5_000); // runs end a moment after their last report
  const requests = (isLease: boolean) => requestsSoFar(product, (labels) => labels.includes('leases') === isLease);
  const before = { requests: await requests(false), leases: await requests(true), actions: await actionsSoFar(world) };
  await delay(minutes * 60_000);
  const json = {
    kubeRequests: (await requests(false)) - before.requests,
    leaseRequests: (await requests(true)) - before.leases,
    temporalActions: (await actionsSoFar(world)) - before.actions,
    rollouts,
    waiting,
    minutes,
  };
  const row = (figure: string, value: number, bar: string) => ({
    name: 'idle',
    figure: `${figure} in ${minutes} min, ${rollouts} settled rollouts, ${waiting} that wait`,
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
