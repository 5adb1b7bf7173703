import { describe, expect, it } from '@jest/globals';
import type { CoreV1Event, V1ContainerStatus, V1Pod, V1PodStatus } from '@kubernetes/client-node';
import { podReasons } from '../../../model/podreasons.ts';

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
    expect(podReasons({ pods: [given], events: [] })).toEqual([{ reason, message, count: 1 }]);
  });

  it.each<[string, V1Pod]>([
    ['is starting', running('web-1', container('app', waiting('ContainerCreating')))],
    ['runs', running('web-1', container('app', { running: {} }, { terminated: { exitCode: 1 } }))],
    ['is done', running('web-1', container('app', { terminated: { exitCode: 0, reason: 'Completed' } }))],
    ['is being deleted', pod('web-1', noImage('web-1').status!, true)],
    ['has no status', { metadata: { name: 'web-1' } } as V1Pod],
  ])('reads nothing of a pod that %s', (_, given) => {
    expect(podReasons({ pods: [given], events: [] })).toEqual([]);
  });

  it('counts what is alike and puts the worst first', () => {
    const noRoom = pod('web-0', { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] });
    const odd = running('web-9', container('app', waiting('SomethingNew')));
    const found = podReasons({ pods: [odd, noRoom, noImage('web-1'), noImage('web-2')], events: [] });
    expect(found.map(({ reason, count }) => [reason, count])).toEqual([
      ['ImagePullBackOff', 2],
      ['Unschedulable', 1],
      ['SomethingNew', 1],
    ]);
  });
});

describe('What only events say', () => {
  const unready = (name: string, more: Partial<V1ContainerStatus> = {}): V1Pod => ({
    metadata: { name, uid: `uid-${name}` },
    spec: { nodeName: 'node-1', containers: [{ name: 'web' }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [{ ...container('web', { running: {} }), ready: false, restartCount: 0, ...more }],
    },
  });
  const pending: V1Pod = {
    metadata: { name: 'web-1', uid: 'uid-web-1' },
    spec: { nodeName: 'node-1', containers: [] },
    status: { phase: 'Pending', containerStatuses: [container('web', waiting('ContainerCreating'))] },
  };
  const event = (reason: string, message: string, more: Record<string, unknown> = {}) =>
    ({
      metadata: { name: 'e', namespace: 'edge' },
      type: 'Warning',
      ...{ reason, message, count: 1, lastTimestamp: '2026-11-22T10:00:00Z' },
      involvedObject: { kind: 'Pod', name: 'web-1', uid: 'uid-web-1', fieldPath: 'spec.containers{web}' },
      ...more,
    }) as unknown as CoreV1Event;
  const whole = { involvedObject: { kind: 'Pod', name: 'web-1', uid: 'uid-web-1' } };
  const READINESS = 'Readiness probe failed: HTTP probe failed with statuscode: 404';
  const told = (pods: V1Pod[], events: CoreV1Event[]) => podReasons({ pods, events }).map(({ message }) => message);

  it.each<[string, V1Pod, CoreV1Event[], string[]]>([
    [
      'a readiness probe that fails',
      unready('web-1'),
      [event('Unhealthy', READINESS, { count: 7 })],
      [`container web of web-1: ${READINESS} (7 times)`],
    ],
    [
      'the newest of the same kind',
      unready('web-1'),
      [
        event('Unhealthy', 'Readiness probe failed: connection refused', { lastTimestamp: '2026-11-22T09:00:00Z' }),
        event('Unhealthy', READINESS),
      ],
      [`container web of web-1: ${READINESS}`],
    ],
    [
      'a volume that cannot be mounted',
      pending,
      [event('FailedMount', 'MountVolume.SetUp failed for volume "c": configmap "c" not found', whole)],
      ['pod web-1: FailedMount: MountVolume.SetUp failed for volume "c": configmap "c" not found'],
    ],
    [
      'no node to be found, in the newer API',
      { metadata: { name: 'web-1', uid: 'uid-web-1' }, status: { phase: 'Pending' } },
      [
        event('FailedScheduling', '0/3 nodes are available', {
          ...whole,
          count: undefined,
          lastTimestamp: null,
          eventTime: '2026-11-22T10:00:00Z',
          series: { count: 3 },
        }),
      ],
      ['pod web-1: FailedScheduling: 0/3 nodes are available (3 times)'],
    ],
  ])('is told: %s', (_, pod, events, expected) => {
    const messages = told([pod], events);
    expect(messages.slice(0, 1)).toEqual(expected);
  });

  it('tells of each probe', () => {
    const found = podReasons({
      pods: [unready('web-1')],
      events: [event('Unhealthy', READINESS), event('Unhealthy', 'Liveness probe failed: x')],
    });
    expect(found.map(({ reason }) => reason)).toEqual(['LivenessProbeFailed', 'ReadinessProbeFailed']);
  });

  const ready: V1Pod = { ...unready('web-1'), status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  it.each<[string, V1Pod[], CoreV1Event[]]>([
    ['about a pod that is ready by now', [ready], [event('Unhealthy', READINESS)]],
    [
      'about an older pod that is gone',
      [ready],
      [event('Unhealthy', READINESS, { involvedObject: { kind: 'Pod', uid: 'uid-old' } })],
    ],
    ['that is no warning', [pending], [event('Pulled', 'pulled', { type: 'Normal' })]],
    [
      'of a volume that was late',
      [{ ...ready, status: { containerStatuses: [container('web', { running: {} })] } }],
      [event('FailedMount', 'x', whole)],
    ],
    ['of no node, before there was one', [pending], [event('FailedScheduling', '0/3 nodes are available', whole)]],
  ])('is nothing: %s', (_, pods, events) => {
    expect(told(pods, events)).toEqual([]);
  });

  it('is not told twice where the status says it', () => {
    const back = event('BackOff', 'Back-off pulling image');
    expect(told([{ ...noImage('web-1'), metadata: { name: 'web-1', uid: 'uid-web-1' } }], [back])).toHaveLength(1);
  });

  it('is not known where events may not be read: then that it runs and is not ready', () => {
    expect(told([unready('web-1')], [])).toEqual(['container web of web-1: running, but not ready']);
  });

  it('is why a ReplicaSet gets no pods', () => {
    const refused = 'Error creating: pods "web-abc-x" is forbidden: exceeded quota: few';
    const of = { involvedObject: { kind: 'ReplicaSet', name: 'web-abc', uid: 'rs-1' } };
    expect(told([], [event('FailedCreate', refused, of)])).toEqual([`ReplicaSet web-abc: ${refused}`]);
  });

  it('tells how often a container that runs at present has restarted, beside what its probe says', () => {
    const back = unready('web-1', { lastState: { terminated: { exitCode: 255 } }, restartCount: 2 });
    expect(told([back], [event('Unhealthy', READINESS)])).toEqual([
      'container web of web-1: restarted 2 times, last exit code 255',
      `container web of web-1: ${READINESS}`,
    ]);
  });

  it('tells memory and limit of what was killed for it, also between two crashes', () => {
    const killed = unready('web-1', {
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      restartCount: 2,
    });
    killed.spec!.containers[0]!.resources = { limits: { memory: '64Mi' } };
    expect(told([killed], [])).toEqual(['container web of web-1: OOMKilled, last exit code 137, memory limit 64Mi']);
  });
});
