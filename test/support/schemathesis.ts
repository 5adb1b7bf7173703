/** Schemathesis, a program in Python that sends an API whatever its OpenAPI document allows, and what it does not. */
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { ROOT } from '../../dev/home.ts';

/** Every package with its hash: nothing else is installed. */
const REQUIREMENTS = join(ROOT, 'test/support/schemathesis.txt');
const INSTALL_MS = 5 * 60_000;
const RUN_MS = 4 * 60_000;
const OLDEST_PYTHON = [3, 11];

/** @returns why it cannot be had here; undefined when it can */
export function whyNoSchemathesis(): string | undefined {
  const needs = `needs Python ${OLDEST_PYTHON.join('.')} or newer with venv`;
  const tells = 'import venv, ensurepip, sys; print(*sys.version_info[:2])';
  try {
    const said = execFileSync('python3', ['-c', tells], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const [major, minor] = said.split(' ').map(Number);
    return major === OLDEST_PYTHON[0] && minor! >= OLDEST_PYTHON[1]! ? undefined : needs;
  } catch {
    return needs;
  }
}

/** Installs it, once for all runs with the same requirements. @returns its path */
export async function installSchemathesis(): Promise<string> {
  const version = hash('sha256', readFileSync(REQUIREMENTS), 'hex').slice(0, 16);
  const place = join(ROOT, 'node_modules/.cache', `schemathesis-${version}`);
  /** There when all of it is. */
  const installed = join(place, 'installed');
  if (!existsSync(installed)) {
    rmSync(place, { recursive: true, force: true });
    await execa('python3', ['-m', 'venv', place]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--only-binary=:all:', '-r', REQUIREMENTS];
    await execa(join(place, 'bin/python'), [...pip, '--disable-pip-version-check'], { timeout: INSTALL_MS });
    writeFileSync(installed, '');
  }
  return join(place, 'bin/schemathesis');
}

export interface Attack {
  /** Address of the API. */
  api: string;
  token: string;
  /** Values that parameters have in every request, e.g. `path.name`; the others are made up. */
  given?: Record<string, string>;
  /** Where it may write. */
  dir: string;
}

/**
 * Sends requests of every operation but the streams, which do not end: the same ones each time.
 * @returns what it has to complain of; empty when there is nothing
 */
export async function attack(schemathesis: string, { api, token, given = {}, dir }: Attack): Promise<string> {
  const config = join(dir, 'schemathesis.toml');
  const parameters = Object.entries(given).map(([name, value]) => `${JSON.stringify(name)} = ${JSON.stringify(value)}`);
  writeFileSync(config, ['[parameters]', ...parameters, ''].join('\n'));
  // It takes what it made up for a parameter to be sent, also where the one given is.
  const unlessMadeUp = parameters.length > 0 ? ['negative_data_rejection'] : [];
  const options = [
    ...['--exclude-path-regex', '/events$'],
    // A page's token and what only some actions are about are more than a schema says.
    ...['--exclude-checks', ['positive_data_acceptance', ...unlessMadeUp].join()],
    ...['--header', `Authorization: Bearer ${token}`],
    ...['--max-examples', '25', '--generation-deterministic', '--request-timeout', '20', '--no-color'],
  ];
  const { exitCode, all } = await execa(
    schemathesis,
    ['--config-file', config, 'run', `${api}/openapi.json`, ...options],
    {
      cwd: dir,
      all: true,
      reject: false,
      timeout: RUN_MS,
    },
  );
  return exitCode === 0 ? '' : all;
}
