/** The product as its own process, as a person runs it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../../dev/home.ts';
import { NODE_FLAGS } from '../../dev/node-flags.ts';
import { bundleOfRun } from './bundle-of-run.ts';
import { eventually } from './eventually.ts';
import type { StackInfo } from './stack.ts';

/** What Node has compiled before: half of a start is compiling. */
export const COMPILED = join(ROOT, 'node_modules/.cache/compiled');
const READY_MS = 90_000;
const STOP_MS = 30_000;

export type LogLine = { msg: string; level: number } & Record<string, unknown>;

export interface ProductOptions {
  role?: 'all' | 'worker' | 'watcher' | 'api' | 'region' | 'codec-server';
  /** Options of the role. */
  args?: string[];
  /** `undefined` takes away what it would have. */
  env?: Record<string, string | undefined>;
  /** Goes before its command, e.g. to run it in another network; what comes of that is the product's own process. */
  inside?: readonly string[];
}

/** One process of the product. */
export class Product {
  readonly log: LogLine[] = [];
  /** What it wrote to stderr, and what of stdout was no JSON. */
  noise = '';
  readonly #child: ChildProcess;
  readonly #exited: Promise<number | string>;
  readonly #listeners = new Set<(line: LogLine) => void>();

  constructor(stack: Pick<StackInfo, 'dir' | 'kubeconfig' | 'temporalAddress'>, options: ProductOptions = {}) {
    const { role = 'all', args = [], env = {}, inside = [] } = options;
    const needsBundle = role === 'all' || role === 'worker';
    const defaults = {
      PATH: process.env.PATH,
      HOME: stack.dir,
      KUBECONFIG: stack.kubeconfig,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      FOG_ROLLOUTS_PORT: '0',
      FOG_ROLLOUTS_HOST: '127.0.0.1',
      FOG_ROLLOUTS_CLUSTER_HOSTS: '127.0.0.1', // of clusters of the tests
      NODE_COMPILE_CACHE: COMPILED,
      ...(needsBundle && { FOG_ROLLOUTS_WORKFLOW_BUNDLE: bundleOfRun() ?? bundleIn(stack.dir) }),
    };
    const entry = join(ROOT, 'entry/fog-rollouts.ts');
    const [command, ...rest] = [...inside, nodeOf(stack.dir), ...NODE_FLAGS, entry, role, ...args];
    this.#child = spawn(command!, rest, {
      env: { ...defaults, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'close').then(([code, signal]) => code ?? signal);
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#read(line));
    this.#child.stderr!.on('data', (chunk) => {
      this.noise += chunk;
    });
  }

  /** What the process ended with: its exit code, or the signal that ended it. */
  get exited(): Promise<number | string> {
    return this.#exited;
  }

  /** Resolves with the first line of the log, past or future, that `check` takes. */
  async logged(what: string, check: (line: LogLine) => boolean, ms = READY_MS): Promise<LogLine> {
    const known = this.log.find(check);
    if (known) return known;
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const listener = (line: LogLine) => {
      if (check(line)) resolve(line);
    };
    this.#listeners.add(listener);
    const fail = (why: string) => reject(new Error(`${why} before it logged ${what}:\n${this.tail()}`));
    const giveUp = setTimeout(() => fail(`${ms / 1000} s passed`), ms);
    this.#exited.then((code) => fail(`The product ended (${code})`));
    try {
      return await promise;
    } finally {
      clearTimeout(giveUp);
      this.#listeners.delete(listener);
    }
  }

  async address(): Promise<string> {
    const { address } = await this.logged('its address', ({ msg }) => msg === 'Listening');
    return String(address);
  }

  /** Resolves when /readyz says so. */
  async ready(): Promise<this> {
    const url = `${await this.address()}/readyz`;
    await eventually(
      `${url} to be 200`,
      async () => {
        const answer = await fetch(url);
        return answer.ok ? true : { not: await answer.text() };
      },
      READY_MS,
    );
    return this;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** kill -9; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#exited;
  }

  /** SIGTERM; resolves with what the process ended with: 0 when all is well. */
  async stop(): Promise<number | string> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.signal('SIGTERM');
    const giveUp = setTimeout(() => this.signal('SIGKILL'), STOP_MS);
    try {
      return await this.#exited;
    } finally {
      clearTimeout(giveUp);
    }
  }

  /** The end of its log, for a test's failure. */
  tail(lines = 25): string {
    return [...this.log.slice(-lines).map((line) => JSON.stringify(line)), this.noise].join('\n');
  }

  #read(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.noise += `${line}\n`;
      return;
    }
    for (const listener of [...this.#listeners]) listener(this.log.at(-1)!);
  }
}

/** The workflow code as production brings it, made once for all processes on a stack outside of a test run. */
function bundleIn(dir: string): string {
  const path = join(dir, `workflow-bundle-${process.pid}.cjs`);
  if (!existsSync(path)) execFileSync(process.execPath, [join(ROOT, 'scripts/bundle.ts'), path]);
  return path;
}

/** Node under a name in the stack's folder: whatever ends the test run ends what was started from there. */
export function nodeOf(dir: string): string {
  const path = join(dir, 'node');
  if (!existsSync(path)) symlinkSync(process.execPath, path);
  return path;
}
