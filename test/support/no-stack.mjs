// When a worker of Jest is through with the end-to-end tests, its shared stack only costs the others time.
import { existsSync } from 'node:fs';

const { FOG_ROLLOUTS_TEST_STACKS: folder, JEST_WORKER_ID: worker } = process.env;
if (folder && existsSync(`${folder}/stack-${worker}.json`)) {
  const { endShared } = await import('./stack.ts');
  endShared();
}
