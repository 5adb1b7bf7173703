import { describe, expect, it } from '@jest/globals';
import { Context } from '@temporalio/activity';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { madeFor } from '../../../model/signed.ts';
import { onlySigned } from '../../../signing/only-signed.ts';
import { unsigned } from '../../../signing/unsigned.ts';

const marked = (value: unknown) =>
  defaultPayloadConverter.fromPayload<object>(
    unsigned(defaultPayloadConverter.toPayload(value) as Payload, 'it is not signed'),
  );
const options = { interceptors: [onlySigned], logger: new DefaultLogger('ERROR') };
const work = async (...args: unknown[]) => ({ args, resumed: Context.current().info.heartbeatDetails });

describe('A worker that does only what is signed', () => {
  it('does it, and goes on from what an attempt before has told, which nobody signs', async () => {
    const told = { message: '1 of 2 pods are ready' };
    const worker = new MockActivityEnvironment({ activityType: 'awaitReady', heartbeatDetails: marked(told) }, options);
    const args = madeFor('awaitReady', [{ site: 'boat' }]);
    expect(await worker.run(work, ...args)).toEqual({ args: [{ site: 'boat' }], resumed: told });
  });

  it.each([
    ['for another activity', madeFor('checkRelease', [{ site: 'boat' }]), 'it was made for checkRelease'],
    ['as an answer, for none', [{ site: 'boat' }], 'it does not say what it was made for'],
  ])('refuses what was signed %s', async (_, args, why) => {
    const worker = new MockActivityEnvironment({ activityType: 'applyRelease' }, options);
    await expect(worker.run(work, ...args)).rejects.toMatchObject({
      type: 'NotSigned',
      nonRetryable: true,
      message: expect.stringContaining(`refuses this applyRelease: ${why}`),
    });
  });

  it('refuses it for good where any part is not, and names what was asked for', async () => {
    const worker = new MockActivityEnvironment({ activityType: 'applyRelease' }, options);
    const args = [...madeFor('applyRelease', [{}]), marked({ site: 'boat' })];
    await expect(worker.run(work, ...args)).rejects.toMatchObject({
      type: 'NotSigned',
      nonRetryable: true,
      message: expect.stringContaining('refuses this applyRelease: it is not signed'),
    });
  });
});
