/**
 * Folders of test stacks. Each lies in the temp folder and names the run that made it, so that a later run can
 * kill and remove what a crashed one left.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { identityOf } from '../../dev/identity.ts';
import { killAllOf } from '../../dev/processes.ts';
import { removeNetwork } from './network.ts';

/** Set by the global setup for everything of one test run. */
export const RUN_VARIABLE = 'FOG_ROLLOUTS_TEST_RUN';

const parent = (): string => join(tmpdir(), `fog-rollouts-test-${process.getuid?.() ?? 'user'}`);
const currentRun = (): string => process.env[RUN_VARIABLE] ?? String(process.pid);
const tokenOf = (pid: number): string => (identityOf(pid) ?? 'ended').replaceAll(/\W/g, '');

/** A new folder of this run. Its name carries the owner: so a concurrent sweep never sees a folder without one. */
export function createWorkspace(): string {
  mkdirSync(parent(), { recursive: true });
  const dir = mkdtempSync(join(parent(), `${process.pid}-${tokenOf(process.pid)}-`));
  writeFileSync(join(dir, 'run'), currentRun());
  return dir;
}

/** Kills what runs from the folder and removes it, and its network; synchronous, so that it can run while Node exits. */
export function removeWorkspace(dir: string): void {
  killAllOf(dir);
  removeNetwork(dir);
  rmSync(dir, { recursive: true, force: true, maxRetries: 20 });
}

/** Removes the folders whose owner has ended. */
export function sweepAbandoned(): void {
  for (const dir of workspaces()) {
    const [pid, token] = basename(dir).split('-');
    if (tokenOf(Number(pid)) !== token) removeWorkspace(dir);
  }
}

/** Removes every folder of this run. */
export function removeOwn(): void {
  for (const dir of workspaces()) if (runOf(dir) === currentRun()) removeWorkspace(dir);
}

function workspaces(): string[] {
  try {
    return readdirSync(parent()).map((entry) => join(parent(), entry));
  } catch {
    return []; // no test stack was ever made here
  }
}

function runOf(dir: string): string | undefined {
  try {
    return readFileSync(join(dir, 'run'), 'utf8');
  } catch {
    return undefined;
  }
}
