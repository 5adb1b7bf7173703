import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How the user reaches the cluster: handed to kubectl as they are, so that whatever works there works here. */
export interface Access {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
  as?: string;
}

/** kubectl said no; its own words are for people. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError';

  /** The API server was reached, and would not: for lack of a right, or because it has no such kind of object. */
  get isRefusal(): boolean {
    return /^Error from server \((Forbidden|NotFound)\)/.test(this.message);
  }

  /** Nothing was said about what was asked: the API server was not reached, does not know the user, or has no time. */
  get isUnanswered(): boolean {
    return UNANSWERED.test(this.message);
  }

  /** There is an object of that name. */
  get isTaken(): boolean {
    return /^Error from server \(AlreadyExists\)/.test(this.message);
  }

  /** The API server's own part of the words. */
  get words(): string {
    return this.message.replace(/^Error from server \(\w+\): /, '');
  }
}

const UNANSWERED =
  /^(Unable to connect|The connection to the server|error: You must be logged in|Error from server \((Unauthorized|Timeout|ServerTimeout|TooManyRequests|ServiceUnavailable)\))/;

/** The user's own kubectl, or the one that `KUBECTL` names. */
export class Kubectl {
  private readonly access: Access;

  constructor(access: Access) {
    this.access = access;
  }

  /** The same in a namespace. */
  within(namespace: string): Kubectl {
    return new Kubectl({ ...this.access, namespace });
  }

  /** @param signal - ends it @returns what it prints @throws KubectlError */
  async run(args: string[], input?: unknown, signal?: AbortSignal): Promise<string> {
    const child = this.start(args, ['pipe', 'pipe', 'pipe'], signal);
    let [out, err] = ['', ''];
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.stdin!.on('error', () => {}); // it has ended, and says why
    child.stdin!.end(input === undefined ? undefined : JSON.stringify(input));
    const code = await exitOf(child);
    if (code !== 0) throw new KubectlError(err.trim() || `kubectl ended with ${code}`);
    return out;
  }

  async json<T>(args: string[], input?: unknown): Promise<T> {
    return JSON.parse(await this.run([...args, '-o', 'json'], input)) as T;
  }

  /** What the API server answers at a path, as it is: kubectl does not read and write it again. */
  async raw<T>(path: string): Promise<T> {
    return JSON.parse(await this.run(['get', '--raw', path])) as T;
  }

  /** With the terminal as its own. @returns its exit code */
  async passThrough(args: string[]): Promise<number> {
    return await exitOf(this.start(args, ['inherit', 'inherit', 'inherit']));
  }

  /**
   * An object each time it changes, until the signal; the watch is begun anew when the server ends it. Of one object by its
   * name kubectl would not tell a change between its first look and its watch (`watch` in kubectl's get.go): so it is a list
   * of one.
   *
   * @throws KubectlError when there is no such object, or none any more
   */
  async *watch<T>(type: string, name: string, signal: AbortSignal): AsyncGenerator<T> {
    const parts = '{.type}{"\\n"}{.object.metadata}{"\\n"}{.object.spec}{"\\n"}{.object.status}{"\\n"}';
    const one = ['get', type, `--field-selector=metadata.name=${name}`, '--watch'];
    const watch = [...one, '--output-watch-events', '-o', `jsonpath=${parts}`];
    while (!signal.aborted) {
      try {
        await this.run(['get', type, name, '-o', 'name'], undefined, signal);
      } catch (error) {
        if (signal.aborted) return; // Ctrl-C is for kubectl too
        throw error;
      }
      const child = this.start(watch, ['ignore', 'pipe', 'pipe']);
      const stop = () => child.kill();
      signal.addEventListener('abort', stop, { once: true });
      let err = '';
      child.stderr!.setEncoding('utf8').on('data', (text: string) => {
        err += text;
      });
      const ended = exitOf(child);
      let seen = 0;
      try {
        let lines: string[] = [];
        for await (const line of createInterface({ input: child.stdout! })) {
          lines.push(line);
          if (lines.length < 4) continue;
          const [event, ...object] = lines;
          const [metadata, spec, status] = object.map((part) => (part === '' ? undefined : JSON.parse(part)));
          lines = [];
          seen += 1;
          if (event === 'DELETED') throw new KubectlError(`${type} "${name}" was deleted`);
          yield { metadata, spec, status } as T;
        }
      } finally {
        signal.removeEventListener('abort', stop);
        child.kill();
      }
      const code = await ended;
      if (!signal.aborted && seen === 0) throw new KubectlError(err.trim() || `kubectl ended with ${code}`);
    }
  }

  private start(args: string[], stdio: ('pipe' | 'inherit' | 'ignore')[], signal?: AbortSignal): ChildProcess {
    const { kubeconfig, context, namespace, as } = this.access;
    const flags = { '--kubeconfig': kubeconfig, '--context': context, '--namespace': namespace, '--as': as };
    const given = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
    return spawn(process.env.KUBECTL || 'kubectl', [...given, ...args], { stdio, ...(signal && { signal }) });
  }
}

async function exitOf(child: ChildProcess): Promise<number> {
  return await new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'ENOENT' ? new KubectlError('kubectl was not found; install it, or name it by KUBECTL') : error,
      );
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}
