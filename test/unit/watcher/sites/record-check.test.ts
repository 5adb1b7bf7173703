import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../kube/resources.ts';
import { DEPLOYMENT_MISSING, OTHER_CONTENT } from '../../../../model/drift.ts';
import type { NamespaceReport } from '../../../../model/region-observation.ts';
import type { FogRollout, FogShard } from '../../../../model/types.ts';
import { aRollout, content } from '../../model/builders.ts';
import { aShard, type ShardOptions } from '../../model/fleet/shard-records.ts';
import { SiteWorld } from './world.ts';

const SECONDS = 1_000;
const SITE = 'edge-0-0';
const QUEUE = { taskQueue: 'north', cluster: { name: 'm' } };
const HERE = 'shop/web/edge/uid-1/h4/4';
const missing = (message: string = DEPLOYMENT_MISSING) => [{ namespace: 'shop', name: 'web', message }];
let world: SiteWorld;

beforeEach(() => {
  world = new SiteWorld();
  world.rollouts.put(aRollout() as never);
});
afterEach(() => world.stop());

interface Wishes extends ShardOptions {
  hash?: string;
  run?: string;
  given?: string;
}

/** The record of the site, given `h4` with generation 4. */
function record(phases: string, { hash = 'h4', run = 'r1', given, ...options }: Wishes = {}, cluster = 'm'): void {
  const queue = cluster === 'm' && { queue: 'north' };
  const shard = aShard(phases || 'w', { ...options, site: { namespace: SITE, cluster, ...queue, ...options.site } });
  Object.assign(shard.spec, { hash, run });
  Object.assign(shard.status!, { phases });
  if (given) Object.assign(shard.status!, { given });
  Object.assign(shard.metadata, { resourceVersion: `${Math.random()}`, uid: 'shard' });
  world.shards.put(shard as FogShard & KubeObject);
}

let version = 0;
/** What the site's worker reports to be there. */
async function report(present: string[] | undefined, more: Partial<NamespaceReport> = {}): Promise<void> {
  const namespace = { namespace: SITE, releases: present?.length ?? 101, ...(present && { present }), drifted: [] };
  world.observations[0]!.answer.resolve({
    ...{ worker: 'w1', cursor: { epoch: 'e', version: ++version }, whole: true },
    clusters: [{ name: 'm', answering: true, synced: true, namespaces: [{ ...namespace, ...more }] }],
  });
  await world.clock.advance(2 * SECONDS);
}

async function startAtQueue(): Promise<void> {
  world.put(SITE, QUEUE);
  world.pollers = [{ identity: 'w1', lastAccess: world.clock.date().toISOString() }];
  await world.start();
}

const stillPolls = () => {
  world.pollers = [{ identity: 'w1', lastAccess: world.clock.date().toISOString() }];
};
const drifted = () => world.site(SITE)?.status?.drifted;

