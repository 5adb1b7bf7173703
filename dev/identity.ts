/**
 * Tells one process from another that got its pid later. Linux is read from /proc, everything else from `ps`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const PROC = existsSync('/proc/self/stat');
const PS_TIMEOUT_MS = 5_000;

export interface RunningCommand {
  pid: number;
  /** The arguments, joined by single spaces. */
  command: string;
}

/**
 * A token that only this incarnation of the pid has: its start time. Undefined when there is no such process,
 * or only its zombie, which runs nothing and holds no port.
 */
export function identityOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return PROC ? identityFromProc(pid) : identityFromPs(pid);
}

/** Every process of this machine that we may see, with its command line. */
export function runningCommands(): RunningCommand[] {
  return PROC ? commandsFromProc() : commandsFromPs();
}

/**
 * Start time (field 22) of a line of /proc/<pid>/stat; undefined for a zombie. The name may hold spaces and brackets.
 *
 * A process that is killed looks like a zombie as soon as its first thread has ended; until the last one has (field 20 counts
 * them), it holds its ports and files.
 */
export function startTimeIn(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, startTime] = [fields[0], Number(fields[17]), fields[19]];
  const hasEnded = state === 'X' || (state === 'Z' && threads <= 1);
  return hasEnded ? undefined : startTime;
}

function identityFromProc(pid: number): string | undefined {
  try {
    return startTimeIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

function identityFromPs(pid: number): string | undefined {
  const [state, ...started] = ps(['-o', 'stat=,lstart=', '-p', String(pid)])
    .trim()
    .split(/\s+/);
  return !state || state.startsWith('Z') ? undefined : started.join(' ');
}

function commandsFromProc(): RunningCommand[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command ? [{ pid: Number(entry), command }] : [];
      } catch {
        return []; // ended while we were looking
      }
    });
}

function commandsFromPs(): RunningCommand[] {
  return ps(['-axo', 'pid=,command='])
    .split('\n')
    .flatMap((line) => {
      const match = /^\s*(\d+)\s+(.*)$/.exec(line);
      return match ? [{ pid: Number(match[1]), command: match[2]! }] : [];
    });
}

function ps(args: string[]): string {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', timeout: PS_TIMEOUT_MS, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return ''; // ps exits 1 when the pid is not there
  }
}
