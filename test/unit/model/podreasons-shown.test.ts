import { describe, expect, it } from '@jest/globals';
import type { CoreV1Event, V1ContainerStatus, V1Pod, V1PodCondition, V1PodStatus } from '@kubernetes/client-node';
import { podReasons } from '../../../model/podreasons.ts';

const AT = '2026-11-22T10:00:00Z';
const RUNNING = { running: {} };
const CREATING = { waiting: { reason: 'ContainerCreating' } };
const DONE = { terminated: { exitCode: 0 } };
const pod = (status: V1PodStatus, more: Partial<V1Pod> = {}): V1Pod => ({
  metadata: { name: 'web-1', uid: 'uid-1' },
  status,
  ...more,
});
const container = (state: object, more: object = {}) =>
  ({ name: 'web', ready: false, restartCount: 0, state, ...more }) as unknown as V1ContainerStatus;
const condition = (type: string, status: string, reason?: string, message?: string) =>
  ({ type, status, reason, message }) as V1PodCondition;
const POD = { kind: 'Pod', name: 'web-1', uid: 'uid-1' };
const event = (reason: string, message: string, involvedObject: object = POD) =>
  ({ type: 'Warning', reason, message, lastTimestamp: AT, metadata: {}, involvedObject }) as unknown as CoreV1Event;
const told = (pods: V1Pod[], events: CoreV1Event[] = []) => podReasons({ pods, events }).map(({ message }) => message);

describe('Of a pod’s conditions', () => {
  it.each<[string, V1PodCondition, string[]]>([
    [
      'a readiness gate that nobody has opened is told',
      condition('Ready', 'False', 'ReadinessGatesNotReady', 'the status of pod readiness gate "lb" is not "True"'),
      ['pod web-1: ReadinessGatesNotReady: the status of pod readiness gate "lb" is not "True"'],
    ],
    [
      'why it has no node is told',
      condition('PodScheduled', 'False', 'SchedulingGated'),
      ['pod web-1: SchedulingGated'],
    ],
    ['that it has one is not', condition('PodScheduled', 'True', 'Scheduled'), []],
    ['what nobody knows is not', condition('PodScheduled', 'Unknown', 'NodeLost'), []],
    ['nor is what has no reason', condition('PodScheduled', 'False'), []],
    ['that its containers are not ready is not: they say why', condition('Ready', 'False', 'ContainersNotReady'), []],
    ['nor is the same in other words', condition('ContainersReady', 'False', 'ContainersNotReady'), []],
    ['nor is a condition of somebody else', condition('example.com/Warm', 'False', 'ReadinessGatesNotReady'), []],
  ])('%s', (_, given, expected) => {
    expect(told([pod({ conditions: [given] })])).toEqual(expected);
  });
});

describe('A container that has restarted', () => {
  const ended = { lastState: { terminated: { exitCode: 3 } } };

  it.each<[string, V1ContainerStatus, string]>([
    ['once is told as that', container(RUNNING, { ...ended, restartCount: 1 }), 'restarted 1 time, last exit code 3'],
    [
      'more often is told how often',
      container(RUNNING, { ...ended, restartCount: 2 }),
      'restarted 2 times, last exit code 3',
    ],
    [
      'of which nobody knows how it ended is not ready',
      container(RUNNING, { restartCount: 2 }),
      'running, but not ready',
    ],
    ['before its count is not ready', container(RUNNING, { ...ended, restartCount: 0 }), 'running, but not ready'],
  ])('%s', (_, given, expected) => {
    expect(told([pod({ containerStatuses: [given] })])).toEqual([`container web of web-1: ${expected}`]);
  });

  it.each<[string, V1ContainerStatus]>([
    ['and is ready since', container(RUNNING, { ...ended, ready: true, restartCount: 2 })],
    ['and is on its way', container(CREATING, { ...ended, restartCount: 2 })],
    ['and has done its work', container(DONE, { restartCount: 2 })],
  ])('%s gives no reason', (_, given) => {
    expect(told([pod({ containerStatuses: [given] })])).toEqual([]);
  });

  it('for want of memory is told with its own limit, not with that of the container beside it', () => {
    const killed = container(RUNNING, {
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
      restartCount: 1,
    });
    const limited = (name: string, memory?: string) => ({ name, resources: memory ? { limits: { memory } } : {} });
    const limits = (...containers: ReturnType<typeof limited>[]) =>
      told([pod({ containerStatuses: [killed] }, { spec: { containers } })]);
    const text = 'container web of web-1: OOMKilled, last exit code 137';
    expect(limits(limited('proxy', '16Mi'), limited('web', '64Mi'))).toEqual([`${text}, memory limit 64Mi`]);
    expect(limits(limited('proxy', '16Mi'), limited('web'))).toEqual([text]);
  });
});

