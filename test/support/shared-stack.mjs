// Files that start stacks of their own come first, and for long: until others come, no shared one is there to cost them time.
import { readFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { ensureShared } from './stack.ts';

const source = readFileSync(expect.getState().testPath, 'utf8');
const hasItsOwn = /\bstartStack\(/.test(source) && !/\bstack\(\)/.test(source);
if (!hasItsOwn) await ensureShared();
