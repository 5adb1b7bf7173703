import { describe, expect, it } from '@jest/globals';
import type { V1ContainerStatus, V1Pod, V1PodStatus } from '@kubernetes/client-node';
import { failureText, podReasons } from '../../../model/podreasons.ts';

const pod = (name: string, status: V1PodStatus, deleted = false): V1Pod =>
  ({ metadata: { name, ...(deleted && { deletionTimestamp: '2026-11-22T10:00:00Z' }) }, status }) as unknown as V1Pod;
const container = (name: string, state: object, lastState: object = {}) =>
  ({ name, state, lastState }) as unknown as V1ContainerStatus;
const waiting = (reason: string, message?: string) => ({ waiting: { reason, ...(message && { message }) } });
const running = (name: string, ...containerStatuses: V1ContainerStatus[]) => pod(name, { containerStatuses });

const BACK_OFF = 'Back-off pulling image "nginx:nope"';
const noImage = (name: string) => running(name, container('nginx', waiting('ImagePullBackOff', BACK_OFF)));

describe('podReasons', () => {
  it.each<[string, V1Pod, [string, string]]>([
    [
      'an image that is not there',
      noImage('web-1'),
      ['ImagePullBackOff', `container nginx of web-1: ImagePullBackOff: ${BACK_OFF}`],
    ],
    [
      'a crash',
      running(
        'web-1',
        container('app', waiting('CrashLoopBackOff', 'back-off 5m0s'), {
          terminated: { exitCode: 3, reason: 'Error' },
        }),
      ),
      ['CrashLoopBackOff', 'container app of web-1: CrashLoopBackOff, last exit code 3: back-off 5m0s'],
    ],
    [
      'a crash between two restarts',
      running('web-1', container('app', { terminated: { exitCode: 1, reason: 'Error', message: 'no config' } })),
      ['CrashLoopBackOff', 'container app of web-1: CrashLoopBackOff, last exit code 1: no config'],
    ],
    [
      'no memory',
      running(
        'web-1',
        container('app', waiting('CrashLoopBackOff'), { terminated: { exitCode: 137, reason: 'OOMKilled' } }),
      ),
      ['OOMKilled', 'container app of web-1: OOMKilled, last exit code 137'],
    ],
    [
      'a missing secret',
      running('web-1', container('app', waiting('CreateContainerConfigError', 'secret "x" not found'))),
      ['CreateContainerConfigError', 'container app of web-1: CreateContainerConfigError: secret "x" not found'],
    ],
    [
      'an init container',
      pod('web-1', { initContainerStatuses: [container('migrate', waiting('ErrImagePull', 'denied'))] }),
      ['ErrImagePull', 'init container migrate of web-1: ErrImagePull: denied'],
    ],
    [
      'no room',
      pod('web-1', {
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes are available' },
        ],
      }),
      ['Unschedulable', 'pod web-1: Unschedulable: 0/2 nodes are available'],
    ],
    [
      'an eviction',
      pod('web-1', { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory' }),
      ['Evicted', 'pod web-1: Evicted: The node was low on memory'],
    ],
  ])('reads %s', (_, given, [reason, message]) => {
    expect(podReasons([given])).toEqual([{ reason, message, count: 1 }]);
  });

  it.each<[string, V1Pod]>([
    ['is starting', running('web-1', container('app', waiting('ContainerCreating')))],
    ['runs', running('web-1', container('app', { running: {} }, { terminated: { exitCode: 1 } }))],
    ['is done', running('web-1', container('app', { terminated: { exitCode: 0, reason: 'Completed' } }))],
    ['is being deleted', pod('web-1', noImage('web-1').status!, true)],
    ['has no status', { metadata: { name: 'web-1' } } as V1Pod],
  ])('reads nothing of a pod that %s', (_, given) => {
    expect(podReasons([given])).toEqual([]);
  });

  it('counts what is alike and puts the worst first', () => {
    const noRoom = pod('web-0', { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] });
    const odd = running('web-9', container('app', waiting('SomethingNew')));
    const found = podReasons([odd, noRoom, noImage('web-1'), noImage('web-2')]);
    expect(found.map(({ reason, count }) => [reason, count])).toEqual([
      ['ImagePullBackOff', 2],
      ['Unschedulable', 1],
      ['SomethingNew', 1],
    ]);
  });
});

describe('failureText', () => {
  const site = { name: 'edge', namespace: 'edge' };
  const deployment = { name: 'web-edge', progressDeadlineSeconds: 600 };
  const stuck = { available: 0, wanted: 1, message: '1 of 1 replica updated, 0 available' };
  const prefix = 'Deployment edge/web-edge made no progress for 600 s: ';

  it.each<[string, Parameters<typeof failureText>[2], V1Pod[], string]>([
    ['no pods to ask', stuck, [], '0 of 1 replica available'],
    [
      'a bad image',
      stuck,
      [noImage('web-edge-abc')],
      `0 of 1 replica available; container nginx of web-edge-abc: ImagePullBackOff: ${BACK_OFF}`,
    ],
    [
      'the same in more pods',
      { ...stuck, wanted: 3 },
      [noImage('a'), noImage('b'), noImage('c')],
      `0 of 3 replicas available; container nginx of a: ImagePullBackOff: ${BACK_OFF} (and 2 more)`,
    ],
    ['a quota', { ...stuck, trouble: 'exceeded quota: pods' }, [], '0 of 1 replica available; exceeded quota: pods'],
    [
      'an earlier revision that serves on',
      { available: 1, wanted: 1, message: '0 of 1 replica updated, 1 available, 1 of an earlier revision still there' },
      [],
      '0 of 1 replica updated, 1 available, 1 of an earlier revision still there',
    ],
  ])('names site, object and cause: %s', (_, readiness, pods, expected) => {
    expect(failureText(site, deployment, readiness, pods)).toBe(prefix + expected);
  });
});
