import { type ChildProcess, spawn } from 'node:child_process';
import { oneLine } from '../text.ts';

export interface ProgramOptions {
  env: Record<string, string | undefined>;
  /** Kills it, and ends the wait with the signal's reason. */
  signal: AbortSignal;
}

/** More than any credential, in characters; what prints more is killed. */
const MOST_OUTPUT = 1024 * 1024;
const MOST_COMPLAINT = 4096;

/** A program that ended badly, or could not be started at all. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  /** Whether there is no such program, or none that may be run. */
  readonly isMissing: boolean;

  constructor(message: string, { cause, isMissing = false }: { cause?: unknown; isMissing?: boolean } = {}) {
    super(message, { cause });
    this.isMissing = isMissing;
  }
}

/**
 * Runs a program without a terminal or input.
 * @returns what it printed
 * @throws ProgramError with the end of what it complained of; the signal's reason
 */
export function run(command: string, args: readonly string[], { env, signal }: ProgramOptions): Promise<string> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // A group of its own: what it starts in turn must not outlive it when it is killed.
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let printed = '';
  let complaint = '';
  const stop = () => {
    kill(child);
    reject(signal.reason);
  };
  signal.addEventListener('abort', stop, { once: true });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (printed.length <= MOST_OUTPUT) return;
    kill(child);
    reject(new ProgramError('printed more than any credential has'));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-MOST_COMPLAINT);
  });
  child.on('error', (cause: NodeJS.ErrnoException) => {
    const isMissing = cause.code === 'ENOENT' || cause.code === 'EACCES';
    reject(new ProgramError(`cannot be run (${cause.code})`, { cause, isMissing }));
  });
  child.on('close', (code, killedBy) => {
    if (code === 0) return resolve(printed);
    const how = code === null ? `was ended by ${killedBy}` : `failed with exit code ${code}`;
    reject(new ProgramError(complaint ? `${how}: ${oneLine(complaint)}` : how));
  });
  return promise.finally(() => signal.removeEventListener('abort', stop));
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // no groups on this system, or it has ended already
  }
}
