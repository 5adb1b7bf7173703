// When a worker of Jest is through with the end-to-end tests, its shared stack only costs the others time.
import { existsSync } from 'node:fs';
import { fileOfShared, STACKS_VARIABLE } from './shared-file.ts';

if (process.env[STACKS_VARIABLE] && existsSync(fileOfShared())) {
  const { endShared } = await import('./stack.ts');
  endShared();
}
