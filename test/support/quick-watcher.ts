/** The product's watcher as its process has it, in the test's: it misses a region's worker within seconds. */
import { Writable } from 'node:stream';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { loadConfig } from '../../entry/config.ts';
import { PartsReadiness } from '../../entry/readiness.ts';
import { openAtHub } from '../../entry/roles/hub.ts';
import { SdkRuntime } from '../../entry/sdk-runtime.ts';
import { eventually } from './eventually.ts';
import type { LogLine } from './product.ts';
import type { StackInfo } from './stack.ts';

export interface QuickWatcher {
  /** What it has logged. */
  log: LogLine[];
  stop(): Promise<void>;
}

/**
 * Resolves when it is ready.
 *
 * @param pollSeconds - how long the stack's Temporal lets a worker wait for work; a real one does for a minute
 */
export async function startQuickWatcher(stack: StackInfo, pollSeconds: number): Promise<QuickWatcher> {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const environment = { KUBECONFIG: stack.kubeconfig, TEMPORAL_ADDRESS: stack.temporalAddress };
  Object.assign(process.env, environment);
  const stop = new AbortController();
  const lines: LogLine[] = [];
  const keep = (chunk: Buffer, _encoding: string, done: () => void) => {
    lines.push(JSON.parse(chunk.toString()) as LogLine);
    done();
  };
  const readiness = new PartsReadiness();
  const log = pino(new Writable({ write: keep }));
  const opened = await openAtHub('watcher')({
    config: loadConfig(environment),
    log,
    metrics: new Registry(),
    onRequest: () => undefined,
    readiness,
    runtime: new SdkRuntime(log),
    signal: stop.signal,
    ages: { freshMs: (pollSeconds + 3) * 1000, pollMs: 500 },
  });
  const running = opened.roles.map((role) => role());
  await eventually('the watcher to be ready', async () => {
    const { ok, checks } = readiness.ready();
    return ok ? true : { not: checks };
  });
  return {
    log: lines,
    async stop() {
      stop.abort();
      await Promise.allSettled(running);
      await opened.close();
    },
  };
}
