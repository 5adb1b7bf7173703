import { describe, expect, it } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { failureText, heldText } from '../../../model/failure-text.ts';

const BACK_OFF = 'Back-off pulling image "nginx:nope"';
const noImage = (name: string) =>
  ({
    metadata: { name },
    status: {
      containerStatuses: [{ name: 'nginx', state: { waiting: { reason: 'ImagePullBackOff', message: BACK_OFF } } }],
    },
  }) as unknown as V1Pod;

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
    expect(failureText(site, deployment, readiness, { pods, events: [] })).toBe(prefix + expected);
  });
});

describe('A release that somebody holds', () => {
  const site = { namespace: 'fog' };
  const deployment = { name: 'web-fog', progressDeadlineSeconds: 5 };
  const counts = { available: 0, wanted: 1, message: '' };
  const paused = {
    ...counts,
    reason: 'DeploymentPaused',
    held: 'is paused, by kubectl-rollout since 2026-11-22T10:00:00Z',
  };
  const leaving = { ...counts, reason: 'Terminating', held: 'is being deleted, held by the finalizer a.b/c' };

  it('by a pause is told with the way out', () => {
    const told =
      'Deployment fog/web-fog is paused, by kubectl-rollout since 2026-11-22T10:00:00Z; to go on: kubectl rollout resume deployment/web-fog -n fog';
    expect(heldText(site, 'web-fog', paused)).toBe(told);
    expect(failureText(site, deployment, paused, { pods: [noImage('old')], events: [] })).toBe(
      `${told}; so it was for 5 s`,
    );
  });

  it('by a finalizer is told with its name', () => {
    const told = 'Deployment fog/web-fog is being deleted, held by the finalizer a.b/c';
    expect(heldText(site, 'web-fog', leaving)).toBe(told);
    expect(failureText(site, deployment, leaving, { pods: [], events: [] })).toBe(`${told}; so it was for 5 s`);
  });

  it('by nobody is not', () => {
    expect(heldText(site, 'web-fog', { ...counts, reason: 'NotObserved' })).toBeUndefined();
  });
});

it('What the Deployment says of a quota is not said again by its ReplicaSet', () => {
  const readiness = { available: 0, wanted: 1, message: '', trouble: 'exceeded quota: few' };
  const involvedObject = { kind: 'ReplicaSet', name: 'web-fog-1' };
  const event = { reason: 'FailedCreate', message: 'Error creating: exceeded quota: few', involvedObject };
  const evidence = { pods: [], events: [event as never] };
  const deployment = { name: 'web-fog', progressDeadlineSeconds: 5 };
  expect(failureText({ namespace: 'fog' }, deployment, readiness, evidence)).toBe(
    'Deployment fog/web-fog made no progress for 5 s: 0 of 1 replica available; exceeded quota: few',
  );
});

describe('Of the causes of a release that made no progress', () => {
  const counts = { available: 0, wanted: 1, message: '' };
  const waits = (name: string, reason: string, message?: string) =>
    ({
      metadata: { name },
      status: { containerStatuses: [{ name: 'app', state: { waiting: { reason, message } } }] },
    }) as unknown as V1Pod;
  const told = (pods: V1Pod[], events: object[] = [], trouble?: string) =>
    failureText(
      { namespace: 'fog' },
      { name: 'web-fog', progressDeadlineSeconds: 5 },
      { ...counts, ...(trouble && { trouble }) },
      { pods, events: events as never },
    ).replace('Deployment fog/web-fog made no progress for 5 s: 0 of 1 replica available; ', '');
  const refused = {
    ...{ reason: 'FailedCreate', message: 'no quota.' },
    involvedObject: { kind: 'ReplicaSet', name: 'web-fog-1' },
  };

  it('three are told, the worst ones', () => {
    const pods = ['FailedMount', 'Odd', 'ErrImagePull', 'InvalidImageName'].map((reason) => waits('a', reason));
    expect(told(pods)).toBe(
      'container app of a: InvalidImageName; container app of a: ErrImagePull; container app of a: FailedMount',
    );
  });

  it('the pods’ are told beside what the Deployment says itself', () => {
    expect(told([waits('a', 'ErrImagePull')], [refused], 'no quota')).toBe(
      'no quota; container app of a: ErrImagePull',
    );
  });

  it('the ReplicaSet’s is told where the Deployment says nothing yet, without a full stop', () => {
    expect(told([], [refused])).toBe('ReplicaSet web-fog-1: no quota');
  });

  it('the words stay as they are but for the full stop at their end', () => {
    expect(told([waits('a', 'ErrImagePull', 'nginx:1.27 of a.example is gone. So it is.')])).toBe(
      'container app of a: ErrImagePull: nginx:1.27 of a.example is gone. So it is',
    );
  });
});

it('A text is bounded, however long the words are that it is made of', () => {
  const endless = 'x'.repeat(10_000);
  const readiness = { available: 0, wanted: 1, message: endless, trouble: endless };
  const text = failureText({ namespace: 'fog' }, { name: 'web-fog', progressDeadlineSeconds: 5 }, readiness, {
    pods: [noImage('a')],
    events: [],
  });
  expect(text.length).toBeLessThan(1_500);
});
