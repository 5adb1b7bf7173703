/** Runs other programs to their end, with a time limit each, and says in one line why one failed. */
import { execa } from 'execa';
import { StackError } from './errors.ts';

export interface Invocation {
  /** For the error line: `Applying the CRDs`. */
  doing: string;
  timeoutMs: number;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  input?: string;
}

const unfinished = new Set<AbortController>();

/** Standard output of a program. @throws StackError with the last line it said when it fails or takes too long. */
export async function run(command: string, args: string[], how: Invocation): Promise<string> {
  const stop = new AbortController();
  unfinished.add(stop);
  const result = await execa(command, args, {
    cwd: how.cwd,
    env: how.env ?? process.env,
    extendEnv: false,
    input: how.input ?? '',
    timeout: how.timeoutMs,
    reject: false,
    cancelSignal: stop.signal,
    killSignal: 'SIGKILL',
  });
  unfinished.delete(stop);
  if (!result.failed) return result.stdout;
  const said = lastLine(result.stderr) || lastLine(result.stdout) || result.shortMessage || 'no reason given';
  const reason = result.timedOut ? `not done within ${how.timeoutMs / 1000} s (${said})` : said;
  throw new StackError(`${how.doing} failed: ${reason}`, { cause: result });
}

/** Kills the programs that are running now, so that none of them starts something after we have cleaned up. */
export function killUnfinished(): void {
  for (const stop of unfinished) stop.abort();
}

// kwokctl logs JSON lines; of those only the message and its error say something to people.
function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: string };
    return [msg, err].filter(Boolean).join(': ') || line;
  } catch {
    return line;
  }
}
