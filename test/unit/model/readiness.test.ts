import { describe, expect, it } from '@jest/globals';
import type { V1Deployment } from '@kubernetes/client-node';
import { lastWrite, type Readiness, readiness, withService } from '../../../model/readiness.ts';
import { leavingText } from '../../../model/terminating.ts';

interface Given {
  uid?: string;
  generation?: number;
  observed?: number;
  replicas?: number;
  /** status: replicas, updated, ready, available */
  counts?: [number, number, number, number];
  progressing?: { reason: string; at: string };
  failure?: string;
  writtenAt?: string;
  paused?: { by?: string };
  deleted?: { finalizers?: string[] };
}

/** As JSON has it: times are strings there, whatever client-node's types say. */
function deployment(given: Given): V1Deployment {
  const {
    uid = 'd1',
    generation = 2,
    observed = generation,
    replicas,
    counts = [0, 0, 0, 0],
    progressing,
    failure,
  } = given;
  const conditions = [
    progressing && { type: 'Progressing', status: 'False', reason: progressing.reason, lastUpdateTime: progressing.at },
    failure && { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: failure },
  ];
  return {
    metadata: {
      uid,
      generation,
      managedFields: [
        ...(given.writtenAt ? [{ manager: 'fog-rollouts', operation: 'Apply', time: given.writtenAt }] : []),
        ...(given.paused?.by
          ? [{ manager: given.paused.by, time: '2026-11-22T10:00:00Z', fieldsV1: { 'f:spec': { 'f:paused': {} } } }]
          : []),
      ],
      ...(given.deleted && { deletionTimestamp: '2026-11-22T10:00:00Z', ...given.deleted }),
    },
    spec: {
      ...(replicas !== undefined && { replicas }),
      progressDeadlineSeconds: 60,
      ...(given.paused && { paused: true }),
    },
    status: {
      observedGeneration: observed,
      replicas: counts[0],
      updatedReplicas: counts[1],
      readyReplicas: counts[2],
      availableReplicas: counts[3],
      conditions: conditions.filter(Boolean),
    },
  } as unknown as V1Deployment;
}

const of = (given: Given, now?: string) => readiness(deployment(given), { uid: 'd1', generation: 2 } as never, now);
const exceeded = (at: string) => ({ reason: 'ProgressDeadlineExceeded', at });

