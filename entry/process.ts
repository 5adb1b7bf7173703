import { Registry } from 'prom-client';
import { buildProbes } from '../api/app.ts';
import { listen } from '../api/server.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { openHub } from './hub.ts';
import { createLog } from './log.ts';
import { createApi } from './roles/api.ts';
import type { RoleContext } from './roles/role.ts';
import { watcherRole } from './roles/watcher.ts';
import { workerRole } from './roles/worker.ts';
import { stopSignal } from './signals.ts';
import { connectTemporal, installRuntime, type Temporal } from './temporal.ts';

export type RoleName = 'all' | 'worker' | 'watcher' | 'api';

/** Exit code for what no retry cures: a bad environment, a port that is taken, no kubeconfig. */
const EXIT_USAGE = 2;

/**
 * Runs a role until SIGTERM or SIGINT and returns the process's exit code: 0 after a clean stop, 2 when it could not
 * start as configured, 1 when it broke.
 */
export async function runProcess(name: RoleName): Promise<number> {
  let config: Config;
  try {
    config = loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`fog-rollouts ${name}: the environment is not usable\n${indent(error.message)}\n`);
    return EXIT_USAGE;
  }
  const log = createLog(name, config.logLevel);
  const { signal, stop } = stopSignal(log);
  let started: Awaited<ReturnType<typeof start>>;
  try {
    started = await start(name, { config, log, signal });
  } catch (error) {
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
async function start(name: RoleName, { config, log, signal }: Pick<RoleContext, 'config' | 'log' | 'signal'>) {
  const metrics = new Registry();
  const hub = openHub({ log, metrics }, signal);
  installRuntime(log);
  const waiting = new Map<string, string>();
  let connecting: Promise<Temporal> | undefined;
  const waitFor = (part: string, why: string | undefined) => void (why ? waiting.set(part, why) : waiting.delete(part));
  const context: RoleContext = {
    config,
    log,
    metrics,
    hub,
    signal,
    waitFor,
    temporal() {
      if (!connecting) {
        waitFor('temporal', 'connecting');
        connecting = connectTemporal(config.temporal, { log, signal, onWaiting: (why) => waitFor('temporal', why) });
        connecting.then(
          () => waitFor('temporal', undefined),
          () => undefined,
        );
      }
      return connecting;
    },
    readiness: {
      ready() {
        const synced = hub.informers().every((informer) => informer.hasSynced);
        const checks: Record<string, string> = { kubernetes: synced ? 'ok' : 'waiting for the first list' };
        if (connecting) checks.temporal = 'ok';
        for (const [part, why] of waiting) checks[part] = why;
        return { ok: synced && waiting.size === 0, checks };
      },
    },
  };
  const app = hasApi(name)
    ? await createApi(context)
    : await buildProbes({ logger: log, metrics, readiness: context.readiness });
  const address = await listen(app, config);
  log.info({ address }, 'Listening');

  return {
    async run(): Promise<void> {
      const roles = [workerRole, watcherRole].filter((role) => name === 'all' || name === role.name);
      const running = roles.map(async (role) => await await role.start(context));
      const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await Promise.race([stopped, Promise.all(running).then(() => stopped)]);
      await Promise.allSettled(running);
    },
    async close(): Promise<void> {
      await app.close();
      await (await connecting?.catch(() => undefined))?.connection.close();
      await hub.close();
    },
  };
}

function hasApi(name: RoleName): boolean {
  return name === 'all' || name === 'api';
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
