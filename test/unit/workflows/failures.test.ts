import { describe, expect, it } from '@jest/globals';
import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { FAILURE } from '../../../model/activities.ts';
import { implicitSite } from '../../../model/site.ts';
import { asFailure, StageFailed, siteFailureOf } from '../../../workflows/failures.ts';

const EDGE = implicitSite('edge');

/** As Temporal hands an activity's failure to a workflow. */
function failing(cause: Error): ActivityFailure {
  return new ActivityFailure('Activity task failed', 'applyRelease', '1', RetryState.TIMEOUT, 'worker', cause);
}

function stating(type: string, message: string, cause?: Error): ApplicationFailure {
  return ApplicationFailure.create({ type, message, ...(cause && { cause }) });
}

function timingOut(type: TimeoutType, cause?: Error): TimeoutFailure {
  const failure = new TimeoutFailure('activity timed out', undefined, type);
  return cause ? Object.assign(failure, { cause }) : failure;
}

const NO_WORKER =
  "edge: no worker answered for site edge until the stage's deadline; check that one serves the task queue fog-rollouts";

describe('The failure of a site', () => {
  it.each<[string, unknown, { reason: string; message: string }]>([
    [
      'is what the activity stated',
      failing(stating(FAILURE.invalid, 'edge: image is required')),
      { reason: 'Invalid', message: 'edge: image is required' },
    ],
    [
      'is what the activity made of its cause, not the cause',
      failing(stating(FAILURE.forbidden, 'edge: may not create', stating('KubeError', '403'))),
      { reason: 'Forbidden', message: 'edge: may not create' },
    ],
    [
      'says that it was tried until the deadline when it may have passed',
      failing(stating(FAILURE.transient, 'edge: connection refused')),
      { reason: 'Transient', message: "edge: connection refused (tried until the stage's deadline)" },
    ],
    [
      'is the last one stated when the deadline cut off the next try',
      failing(timingOut(TimeoutType.SCHEDULE_TO_CLOSE, stating(FAILURE.transient, 'edge: connection refused'))),
      { reason: 'Transient', message: "edge: connection refused (tried until the stage's deadline)" },
    ],
    [
      'is that no worker answered when none ever did',
      failing(timingOut(TimeoutType.SCHEDULE_TO_CLOSE)),
      { reason: 'Timeout', message: NO_WORKER },
    ],
    [
      'is that nobody serves the queue when no worker took it in time',
      failing(timingOut(TimeoutType.SCHEDULE_TO_START)),
      {
        reason: 'Unserved',
        message: 'edge: no worker of the task queue fog-rollouts took the work for site edge',
      },
    ],
    [
      'has a reason also when the activity gave it no type',
      failing(ApplicationFailure.create({ message: 'edge: odd' })),
      { reason: 'Error', message: 'edge: odd' },
    ],
    [
      'is the message of any other error',
      new Error('edge: taken away'),
      { reason: 'Error', message: 'edge: taken away' },
    ],
    ['is whatever else was thrown', 'odd', { reason: 'Error', message: 'odd' }],
  ])('%s', (_, error, expected) => {
    expect(siteFailureOf(error, EDGE)).toEqual({ site: 'edge', layer: 'edge', ...expected });
  });
});

describe('StageFailed', () => {
  it('carries what to tell people', () => {
    const failure = { site: 'edge', layer: 'edge', reason: 'Invalid', message: 'edge: image is required' } as const;
    const error = new StageFailed(failure);
    expect(error).toMatchObject({ name: 'StageFailed', message: failure.message, failure });
  });
});

describe('What ends a run that nobody foresaw', () => {
  const own = stating('RolloutFailed', 'edge: image is required');
  it.each<[string, unknown, { type: string; message: string }]>([
    ['is the failure itself when it is one', own, { type: 'RolloutFailed', message: 'edge: image is required' }],
    [
      'says what the activity stated',
      failing(stating('Odd', 'hub: not JSON')),
      { type: 'UnexpectedError', message: 'hub: not JSON' },
    ],
    [
      'says what went wrong in our code',
      new TypeError('x is undefined'),
      { type: 'UnexpectedError', message: 'x is undefined' },
    ],
    ['says whatever was thrown', 'odd', { type: 'UnexpectedError', message: 'odd' }],
  ])('%s', (_, error, expected) => {
    expect(asFailure(error)).toMatchObject(expected);
    expect(asFailure(error)).toBeInstanceOf(ApplicationFailure);
  });
});