describe('readiness', () => {
  it.each<[string, Given, Readiness['state'], string]>([
    ['all there', { replicas: 3, counts: [3, 3, 3, 3] }, 'ready', '3 of 3 replicas updated, 3 available'],
    ['one, not said how many', { counts: [1, 1, 1, 1] }, 'ready', '1 of 1 replica updated, 1 available'],
    ['none wanted', { replicas: 0 }, 'ready', '0 of 0 replicas updated, 0 available'],
    [
      'a later generation than ours',
      { generation: 7, counts: [1, 1, 1, 1] },
      'ready',
      '1 of 1 replica updated, 1 available',
    ],
    ['half updated', { replicas: 3, counts: [2, 2, 1, 1] }, 'progressing', '2 of 3 replicas updated, 1 available'],
    [
      'an old replica left',
      { replicas: 3, counts: [4, 3, 4, 4] },
      'progressing',
      '3 of 3 replicas updated, 4 available, 1 of an earlier revision still there',
    ],
    [
      'more than wanted',
      { replicas: 1, counts: [2, 2, 2, 2] },
      'progressing',
      '1 of 1 replica updated, 2 available, 1 too many',
    ],
    ['ready but not available yet', { counts: [1, 1, 1, 0] }, 'progressing', '1 of 1 replica updated, 0 available'],
    [
      'the change not seen by the controller',
      { generation: 2, observed: 1, counts: [1, 1, 1, 1] },
      'progressing',
      'waiting for the Deployment controller to see the change',
    ],
    [
      'a cache that is behind our write',
      { generation: 1, counts: [1, 1, 1, 1] },
      'progressing',
      'waiting for the Deployment controller to see the change',
    ],
    [
      'replicas that cannot be created',
      { replicas: 1, failure: 'exceeded quota: pods=0' },
      'progressing',
      '0 of 1 replica updated, 0 available; exceeded quota: pods=0',
    ],
    [
      'no progress',
      { counts: [1, 1, 0, 0], progressing: exceeded('2026-11-22T10:02:00Z'), writtenAt: '2026-11-22T10:01:00Z' },
      'failed',
      '1 of 1 replica updated, 0 available',
    ],
    [
      'no progress, for a reason',
      { failure: 'exceeded quota', progressing: exceeded('2026-11-22T10:02:00Z') },
      'failed',
      '0 of 1 replica updated, 0 available; exceeded quota',
    ],
    [
      'no progress in the generation before',
      { observed: 1, counts: [1, 1, 0, 0], progressing: exceeded('2026-11-22T10:02:00Z') },
      'progressing',
      'waiting for the Deployment controller to see the change',
    ],
    [
      'all there though it once made no progress',
      { counts: [1, 1, 1, 1], progressing: exceeded('2026-11-22T10:02:00Z') },
      'ready',
      '1 of 1 replica updated, 1 available',
    ],
  ])('of %s', (_, given, state, message) => {
    expect(of(given)).toMatchObject({ state, message });
  });

  // Seen on a real control plane: going back to a ReplicaSet that exists leaves the condition, at the new generation.
  it.each<[string, string | undefined, Readiness['state']]>([
    ['is not believed', undefined, 'progressing'],
    ['is not believed before our own deadline', '2026-11-22T10:03:59Z', 'progressing'],
    ['is believed after it', '2026-11-22T10:04:00Z', 'failed'],
  ])('a deadline exceeded before our write %s', (_, now, state) => {
    const given = {
      counts: [2, 1, 1, 1],
      progressing: exceeded('2026-11-22T10:02:00Z'),
      writtenAt: '2026-11-22T10:03:00Z',
    };
    expect(of(given as Given, now).state).toBe(state);
  });

  // Of a retry: what is there is what is to be there, and the object's last write is that of the try before.
  it.each<[string, string, Readiness['state']]>([
    ['before it', '2026-11-22T10:02:01Z', 'failed'],
    ['after it, which has its time', '2026-11-22T10:05:00.500Z', 'progressing'],
    ['after it, whose time is up', '2026-11-22T10:04:59.500Z', 'failed'],
    ['after it, by a clock that is behind', '2026-11-22T10:00:00Z', 'failed'],
  ])('a deadline exceeded before it was given again, %s', (_, at, state) => {
    const live = deployment({
      counts: [1, 1, 0, 0],
      progressing: exceeded('2026-11-22T10:02:00Z'),
      writtenAt: '2026-11-22T10:01:00Z',
    });
    const given = { uid: 'd1', generation: 2, template: '', at };
    expect(readiness(live, given, '2026-11-22T10:06:00Z').state).toBe(state);
  });

  it.each<[string, V1Deployment | undefined, string]>([
    ['gone', undefined, 'the Deployment is gone'],
    ['another of its name', deployment({ uid: 'd2' }), 'the Deployment was replaced by another of its name'],
  ])('is lost when the Deployment is %s', (_, live, message) => {
    expect(readiness(live, { uid: 'd1', generation: 2 } as never)).toMatchObject({ state: 'lost', message });
  });

  it('gives the figures and the reason of a failure', () => {
    const progressing = exceeded('2026-11-22T10:02:00Z');
    expect(of({ replicas: 3, counts: [3, 2, 1, 1], progressing, failure: 'denied' })).toMatchObject({
      reason: 'ProgressDeadlineExceeded',
      trouble: 'denied',
      updated: 2,
      available: 1,
      wanted: 3,
    });
  });

  it.each<[string, Given, Partial<Readiness>]>([
    [
      'being deleted, though all its pods are there',
      { counts: [1, 1, 1, 1], deleted: {} },
      {
        reason: 'Terminating',
        held: 'is being deleted',
        message: 'the Deployment is being deleted; 1 of 1 replica updated, 1 available',
      },
    ],
    [
      'held by a finalizer',
      { counts: [1, 1, 1, 1], deleted: { finalizers: ['a.b/c'] } },
      { reason: 'Terminating', held: 'is being deleted, held by the finalizer a.b/c' },
    ],
    [
      'held by two, past its deadline',
      { deleted: { finalizers: ['a', 'b'] }, progressing: exceeded('2026-11-22T10:02:00Z') },
      { reason: 'Terminating', held: 'is being deleted, held by the finalizers a, b' },
    ],
    [
      'paused',
      { paused: { by: 'kubectl-rollout' }, counts: [1, 0, 1, 1] },
      { reason: 'DeploymentPaused', held: 'is paused, by kubectl-rollout since 2026-11-22T10:00:00Z' },
    ],
    ['paused by nobody knows whom', { paused: {} }, { reason: 'DeploymentPaused', held: 'is paused' }],
  ])('is on its way, and told why, when it is %s', (_, given, expected) => {
    expect(of(given)).toMatchObject({ state: 'progressing', ...expected });
  });

  it('does not mind a pause of what is all there', () => {
    expect(of({ paused: { by: 'kubectl-rollout' }, counts: [1, 1, 1, 1] }).state).toBe('ready');
  });
});