describe('A release that its record says is at a site', () => {
  it('is missing when it has not been there for fifteen seconds, though nobody saw it go', async () => {
    record('r');
    await startAtQueue();
    await report([]);
    await world.clock.advance(12 * SECONDS);
    expect(drifted()).toBeUndefined();
    await world.clock.advance(2 * SECONDS);
    expect(drifted()).toEqual(missing());
    await report([HERE]);
    expect(drifted()).toBeUndefined();
  });

  it.each<[string, string, string[], string | undefined]>([
    ['is there', 'r', [HERE], undefined],
    ['is there, given by an earlier decision', 'r', ['shop/web/edge/uid-1/h4/2'], undefined],
    ['is there with an older content', 'r', ['shop/web/edge/uid-1/h3/3'], OTHER_CONTENT],
    ['is there with what a later generation wrote', 'r', ['shop/web/edge/uid-1/h5/5'], undefined],
    ['is there from an earlier object of the name', 'r', ['shop/web/edge/uid-0/h4/4'], OTHER_CONTENT],
    ['is there and does not say with what', 'r', ['shop/web/edge/uid-1//4'], undefined],
    ['is there in another layer only', 'r', ['shop/web/fog/uid-1/h4/4'], DEPLOYMENT_MISSING],
    ['is not there, and neither are others', 'r', ['shop/api/edge/uid-2/h4/4'], DEPLOYMENT_MISSING],
    ['waits for its turn', 'w', [], undefined],
    ['waits for its parent', 'b', [], undefined],
    ['is in flight', 'i', [], undefined],
    ['has no record yet', '', [], undefined],
    ['has failed, and nobody knows what is there', 'f', [], undefined],
  ])('%s', async (_, letter, present, message) => {
    record(letter);
    await startAtQueue();
    await report(present);
    await world.clock.advance(20 * SECONDS);
    expect(drifted()).toEqual(message === undefined ? undefined : missing(message));
  });

  it.each<[string, () => void]>([
    ['its rollout is gone', () => world.rollouts.remove('shop/web')],
    ['its rollout does not want the layer', () => world.rollouts.put(newer({ cloud: content }))],
    ['its rollout is another object of the name', () => record('r', { uid: 'uid-0' })],
    [
      'it is to be taken away',
      () => record('d', { generation: 0, site: { had: { version: 'v', generation: 4, hash: 'h4' } } }),
    ],
    ['it was given somewhere else', () => record('r', { site: { namespace: 'elsewhere' } })],
  ])('is not missed when %s', async (_, change) => {
    record('r');
    change();
    await startAtQueue();
    await report([]);
    await world.clock.advance(20 * SECONDS);
    expect(drifted()).toBeUndefined();
  });

  it('is missed where a later plan left it as it was', async () => {
    record('d', { generation: 5, hash: 'h5', site: { had: { version: 'v', generation: 4, hash: 'h4' } }, given: 'n' });
    await startAtQueue();
    await report([]);
    await world.clock.advance(20 * SECONDS);
    expect(drifted()).toEqual(missing());
  });

  it('is not missed while its site is out of reach, and has its time anew when that is back', async () => {
    record('r');
    await startAtQueue();
    await report([]);
    await world.clock.advance(5 * SECONDS);
    world.observations[0]!.answer.reject(new Error('no answer'));
    await world.clock.advance(60 * SECONDS);
    expect(drifted()).toBeUndefined();
    stillPolls();
    await report([]);
    await world.clock.advance(10 * SECONDS);
    expect(drifted()).toBeUndefined();
    await world.clock.advance(5 * SECONDS);
    expect(drifted()).toEqual(missing());
  });

  it('is not missed where there are too many to be named', async () => {
    record('r');
    await startAtQueue();
    await report(undefined);
    await world.clock.advance(20 * SECONDS);
    expect([drifted(), world.site(SITE)?.status?.releases]).toEqual([undefined, 101]);
  });

  it('has its time anew with a new record, and is no longer missed when a run comes to it', async () => {
    record('r');
    await startAtQueue();
    await report([]);
    await world.clock.advance(20 * SECONDS);
    expect(drifted()).toEqual(missing());
    record('i', { run: 'r2' });
    await world.clock.advance(0);
    expect(drifted()).toBeUndefined();
    record('r', { run: 'r2' });
    await world.clock.advance(14 * SECONDS);
    expect(drifted()).toBeUndefined();
    await world.clock.advance(1 * SECONDS);
    expect(drifted()).toEqual(missing());
  });

  it('goes on to be missed under a new leader, and is not said to be there in between', async () => {
    record('r');
    world.put(SITE, { ...QUEUE, status: { drifted: missing() } });
    world.pollers = [{ identity: 'w1', lastAccess: world.clock.date().toISOString() }];
    await world.start();
    await report([]);
    expect(drifted()).toEqual(missing());
    await world.clock.advance(20 * SECONDS);
    expect(drifted()).toEqual(missing());
  });

  it('is missed on the hub, and on a cluster that the hub reaches', async () => {
    record('r', {}, 'hub');
    world.put(SITE);
    await world.start();
    await world.clock.advance(16 * SECONDS);
    expect(drifted()).toEqual(missing());
    world.put(SITE, { generation: 2, cluster: { kubeconfigSecretRef: { name: 'berlin' } } });
    record('r', {}, 'secret/berlin/kubeconfig');
    world.present = [HERE];
    world.states.set('secret/berlin/kubeconfig', { answering: true, synced: true });
    await world.clock.advance(200);
    world.reportOfCluster('secret/berlin/kubeconfig');
    await world.clock.advance(20 * SECONDS);
    expect(drifted()).toBeUndefined();
    world.present = [];
    world.reportOfCluster('secret/berlin/kubeconfig');
    await world.clock.advance(20 * SECONDS);
    expect(drifted()).toEqual(missing());
  });

  it('is the older site’s to miss where two have one place', async () => {
    record('r', {}, 'hub');
    world.put('older', { namespace: SITE, age: -1 });
    world.put(SITE, { age: 1 });
    await world.start();
    await world.clock.advance(20 * SECONDS);
    expect([world.reason(SITE), drifted()]).toEqual(['PlaceTaken', undefined]);
  });

  it('costs nothing while nothing changes', async () => {
    record('r', {}, 'hub');
    world.put(SITE);
    await world.start();
    await world.clock.advance(20 * SECONDS);
    const before = world.writes.length;
    await world.clock.advance(3_600 * SECONDS);
    expect([world.writes.length - before, world.clock.waiting]).toEqual([0, 0]);
  });
});

function newer(deployments: FogRollout['spec']['deployments']): never {
  const rollout = aRollout({ deployments });
  return { ...rollout, metadata: { ...rollout.metadata, resourceVersion: '9' } } as never;
}
