import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Cluster, firstList, type LiveDeployment } from '../../../activities/clusters.ts';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection } from '../../../kube/connection.ts';
import { Informer } from '../../../kube/informer.ts';
import { DEPLOYMENTS } from '../../../kube/resources.ts';
import { FakeKube, type Misbehaviour } from '../../support/fakekube.ts';

const AT_ONCE_MS = 20;
let kube: FakeKube;
let cluster: Cluster;
let stop: AbortController;
beforeEach(async () => {
  kube = await FakeKube.start();
  const client = new KubeClient(new KubeConnection(kube.kubeConfig()), { fieldManager: 'tester' });
  cluster = { client, deployments: new Informer<LiveDeployment>({ client, type: DEPLOYMENTS }) };
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort(new Error('The test is over'));
  await cluster.client.connection.close();
  await kube.stop();
});

describe('The first list of a cluster', () => {
  it('is waited for', async () => {
    cluster.deployments.start(stop.signal);
    await firstList(cluster, 10_000, stop.signal);
    expect(cluster.deployments.hasSynced).toBe(true);
    await firstList(cluster, 0, stop.signal);
  });

  it.each<[string, Misbehaviour, RegExp]>([
    [
      'knows other credentials',
      { code: 401, reason: 'Unauthorized', message: 'Unauthorized' },
      /^GET deployments.apps: Unauthorized$/,
    ],
    ['does not let us list', { code: 403, reason: 'Forbidden', message: 'may not list' }, /may not list$/],
    ['hangs up', 'reset', /127\.0\.0\.1/],
  ])('that does not come because the cluster %s says so', async (_name, answer, message) => {
    // The informer is not started: what it would meet is asked for here.
    kube.misbehave('list', answer);
    await expect(firstList(cluster, AT_ONCE_MS, stop.signal)).rejects.toThrow(message);
  });

  it('that is only slow is to be waited for again', async () => {
    await expect(firstList(cluster, AT_ONCE_MS, stop.signal)).rejects.toThrow(/^The first list .* takes longer than/);
  });

  it('is not waited for by who is cancelled', async () => {
    const waiting = firstList(cluster, 10_000, stop.signal);
    stop.abort(new Error('Cancelled'));
    await expect(waiting).rejects.toThrow('Cancelled');
    expect(kube.requests).toEqual([]);
  });
});
