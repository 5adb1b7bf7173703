/** What the Dockerfile throws away of the packages, run on names of files alone: there is no Docker where tests run. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { ROOT } from '../../dev/home.ts';

const CORE = 'node_modules/@temporalio/core-bridge';
const OTHERS = [
  'node_modules/a/LICENSE.md',
  'node_modules/a/NOTICE.md',
  'node_modules/a/COPYING.md',
  'node_modules/a/README.md',
  'node_modules/a/index.d.ts',
  'node_modules/a/index.js',
  'node_modules/a/index.js.map',
  'node_modules/@swc/core-linux-x64-gnu/swc.node',
];

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
const isLicence = (path: string) => /\/[^/]*(licen[cs]e|notice)[^/]*$|\/copying[^/]*$/i.test(path);

/** The step of the Dockerfile, but for its last line, which tries the packages themselves. */
function cleanUpIn(app: string): string {
  const steps = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split(/^(?=[A-Z#])/m);
  const [step] = steps.filter((one) => one.startsWith(`RUN cd ${CORE}`));
  const [script, last] = step!.slice('RUN '.length).split(' \\\n    && node -e ');
  expect(last).toContain('require(');
  return script!.replace('cd /app', `cd '${app}'`);
}

describe.each(['x86_64', 'aarch64'])('Of the packages, the image for %s', (machine) => {
  const app = mkdtempSync(join(tmpdir(), 'fog-image-'));
  const before = [...filesIn(join(ROOT, CORE)).map((file) => join(CORE, file)), ...OTHERS];
  let after: string[];
  beforeAll(async () => {
    for (const file of before) {
      mkdirSync(join(app, dirname(file)), { recursive: true });
      writeFileSync(join(app, file), '');
    }
    await execa('sh', ['-ec', `uname() { echo ${machine}; }\n${cleanUpIn(app)}`], { cwd: app });
    after = filesIn(app);
  });
  afterAll(() => rmSync(app, { recursive: true }));

  it('keeps all texts of licences, those of the native core too', () => {
    const texts = before.filter(isLicence);
    expect(texts.filter((file) => file.startsWith(`${CORE}/sdk-core/`)).length).toBeGreaterThan(0);
    expect(texts.filter((file) => !after.includes(file))).toEqual([]);
  });

  it('keeps the core of its own architecture, and what is run', () => {
    expect(after.filter((file) => file.endsWith('.node'))).toEqual([
      `${CORE}/releases/${machine}-unknown-linux-gnu/index.node`,
    ]);
    expect(after).toEqual(expect.arrayContaining([`${CORE}/index.js`, 'node_modules/a/index.js']));
  });

  it('has neither sources of the core nor what only editors and debuggers read', () => {
    expect(after.filter((file) => /\.(rs|proto|toml|map|d\.ts)$|README/.test(file))).toEqual([]);
  });
});
