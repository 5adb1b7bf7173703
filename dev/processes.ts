/** Detached processes with a pid file each, verified before anything is believed or killed. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from './errors.ts';
import { identityOf, runningCommands } from './identity.ts';

const POLL_MS = 25;
const KILL_DEADLINE_MS = 10_000;

/** What a pid file holds. */
export interface ProcessRecord {
  pid: number;
  /** See `identityOf`: a recycled pid has another one. */
  identity: string;
}

export interface DetachedCommand {
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Output of the process; appended to. */
  logFile: string;
  pidFile: string;
}

/** Starts a process that outlives us. @throws StackError when it cannot be started at all. */
export async function startDetached(what: DetachedCommand): Promise<ProcessRecord> {
  for (const file of [what.logFile, what.pidFile]) mkdirSync(dirname(file), { recursive: true });
  const log = openSync(what.logFile, 'a');
  try {
    const child = spawn(what.command, what.args, {
      cwd: what.cwd,
      env: what.env ?? process.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) =>
        reject(new StackError(`Cannot start ${what.command}: ${cause.message}`, { cause })),
      );
    });
    const record = { pid: child.pid!, identity: identityOf(child.pid!) ?? 'ended' };
    writeFileSync(what.pidFile, JSON.stringify(record));
    child.unref();
    return record;
  } finally {
    closeSync(log);
  }
}

/** The process of a pid file, if it is still the one that was started; a stale file is removed. */
export function runningProcess(pidFile: string): ProcessRecord | undefined {
  const record = readRecord(pidFile);
  if (record && isRunning(record)) return record;
  rmSync(pidFile, { force: true });
  return undefined;
}

export function isRunning({ pid, identity }: ProcessRecord): boolean {
  return identityOf(pid) === identity;
}

/** SIGTERM, and SIGKILL when `graceMs` have passed. Resolves when the process is gone. */
export async function stopProcess(record: ProcessRecord, graceMs = 10_000): Promise<void> {
  signal(record, 'SIGTERM');
  if (await ended(record, graceMs)) return;
  await killProcess(record);
}

/** SIGKILL. Resolves when the process is gone. @throws StackError when it does not go. */
export async function killProcess(record: ProcessRecord): Promise<void> {
  signal(record, 'SIGKILL');
  if (!(await ended(record, KILL_DEADLINE_MS)))
    throw new StackError(`Process ${record.pid} does not end, not even by SIGKILL`);
}

/** Resolves true as soon as the process has ended, false when it has not within `timeoutMs`. */
export async function ended(record: ProcessRecord, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isRunning(record)) {
    if (Date.now() >= deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Stops the process of a pid file, if there is one, and removes the file. */
export async function stopByFile(pidFile: string, graceMs?: number): Promise<void> {
  const record = runningProcess(pidFile);
  if (record) await stopProcess(record, graceMs);
  rmSync(pidFile, { force: true });
}

/**
 * Kills whatever has a file of this folder in its command line, at once and synchronously: what a crash
 * between two steps left without a pid file. Only for folders that are ours alone.
 */
export function killAllOf(dir: string): number {
  const strays = runningCommands().filter(({ pid, command }) => pid !== process.pid && usesFolder(command, dir));
  for (const { pid } of strays) signal({ pid, identity: identityOf(pid) ?? 'ended' }, 'SIGKILL');
  return strays.length;
}

/** True for the programs of a stack: run from its folder, or given a file in it by a flag of theirs. */
export function usesFolder(command: string, dir: string): boolean {
  const inside = join(dir, '/');
  return (
    command.startsWith(inside) ||
    (/(^|\/)temporal server start-dev /.test(command) && command.includes(`--db-filename ${inside}`))
  );
}

function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  if (!isRunning(record)) return;
  try {
    process.kill(record.pid, name);
  } catch {
    // ended in between
  }
}

function readRecord(pidFile: string): ProcessRecord | undefined {
  try {
    const { pid, identity } = JSON.parse(readFileSync(pidFile, 'utf8')) as Partial<ProcessRecord>;
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : undefined;
  } catch {
    return undefined;
  }
}