describe('Of an object’s events', () => {
  const waiting = pod({ containerStatuses: [container(CREATING)] });
  const at = (fieldPath: string) => ({ ...POD, fieldPath });

  it.each<[string, CoreV1Event, string[]]>([
    ['is one of another pod of that name not told', event('FailedMount', 'x', { ...POD, uid: 'uid-old' }), []],
    [
      'an init container is named as one',
      event('Unhealthy', 'Startup probe failed: x', at('spec.initContainers{db}')),
      ['init container db of web-1: Startup probe failed: x'],
    ],
    [
      'a container is named',
      event('Unhealthy', 'Startup probe failed: x', at('spec.containers{db}')),
      ['container db of web-1: Startup probe failed: x'],
    ],
    ['any other part of the pod is the pod', event('Odd', 'x', at('spec.volumes{db}')), ['pod web-1: Odd: x']],
    ['words are told without what is around them', event('Odd', ' no luck\n'), ['pod web-1: Odd: no luck']],
    ['one without words is its reason', event('Odd', ' '), ['pod web-1: Odd: Odd']],
  ])('%s', (_, given, expected) => {
    expect(told([waiting], [given])).toEqual(expected);
  });

  it('only a probe that failed is told as that', () => {
    const reasonOf = (one: CoreV1Event) => podReasons({ pods: [waiting], events: [one] })[0]?.reason;
    expect(reasonOf(event('Unhealthy', 'Liveness probe failed: x'))).toBe('LivenessProbeFailed');
    expect(reasonOf(event('ProbeWarning', 'Liveness probe warning: x'))).toBe('ProbeWarning');
    expect(reasonOf(event('Unhealthy', 'The Liveness probe is odd'))).toBe('Unhealthy');
  });

  it.each<[string, V1PodStatus, boolean]>([
    ['before any container began', { containerStatuses: [container(CREATING)] }, true],
    ['not once an init container did', { initContainerStatuses: [container(RUNNING, { ready: true })] }, false],
    [
      'not once the init containers are done',
      { initContainerStatuses: [container(DONE)], containerStatuses: [container(CREATING)] },
      false,
    ],
    [
      'not once one of two containers runs',
      { containerStatuses: [container(CREATING), container(RUNNING, { ready: true })] },
      false,
    ],
    [
      'not once one has run before',
      { containerStatuses: [container(CREATING, { lastState: { terminated: { exitCode: 0 } } })] },
      false,
    ],
  ])('what keeps a pod from starting is told %s', (_, status, isTold) => {
    expect(told([pod(status)], [event('FailedMount', 'no such volume')])).toEqual(
      isTold ? ['pod web-1: FailedMount: no such volume'] : [],
    );
  });

  it.each<[string, V1PodCondition[], boolean]>([
    ['is ready, whatever else it is not', [condition('x/Warm', 'False'), condition('Ready', 'True')], false],
    ['is not ready, whatever else it is', [condition('PodScheduled', 'True'), condition('Ready', 'False')], true],
    ['has no conditions yet', [], true],
  ])('a warning is told or not of a pod that %s', (_, conditions, isTold) => {
    expect(told([pod({ conditions })], [event('Odd', 'x')])).toHaveLength(isTold ? 1 : 0);
  });

  it('a ReplicaSet that was refused a pod is told, and nothing else of it, nor of others', () => {
    const of = (kind: string) => ({ kind, name: 'web-abc', uid: 'rs-1' });
    const events = [
      event('FailedCreate', 'over quota', of('ReplicaSet')),
      event('FailedDelete', 'forbidden', of('ReplicaSet')),
      event('FailedCreate', 'no such thing', of('Job')),
    ];
    expect(told([], events.slice(0, 1))).toEqual(['ReplicaSet web-abc: over quota']);
    expect(told([], events.slice(1))).toEqual([]);
  });
});

describe('Of more reasons than one', () => {
  const waits = (reason: string) => pod({ containerStatuses: [container({ waiting: { reason } })] });

  it('the one that more pods have is first, where none is worse', () => {
    const found = podReasons({ pods: [waits('Odd'), waits('Strange'), waits('Strange')], events: [] });
    expect(found.map(({ reason, count }) => [reason, count])).toEqual([
      ['Strange', 2],
      ['Odd', 1],
    ]);
  });

  it('that a pod is not ready is last, however many are', () => {
    const unready = pod({ containerStatuses: [container(RUNNING)] });
    const found = podReasons({ pods: [unready, unready, waits('Odd'), waits('ErrImagePull')], events: [] });
    expect(found.map(({ reason }) => reason)).toEqual(['ErrImagePull', 'Odd', 'NotReady']);
  });
});
