/** `kubectl fog`, as people run it: with their own kubectl, against the file's cluster. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../dev/home.ts';
import { COMPILED } from './product.ts';
import type { StackInfo } from './stack.ts';

export interface Ended {
  code: number;
  out: string;
  err: string;
}

export interface Fog {
  run(...args: string[]): Promise<Ended>;
  /** With a manifest on the standard input. */
  given(manifest: object, ...args: string[]): Promise<Ended>;
  /** It goes on until it is ended; its outputs are pipes. */
  start(...args: string[]): ChildProcess;
}

export function fogIn(stack: () => StackInfo, namespace: string): Fog {
  const commandOf = (args: string[]) => {
    const { dir, kubeconfig, tools } = stack();
    const command = [join(ROOT, 'cli/kubectl-fog.ts'), '-n', namespace, '--kubeconfig', kubeconfig, ...args];
    // kubectl keeps a cache at home
    const env = { PATH: process.env.PATH, HOME: dir, KUBECTL: tools.kubectl, NODE_COMPILE_CACHE: COMPILED };
    return { command, env };
  };
  const end = (args: string[], input?: string): Promise<Ended> =>
    new Promise((resolve) => {
      const { command, env } = commandOf(args);
      const child = execFile(process.execPath, command, { env }, (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err });
      });
      child.stdin!.end(input);
    });
  return {
    run: (...args) => end(args),
    given: (manifest, ...args) => end(args, JSON.stringify(manifest, undefined, 2)),
    start: (...args) => {
      const { command, env } = commandOf(args);
      return spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    },
  };
}
