import { buildProbes } from '../api/app.ts';
import { listen } from '../api/server.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { createLog } from './log.ts';
import { countRequests } from './metrics/kube.ts';
import { JoinedRegistry } from './metrics/page.ts';
import { showParts } from './metrics/parts.ts';
import { PartsReadiness } from './readiness.ts';
import { openCodecServer } from './roles/codec-server.ts';
import { openAtHub } from './roles/hub.ts';
import { openRegion } from './roles/region.ts';
import type { Open, ProcessContext } from './roles/role.ts';
import { SdkRuntime } from './sdk-runtime.ts';
import { stopSignal } from './signals.ts';
import { tracingFor } from './tracing.ts';

export type RoleName = 'all' | 'worker' | 'watcher' | 'api' | 'region' | 'codec-server';

const PROCESSES: Record<RoleName, Open> = {
  all: openAtHub('worker', 'watcher', 'api'),
  worker: openAtHub('worker'),
  watcher: openAtHub('watcher'),
  api: openAtHub('api'),
  region: openRegion,
  'codec-server': openCodecServer,
};

/** Exit code for what no retry cures: a bad environment, a port that is taken, no kubeconfig. */
const EXIT_USAGE = 2;

/**
 * Runs a role until SIGTERM or SIGINT and returns the process's exit code: 0 after a clean stop, 2 when it could not
 * start as configured, 1 when it broke.
 *
 * @param environment - what configures it; left out, the process's
 */
export async function runProcess(name: RoleName, environment?: Record<string, string | undefined>): Promise<number> {
  let config: Config;
  try {
    config = loadConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return unusable(name, error);
  }
  const log = createLog(name, config.logLevel);
  const { signal, stop } = stopSignal(log);
  let started: Awaited<ReturnType<typeof start>>;
  try {
    started = await start(name, { config, log, signal });
  } catch (error) {
    if (error instanceof ConfigError) return unusable(name, error);
    process.stderr.write(`fog-rollouts ${name}: ${error instanceof Error ? error.message : error}\n`);
    return EXIT_USAGE;
  }
  let code = 0;
  try {
    await started.run();
  } catch (err) {
    if (!signal.aborted) {
      log.fatal({ err }, 'A role broke; the process ends');
      code = 1;
    }
  }
  stop();
  await started.close();
  log.info({ code }, 'Stopped');
  return code;
}

/** Opens what can fail for good, and begins to listen, before any role works. */
async function start(name: RoleName, { config, log, signal }: Pick<ProcessContext, 'config' | 'log' | 'signal'>) {
  const runtime = new SdkRuntime(log);
  await runtime.install();
  const metrics = new JoinedRegistry(() => runtime.page, log);
  const readiness = new PartsReadiness();
  showParts(metrics, readiness);
  const onRequest = countRequests(metrics);
  const tracing = await tracingFor(name, { config, log });
  const shared = { config, log, metrics, onRequest, readiness, runtime, signal, ...(tracing && { tracing }) };
  const opened = await PROCESSES[name](shared);
  const app = opened.app ?? (await buildProbes({ logger: log, metrics, readiness }));
  const address = await listen(app, config);
  log.info({ address }, 'Listening');

  return {
    async run(): Promise<void> {
      const running = opened.roles.map((role) => role());
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await Promise.race([stopped, Promise.all(running).then(() => stopped)]);
      await Promise.allSettled(running);
    },
    async close(): Promise<void> {
      await app.close();
      await opened.close();
      await tracing?.close();
    },
  };
}

function unusable(name: RoleName, { message }: ConfigError): number {
  process.stderr.write(`fog-rollouts ${name}: the environment is not usable\n${indent(message)}\n`);
  return EXIT_USAGE;
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
