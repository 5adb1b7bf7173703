import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SiteWorld } from './world.ts';

const SECONDS = 1_000;
const BERLIN = 'secret/berlin/kubeconfig';
let world: SiteWorld;

beforeEach(() => {
  world = new SiteWorld();
  world.put('tower', { cluster: { kubeconfigSecretRef: { name: 'berlin' } } });
  world.put('here', {});
});
afterEach(() => world.stop());

const says = async (state: { answering?: boolean; since?: string; cause?: string; synced: boolean; uid?: string }) => {
  world.states.set(BERLIN, state);
  world.reportOfCluster(BERLIN);
  await world.clock.advance(5 * SECONDS);
};
const status = () => world.site('tower')?.status;

describe('A site on a cluster that the hub reaches', () => {
  it('is observed, and nothing is said of it while nothing is known', async () => {
    await world.start();
    expect(world.observed).toEqual([BERLIN]);
    await says({ synced: false });
    expect(world.reason('tower', 'Reachable')).toBeUndefined();
  });

  it('is within reach and counted when the cluster answers', async () => {
    await world.start();
    await says({ answering: true, synced: true });
    expect(world.reason('tower', 'Reachable')).toBe('Answering');
    expect(status()).toMatchObject({ releases: 2, lastSeen: expect.any(String) });
  });

  it('is out of reach with the reason, and carries what it last did', async () => {
    await world.start();
    await says({ answering: true, synced: true });
    const since = '2026-01-01T00:00:05.000Z';
    await says({ answering: false, since, cause: 'connect ECONNREFUSED', synced: true });
    expect(status()?.conditions?.[1]).toMatchObject({
      status: 'False',
      reason: 'ClusterAway',
      message: `Its cluster has given the hub no answer since ${since}: connect ECONNREFUSED`,
    });
    expect(status()?.releases).toBe(2);
  });

  it('is refused when its cluster turns out to be the hub and its namespace another site’s, until it is elsewhere', async () => {
    world.live.set('kube-system', { metadata: { name: 'kube-system', uid: 'hub' } });
    world.put('tower', { cluster: { kubeconfigSecretRef: { name: 'berlin' } }, namespace: 'here', age: 1 });
    await world.start();
    await says({ answering: true, synced: true });
    expect([world.reason('tower'), world.reason('here')]).toEqual(['SecretMissing', 'Usable']);
    await says({ answering: true, synced: true, uid: 'hub' });
    expect([world.reason('tower'), world.reason('here')]).toEqual(['PlaceTaken', 'Usable']);
    expect([status()?.cluster, world.site('here')?.status?.cluster]).toEqual(['hub', undefined]);
    await says({ answering: false, synced: true });
    expect(world.reason('tower')).toBe('PlaceTaken'); // it has not moved
    await says({ answering: true, synced: true, uid: 'far' });
    expect([world.reason('tower'), status()?.cluster]).toEqual(['SecretMissing', 'far']);
  });

  it('is no longer observed without its site', async () => {
    await world.start();
    world.remove('tower');
    await world.clock.advance(200);
    expect(world.observed).toEqual([]);
  });
});
