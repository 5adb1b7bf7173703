import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Call } from '../../../activities/call.ts';
import type { Cluster, LiveDeployment } from '../../../activities/clusters.ts';
import { awaitReadiness, readyWithin, templateHash } from '../../../activities/readiness.ts';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection } from '../../../kube/connection.ts';
import { Informer } from '../../../kube/informer.ts';
import { DEPLOYMENTS } from '../../../kube/resources.ts';
import { LABELS, MANAGED_BY } from '../../../model/names.ts';
import { implicitSite } from '../../../model/site.ts';
import { FakeKube } from '../../support/fakekube.ts';
import { owner, revision } from '../model/builders.ts';

/** Longer than a test may take: what ends before, ends at once. */
const LONG_MS = 60_000;
const SITE = { namespace: 'edge', name: 'web-edge' };

let fake: FakeKube;
let connection: KubeConnection;
let cluster: Cluster;
let stop: AbortController;
let cancelled: AbortController;

beforeEach(async () => {
  fake = await FakeKube.start();
  connection = new KubeConnection(fake.kubeConfig());
  const client = new KubeClient(connection, { fieldManager: 'tester' });
  cluster = { client, deployments: new Informer<LiveDeployment>({ client, type: DEPLOYMENTS }) };
  stop = new AbortController();
  cancelled = new AbortController();
  cluster.deployments.start(stop.signal);
});
afterEach(async () => {
  stop.abort(new Error('The worker stops'));
  await cluster.deployments.stopped;
  await connection.close();
  await fake.stop();
});

const NO_PODS = { replicas: 1, updatedReplicas: 1, readyReplicas: 0, availableReplicas: 0 };
const PROGRESSING = { ...NO_PODS, observedGeneration: 1 };
const READY = { ...PROGRESSING, readyReplicas: 1, availableReplicas: 1 };
const FAILED = {
  ...PROGRESSING,
  conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
};

function aDeployment(status: object, image = 'nginx:v1', spec: object = {}): LiveDeployment {
  const template = { metadata: {}, spec: { containers: [{ name: 'web', image }] } };
  return { metadata: { ...SITE, generation: 1 }, spec: { replicas: 1, selector: {}, template, ...spec }, status };
}

/** The release that was written: the first object the fake server is given. */
const applied = { uid: 'uid-1', generation: 1, template: templateHash(aDeployment(PROGRESSING)) };
const put = (...given: Parameters<typeof aDeployment>) => void fake.put(aDeployment(...given));
const remove = () => fake.remove(SITE.namespace, SITE.name);
const standing = (ms = LONG_MS) => readyWithin(cluster, SITE, applied, ms, cancelled.signal);
const isReady = async (ms = LONG_MS) => (await standing(ms)).ready;

/** Begins to wait for a release that the watch shows as progressing. */
async function waitingForOne(): Promise<{ ready: Promise<boolean> }> {
  put(PROGRESSING);
  await cluster.deployments.waitForSync();
  return { ready: isReady() };
}

describe('A release that was written', () => {
  it.each<[string, () => void, boolean]>([
    ['becomes ready', () => put(READY), true],
    ['fails', () => put(FAILED), false],
    ['is deleted', remove, false],
    [
      'is replaced by another of its name',
      () => {
        remove();
        put(READY);
      },
      false,
    ],
    ['is ready with a template of someone else', () => put(READY, 'evil'), false],
    ['is cancelled', () => cancelled.abort(), false],
  ])('%s: known at once', async (_, happens, expected) => {
    const { ready } = await waitingForOne();
    happens();
    expect(await ready).toBe(expected);
  });

  it('is waited for while the watch does not show it yet', async () => {
    await cluster.deployments.waitForSync();
    const ready = isReady();
    put(READY);
    expect(await ready).toBe(true);
  });

  it('is waited for while the watch shows an older object of its name', async () => {
    const later = { ...applied, uid: 'uid-2' };
    put(READY);
    await cluster.deployments.waitForSync();
    const waiting = readyWithin(cluster, SITE, later, LONG_MS, cancelled.signal);
    remove();
    put(READY);
    expect(await waiting).toEqual({ ready: true });
  });

  it('is given up when the time is over', async () => {
    put(PROGRESSING);
    expect(await isReady(1)).toBe(false);
  });

  it('is not called unready when the watch ends', async () => {
    const { ready } = await waitingForOne();
    stop.abort(new Error('The worker stops'));
    await expect(ready).rejects.toThrow('The worker stops');
  });
});

const awaited = (held?: string) => {
  const call: Call = {
    signal: cancelled.signal,
    scheduledAt: Date.now(),
    resumed: undefined,
    tell: () => undefined,
  };
  const input = { owner, site: implicitSite('edge'), revision, deployment: applied, progressDeadlineSeconds: 600 };
  return awaitReadiness(cluster, { ...input, ...(held !== undefined && { held }) }, call);
};

const PAUSED = { ...PROGRESSING, updatedReplicas: 0 };
const paused = () => put(PAUSED, undefined, { paused: true });
const TOLD = 'Deployment edge/web-edge is paused; to go on: kubectl rollout resume deployment/web-edge -n edge';

describe('A release that somebody paused', () => {
  it('is told at once by who has just written it', async () => {
    put(PROGRESSING);
    await cluster.deployments.waitForSync();
    const waiting = standing();
    paused();
    expect(await waiting).toEqual({ ready: false, held: TOLD });
  });

  it('is told at once by who waits, to those who have not heard it', async () => {
    paused();
    await cluster.deployments.waitForSync();
    expect(await awaited('')).toEqual({ outcome: 'held', message: TOLD });
  });

  it('is waited for by those who have, until it is resumed', async () => {
    paused();
    await cluster.deployments.waitForSync();
    const waiting = awaited(TOLD);
    put(PROGRESSING);
    expect(await waiting).toEqual({ outcome: 'held', message: '' });
  });

  it('is waited for by those who do not want to know, until it is ready', async () => {
    paused();
    await cluster.deployments.waitForSync();
    const waiting = awaited();
    put(PROGRESSING);
    put(READY);
    expect(await waiting).toEqual({ outcome: 'ready' });
  });
});

describe('A release whose Service is being deleted while it is waited for', () => {
  const service = (labels: object) =>
    fake.put({
      metadata: {
        namespace: SITE.namespace,
        name: owner.name,
        deletionTimestamp: '2026-11-22T10:00:00Z',
        finalizers: ['test.io/hold'],
        labels: labels as Record<string, string>,
      },
    });

  it('is not ready, but to be applied again', async () => {
    put(READY);
    service({
      [LABELS.managedBy]: MANAGED_BY,
      [LABELS.ownerNamespace]: owner.namespace,
      [LABELS.rollout]: owner.name,
    });
    expect(await awaited()).toEqual({ outcome: 'lost' });
  });

  it("does not mind somebody else's Service", async () => {
    put(READY);
    service({});
    expect(await awaited()).toEqual({ outcome: 'ready' });
  });
});