it.each<[string, [number, number, number, number]]>([
  ['one is not available yet', [2, 2, 2, 1]],
  ['one is available that is not ready now', [2, 2, 1, 2]],
  ['one of the revision before is still there', [3, 2, 2, 2]],
])('A Deployment is not ready while %s', (_, counts) => {
  expect(of({ replicas: 2, counts }).state).toBe('progressing');
});

describe('Of what others write to a Deployment', () => {
  const fields = (...managedFields: object[]) => ({ metadata: { managedFields } }) as V1Deployment;
  const ours = { manager: 'fog-rollouts', time: '2026-11-22T10:01:00Z' };

  it.each<[string, object]>([
    ['an autoscaler', { manager: 'kube-controller-manager', time: '2026-11-22T10:09:00Z' }],
    ['our own word on its status', { ...ours, time: '2026-11-22T10:09:00Z', subresource: 'status' }],
  ])('%s is not the last write of ours', (_, other) => {
    expect(lastWrite(fields(other, ours))).toBe(Date.parse(ours.time));
    expect(lastWrite(fields(other))).toBeUndefined();
  });

  it('only who paused it is named for that', () => {
    const live = deployment({ paused: { by: 'kubectl-rollout' }, counts: [1, 0, 1, 1] });
    const spec = { 'f:spec': { 'f:replicas': {} } };
    live.metadata!.managedFields!.unshift(
      { manager: 'autoscaler', fieldsV1: spec },
      { manager: 'no-spec', fieldsV1: { 'f:metadata': {} } },
      { manager: 'by-status', subresource: 'status', fieldsV1: { 'f:spec': { 'f:paused': {} } } },
    );
    expect(readiness(live, { uid: 'd1', generation: 2 } as never).held).toMatch(/^is paused, by kubectl-rollout since/);
  });
});

it('Any object that is being deleted says so', () => {
  expect(leavingText({ metadata: { deletionTimestamp: '2026-11-22T10:00:00Z', finalizers: ['x'] } })).toBe(
    'is being deleted, held by the finalizer x',
  );
  expect(leavingText({ metadata: {} })).toBeUndefined();
  expect(leavingText({})).toBeUndefined();
});

it('A release is not ready while its Service is being deleted', () => {
  const ready = of({ counts: [1, 1, 1, 1] });
  const leaving = { metadata: { deletionTimestamp: '2026-11-22T10:00:00Z', finalizers: ['x'] } };
  expect(withService(ready, undefined)).toBe(ready);
  expect(withService(ready, { metadata: {} })).toBe(ready);
  expect(withService(ready, leaving)).toMatchObject({
    state: 'progressing',
    reason: 'Terminating',
    message: 'the Service is being deleted, held by the finalizer x',
  });
});

it('A ReplicaSet that cannot be created is told', () => {
  const refused = deployment({ counts: [1, 0, 1, 1] });
  Object.assign(refused.status!, {
    conditions: [{ type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message: 'exceeded quota' }],
  });
  expect(readiness(refused, { uid: 'd1', generation: 2 } as never)).toMatchObject({
    state: 'progressing',
    trouble: 'exceeded quota',
  });
});
