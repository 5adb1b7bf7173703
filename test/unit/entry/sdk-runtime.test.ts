import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, expect, it } from '@jest/globals';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { SdkRuntime } from '../../../entry/sdk-runtime.ts';

/** Nobody listens there. */
const NOWHERE = '127.0.0.1:1';
const runtime = new SdkRuntime(pino({ level: 'silent' }));
afterAll(() => Runtime.instance().shutdown());

const answers = async (page: string | undefined) => (await fetch(page!)).status;

it("The SDK's metrics move to another port when theirs was taken while the SDK had let go of it, and keep nobody from Temporal", async () => {
  await runtime.install();
  const first = runtime.page;
  expect(await answers(first)).toBe(200);
  await runtime.install(); // it is there
  expect(runtime.page).toBe(first);

  // Nothing else uses the runtime, so the SDK drops it.
  await expect(NativeConnection.connect({ address: NOWHERE })).rejects.toThrow(/tcp connect error/);
  const thief = createServer();
  for (const port = Number(new URL(first!).port); !thief.listening; ) {
    thief.listen(port, '127.0.0.1');
    await Promise.race([once(thief, 'listening'), once(thief, 'error').catch(() => undefined)]);
  }
  try {
    await runtime.install();
    expect(runtime.page).not.toBe(first);
    expect(await answers(runtime.page)).toBe(200);
    await expect(NativeConnection.connect({ address: NOWHERE })).rejects.toThrow(/tcp connect error/);
  } finally {
    thief.close();
  }
});
