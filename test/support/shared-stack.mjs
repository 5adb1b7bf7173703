// The files of test/e2e share a stack, which is started when the first of them comes.
import { ensureShared } from './stack.ts';

await ensureShared();
