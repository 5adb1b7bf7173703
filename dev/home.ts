import { join } from 'node:path';

/** The checkout. */
export const ROOT = join(import.meta.dirname, '..');

/** Where a stack keeps everything it writes; removing `dir` removes all of it. */
export interface Home {
  dir: string;
  kubeconfig: string;
  logs: string;
  /** One file per detached process: see processes.ts. */
  pids: string;
  /** KWOK_WORKDIR of the cluster. */
  kwok: string;
}

export function homeAt(dir: string): Home {
  return {
    dir,
    kubeconfig: join(dir, 'kubeconfig'),
    logs: join(dir, 'logs'),
    pids: join(dir, 'pids'),
    kwok: join(dir, 'kwok'),
  };
}

/** The user's stack: what `make up` and `make run` start. */
export const userHome = (): Home => homeAt(join(ROOT, '.fog'));
