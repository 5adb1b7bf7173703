/** Where it is written down which stack a worker of Jest shares among its files. It loads nothing: each file of tests asks. */
import { join } from 'node:path';

/** Names the folder that says where the shared stacks are: a file for each worker of Jest that has begun to use one. */
export const STACKS_VARIABLE = 'FOG_ROLLOUTS_TEST_STACKS';

/** @throws Error when the global setup did not run */
export function sharedFolder(): string {
  const folder = process.env[STACKS_VARIABLE];
  if (!folder) throw new Error(`${STACKS_VARIABLE} is not set: run the test with "make test" or "npm run test:e2e"`);
  return folder;
}

/** Of this worker. @throws as {@link sharedFolder} */
export function fileOfShared(): string {
  return join(sharedFolder(), `stack-${process.env.JEST_WORKER_ID}.json`);
}
