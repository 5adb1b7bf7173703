import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../kube/resources.ts';
import type { FogShard } from '../../../../model/types.ts';
import { aShard } from '../../model/fleet/shard-records.ts';
import { SiteWorld } from './world.ts';

const SECONDS = 1_000;
const BERLIN = 'secret/berlin/kubeconfig';
let world: SiteWorld;
let version = 0;

beforeEach(async () => {
  world = new SiteWorld();
  world.put('here', {});
  await world.start();
});
afterEach(() => world.stop());

async function record(letter: string, reason = 'Unreachable', place: object = { cluster: BERLIN }): Promise<void> {
  const site = { had: { version: 'v1', generation: 3 }, ...place };
  const notes = [{ site: 'edge-0-0', reason, message: 'nobody answers' }];
  const shard = aShard(letter, { generation: 0, notes, site });
  const metadata = { ...shard.metadata, uid: 'u', resourceVersion: `${++version}` };
  world.shards.put({ ...shard, metadata } as FogShard & KubeObject);
  await world.clock.advance(SECONDS);
}

async function answers(answering: boolean): Promise<void> {
  world.states.set(BERLIN, { answering, since: '2026-01-01T00:00:05Z', cause: 'timeout', synced: answering });
  world.reportOfCluster(BERLIN);
  await world.clock.advance(SECONDS);
}

describe('The cluster of a place that was given up', () => {
  it('is watched though no FogSite leads there, and told when it answers, and when it does again', async () => {
    await record('s');
    expect(world.observed).toEqual([BERLIN]);
    await answers(false);
    expect(world.returned).toEqual([]);
    await answers(true);
    await answers(true);
    expect(world.returned).toEqual([JSON.stringify(['fog-rollouts/sites', BERLIN])]);
    await answers(false);
    await answers(true);
    expect(world.returned).toHaveLength(2);
    expect(world.writes).toEqual(['here']);
  });

  it('is watched no longer when nothing is left there', async () => {
    await record('s');
    await record('r');
    expect(world.observed).toEqual([]);
  });

  it('is nobody’s to watch where something is kept on purpose, or the FogSite is there', async () => {
    await record('s', 'Kept');
    expect(world.observed).toEqual([]);
    await record('s', 'Unreachable', { cluster: 'hub' });
    expect(world.observed).toEqual([]);
    await record('s');
    world.put('edge-0-0', { namespace: 'edge', cluster: { kubeconfigSecretRef: { name: 'munich' } } });
    await world.clock.advance(SECONDS);
    expect(world.observed.toSorted()).toEqual([BERLIN, 'secret/munich/kubeconfig']); // it has moved
    world.put('edge-0-0', { namespace: 'edge', cluster: { kubeconfigSecretRef: { name: 'berlin' } }, generation: 2 });
    await world.clock.advance(SECONDS);
    await answers(true);
    expect([world.observed, world.returned]).toEqual([[BERLIN], []]);
  });

  it('of a task queue is told when its worker reports that it answers', async () => {
    await record('s', 'Unserved', { cluster: 'own', queue: 'north' });
    await world.clock.advance(SECONDS);
    world.pollers = [{ identity: 'north-1', lastAccess: world.clock.date().toISOString() }];
    await world.clock.advance(20 * SECONDS);
    const cluster = { name: 'own', answering: true, synced: true, namespaces: [] };
    const cursor = { epoch: 'e', version: 1 };
    world.observations[0]!.answer.resolve({ worker: 'north-1', cursor, whole: true, clusters: [cluster] });
    await world.clock.advance(SECONDS);
    expect(world.returned).toEqual([JSON.stringify(['north', 'own'])]);
  });
});
