/** One process at a time: a lock file that names its holder, and is free again when the holder has ended. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from './errors.ts';
import { identityOf } from './identity.ts';
import { isRunning, type ProcessRecord } from './processes.ts';

const RETRY_MS = 200;

export interface LockOptions {
  timeoutMs: number;
  /** Called once, when somebody else holds the lock. */
  onWait?: (holder: ProcessRecord) => void;
}

/** Runs `work` while holding the lock. @throws StackError when it was not to be had in time. */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await acquire(file, options);
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

async function acquire(file: string, { timeoutMs, onWait }: LockOptions): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const deadline = Date.now() + timeoutMs;
  let waiting = false;
  while (!take(file)) {
    const holder = holderOf(file);
    if (holder && isRunning(holder)) {
      if (Date.now() > deadline)
        throw new StackError(`Process ${holder.pid} has held ${file} for too long: stop it first`);
      if (!waiting) onWait?.(holder);
      waiting = true;
      await delay(RETRY_MS);
    } else {
      rmSync(file, { force: true });
    }
  }
}

function take(file: string): boolean {
  const self: ProcessRecord = { pid: process.pid, identity: identityOf(process.pid) ?? '' };
  try {
    writeFileSync(file, JSON.stringify(self), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new StackError(`Cannot write ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function holderOf(file: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}
