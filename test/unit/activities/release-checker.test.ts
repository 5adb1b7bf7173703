import { describe, expect, it } from '@jest/globals';
import type { ApplicationFailure } from '@temporalio/common';
import { triedFirst } from '../../../activities/dry-run.ts';
import { ReleaseError } from '../../../activities/errors.ts';
import { checked } from '../../../activities/release-checker.ts';
import { KubeConnectionError, KubeError } from '../../../kube/errors.ts';
import { FAILURE } from '../../../model/activities.ts';

const answer = (code: number, message: string) =>
  new KubeError({ request: 'POST deployments.apps edge/web-edge', code, status: { message } });
const check = (error?: Error, signal = new AbortController().signal) =>
  checked('edge', signal, async () => {
    if (error) throw error;
  });

describe('A check of a release', () => {
  it('that finds nothing says so', async () => {
    expect(await check()).toEqual({ checked: true });
  });

  it.each<[string, Error]>([
    ['a cluster that does not answer', new KubeConnectionError('GET deployments.apps', 'connection refused')],
    ['a server that is busy', answer(429, 'later')],
    ['credentials that are renewed', answer(401, 'Unauthorized')],
    ['a kubeconfig that is not there', new Error('There is no kubeconfig of cluster m')],
    ['an admission webhook with side effects', answer(400, 'admission webhook "a.b" does not support dry run')],
  ])('that meets %s knows nothing, and says why', async (_, error) => {
    expect(await check(error)).toEqual({ checked: false, message: expect.stringMatching(/^edge: /) });
  });

  it.each<[string, Error, string]>([
    ['what is invalid', answer(422, 'image: Required value'), FAILURE.invalid],
    ['what is forbidden', answer(403, 'exceeded quota'), FAILURE.forbidden],
    ['what is not ours', new ReleaseError(FAILURE.notOurs, 'is theirs'), FAILURE.notOurs],
  ])('that meets %s fails as the write would', async (_, error, type) => {
    const failure = (await check(error).catch((thrown) => thrown)) as ApplicationFailure;
    expect([failure.type, failure.nonRetryable]).toEqual([type, true]);
  });

  it('that is cancelled says nothing', async () => {
    const signal = AbortSignal.abort(new Error('Cancelled'));
    await expect(check(answer(500, 'x'), signal)).rejects.toThrow('Cancelled');
  });
});

describe('What is tried by a dry run before it is written', () => {
  const tries = (error?: Error) => triedFirst(async () => (error ? Promise.reject(error) : 'tried'), 'untried');

  it('is written all the same where an admission webhook takes no dry runs', async () => {
    expect(await tries()).toBe('tried');
    expect(await tries(answer(400, 'admission webhook "a.b" does not support dry run'))).toBe('untried');
    await expect(tries(answer(422, 'image: Required value'))).rejects.toThrow('Required value');
  });
});
