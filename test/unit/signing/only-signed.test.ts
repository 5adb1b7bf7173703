import { describe, expect, it } from '@jest/globals';
import { Context } from '@temporalio/activity';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
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
    const worker = new MockActivityEnvironment({ heartbeatDetails: marked(told) }, options);
    expect(await worker.run(work, { site: 'boat' })).toEqual({ args: [{ site: 'boat' }], resumed: told });
  });

  it('refuses it for good where any part is not, and names what was asked for', async () => {
    const worker = new MockActivityEnvironment({ activityType: 'applyRelease' }, options);
    await expect(worker.run(work, {}, marked({ site: 'boat' }))).rejects.toMatchObject({
      type: 'NotSigned',
      nonRetryable: true,
      message: expect.stringContaining('refuses this applyRelease: it is not signed'),
    });
  });
});
