import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../../dev/home.ts';

/** As npm on a Node that is too old for what it installs: warnings first, unless only errors are asked for. */
const NPM = `#!/bin/sh
case " $* " in *' --loglevel=error '*) ;; *) echo 'npm warn EBADENGINE Unsupported engine' >&2 ;; esac
if [ -e broken ]; then echo 'npm error code E404' >&2; exit 1; fi
mkdir -p node_modules && touch node_modules/.package-lock.json
`;
const NODE = '#!/bin/sh\necho "node $*"\n';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'makefile-'));
  for (const file of ['Makefile', 'package.json', 'package-lock.json']) copyFileSync(join(ROOT, file), join(dir, file));
  program('npm', NPM);
  program('node', NODE);
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

function program(name: string, text: string): void {
  mkdirSync(join(dir, 'bin'), { recursive: true });
  writeFileSync(join(dir, 'bin', name), text, { mode: 0o755 });
}

/** Everything `make run` prints, in the order a person sees it. */
function makeRun(): { said: string[]; status: number | null } {
  const { PATH } = process.env;
  const env = { PATH: `${join(dir, 'bin')}:${PATH}` };
  const { stdout, status } = spawnSync('sh', ['-c', 'make run 2>&1'], { cwd: dir, env, encoding: 'utf8' });
  return { said: stdout.trim().split('\n'), status };
}

describe('make helm', () => {
  // Not as a part of the make that runs the tests, which would have it say where it is.
  const commands = (...args: string[]) =>
    spawnSync('make', ['--dry-run', 'helm', ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH },
      encoding: 'utf8',
    }).stdout;

  it('brings a Temporal along, unless it is told of one', () => {
    expect(commands()).toMatch(/ --set temporal\.embedded\.enabled=true *$/m);
    const given = commands('TEMPORAL_ADDRESS=temporal.example:7233');
    expect(given).toMatch(/ --set temporal\.address=temporal\.example:7233 *$/m);
    expect(given).not.toContain('embedded');
  });

  it('does not put a Temporal of its own in the place of one that the release has', () => {
    const PATH = `${join(dir, 'bin')}:${process.env.PATH}`;
    const make = (...args: string[]) =>
      spawnSync('make', ['helm', ...args], { cwd: dir, env: { PATH }, encoding: 'utf8' });
    program('kubectl', '#!/bin/sh\ncat >/dev/null\n');
    program('helm', `#!/bin/sh\ncase $1 in get) echo '{"temporal":{"address":"mine:7233"}}' ;; *) echo "$*" ;; esac\n`);
    const refused = make();
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('TEMPORAL_ADDRESS=mine:7233\n')]);
    expect(refused.stdout).toBe('');
    expect(make('TEMPORAL_ADDRESS=other:7233').stdout).toContain('temporal.address=other:7233');
    program('helm', '#!/bin/sh\ncase $1 in get) exit 1 ;; *) echo "$*" ;; esac\n');
    expect(make()).toMatchObject({ status: 0, stdout: expect.stringContaining('temporal.embedded.enabled=true') });
  });

  it('waits for the API, whose port is forwarded next', () => {
    const [, ...last] = commands('NAMESPACE=elsewhere', 'TEMPORAL_ADDRESS=').trim().split('helm upgrade');
    expect(last.join()).toMatch(/\nkubectl rollout status deployment\/fog-rollouts-api -n elsewhere --timeout=10m$/);
  });
});

describe('make run on a machine where nothing is installed', () => {
  it('begins with a line of ours, without warnings of npm', () => {
    expect(makeRun().said).toEqual(['Installing dependencies (npm ci)', 'node dev/cli.ts run']);
  });

  it('installs nothing the second time', () => {
    makeRun();
    expect(makeRun().said).toEqual(['node dev/cli.ts run']);
  });

  it('shows the errors of npm, and stops there', () => {
    writeFileSync(join(dir, 'broken'), '');
    const { said, status } = makeRun();
    expect(said.slice(0, 2)).toEqual(['Installing dependencies (npm ci)', 'npm error code E404']);
    expect(status).not.toBe(0);
    expect(existsSync(join(dir, 'node_modules'))).toBe(false);
  });
});
