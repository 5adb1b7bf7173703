import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ROOT } from '../../../dev/home.ts';
import { NODE_FLAGS } from '../../../dev/node-flags.ts';

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

it('The image and npm start run Node as the development stack does, and the tests', () => {
  const entrypoint = /^ENTRYPOINT (.*)$/m.exec(read('Dockerfile'))?.[1];
  expect(JSON.parse(entrypoint!)).toEqual(['node', ...NODE_FLAGS, '/app/entry/fog-rollouts.ts']);
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  expect(scripts.start).toBe(`node ${NODE_FLAGS.join(' ')} entry/fog-rollouts.ts all`);
});
