import { describe, expect, it } from '@jest/globals';
import type { ApplicationFailure } from '@temporalio/common';
import { ReleaseError, toFailure, toRetried } from '../../../activities/errors.ts';
import { KubeConnectionError, KubeError, type Status } from '../../../kube/errors.ts';
import { FAILURE } from '../../../model/activities.ts';
import { InvalidReleaseError } from '../../../model/release.ts';

const answer = (code: number, status: Status = {}) =>
  new KubeError({ request: 'POST deployments.apps edge/web-edge', code, status: { message: 'no', ...status } });

const terminating = answer(403, { reason: 'Forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } });
const notServed = new KubeError({ request: 'POST deployments.apps edge', code: 404, text: '404 page not found' });
const webhook = 'admission webhook "images.test" denied the request: not from our registry';
const policy = `deployments.apps "x" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`;

describe('A failure at a site', () => {
  it.each<[string, Error, string, boolean]>([
    ['no connection', new KubeConnectionError('GET pods', 'connection refused'), FAILURE.transient, false],
    ['a conflict', answer(409, { reason: 'Conflict' }), FAILURE.transient, false],
    ['too many requests', answer(429), FAILURE.transient, false],
    ['an error of the server', answer(500), FAILURE.transient, false],
    ['an API server that is not ready', answer(503), FAILURE.transient, false],
    ['credentials that are not known', answer(401, { reason: 'Unauthorized' }), FAILURE.transient, false],
    ['a server that does not know Deployments', notServed, FAILURE.transient, false],
    ['a namespace that is going away', terminating, FAILURE.transient, false],
    ['an invalid object', answer(422, { reason: 'Invalid' }), FAILURE.invalid, true],
    ['an object that cannot be decoded', answer(400, { reason: 'BadRequest' }), FAILURE.invalid, true],
    ['no right', answer(403, { reason: 'Forbidden' }), FAILURE.forbidden, true],
    ['a webhook', answer(400, { message: webhook }), FAILURE.forbidden, true],
    ['a policy', answer(422, { reason: 'Invalid', message: policy }), FAILURE.forbidden, true],
    ['a release of someone else', new ReleaseError(FAILURE.notOurs, 'is theirs'), FAILURE.notOurs, true],
    ['a release that cannot be rendered', new InvalidReleaseError('port twice'), FAILURE.invalid, true],
    ['what nobody foresaw', new Error('odd'), FAILURE.transient, false],
  ])('by %s is decided once', (_, error, type, isFinal) => {
    const failure = toFailure(error, 'edge') as ApplicationFailure;
    expect([failure.type, Boolean(failure.nonRetryable)]).toEqual([type, isFinal]);
    expect(failure.message).toMatch(/^edge: /);
  });

  it('waits as long as the API server asks', () => {
    const failure = toFailure(answer(429, { details: { retryAfterSeconds: 7 } }), 'edge') as ApplicationFailure;
    expect(failure.nextRetryDelay).toBe(7_000);
  });

  it('is decided by the first who judges it', () => {
    const failure = toFailure(answer(403), 'edge');
    expect(toFailure(failure, 'hub')).toBe(failure);
  });
});

describe('A failure of the hub', () => {
  it('is tried again, whatever it is', () => {
    const failure = toRetried(answer(403, { reason: 'Forbidden' }), 'hub') as ApplicationFailure;
    expect([failure.type, Boolean(failure.nonRetryable)]).toEqual([FAILURE.transient, false]);
    expect(failure.message).toMatch(/^hub: /);
  });
});
