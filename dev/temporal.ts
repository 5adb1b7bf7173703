/** Temporal's development server, from its CLI. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { StackError } from './errors.ts';
import type { Home } from './home.ts';
import { requireFree } from './ports.ts';
import { isRunning, killProcess, type ProcessRecord, runningProcess, startDetached, stopByFile } from './processes.ts';
import { CATALOG } from './tools/catalog.ts';

const READY_MS = 120_000;
const PROBE_MS = 5_000;
const PROBE_PAUSE_MS = 100;

export interface TemporalPorts {
  frontend: number;
  /** Absent: no UI. */
  ui?: number;
  /** Prometheus metrics of the server; its `action` counter is what the cloud would bill. */
  metrics?: number;
}

export interface TemporalOptions {
  home: Home;
  binary: string;
  ports: TemporalPorts;
  /** More of the server's dynamic configuration, as `key=value`; values are JSON. */
  dynamicConfig?: string[];
}

/**
 * With the server's defaults every task waits for a 50 ms tick and every timer for a 1 s one. Values are JSON.
 */
const DYNAMIC_CONFIG = [
  'system.enableActivityEagerExecution=true',
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'history.visibilityProcessorMaxPollRPS=2000',
  'history.outboundProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxTimeShift="10ms"',
];

/** Flags that make the development server quick; also for `TestWorkflowEnvironment.createLocal({server: {extraArgs}})`. */
export const TUNED_FLAGS = DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]);

/** Neither a user's profile nor TEMPORAL_* of the shell may lead us to another server. */
const ISOLATED = ['--disable-config-file', '--disable-config-env'];

export const temporalPidFile = (home: Home): string => join(home.pids, 'temporal.pid');

/** The schema of the file is not migrated when the server changes: so one file per version. */
const databaseFile = (home: Home): string => join(home.dir, 'temporal', `${CATALOG.temporal.version}.db`);

/** Starts the server, or finds it running (true). Resolves when it takes requests. */
export async function startTemporal({ home, binary, ports, dynamicConfig = [] }: TemporalOptions): Promise<boolean> {
  const running = runningProcess(temporalPidFile(home));
  if (running) {
    await awaitReady({ home, binary, ports }, running);
    return true;
  }
  await requireFree([
    { port: ports.frontend, user: 'Temporal', variable: 'FOG_ROLLOUTS_TEMPORAL_PORT' },
    ...(ports.ui ? [{ port: ports.ui, user: 'the Temporal UI', variable: 'FOG_ROLLOUTS_TEMPORAL_UI_PORT' }] : []),
    ...(ports.metrics
      ? [{ port: ports.metrics, user: "Temporal's metrics", variable: 'FOG_ROLLOUTS_TEMPORAL_METRICS_PORT' }]
      : []),
  ]);
  mkdirSync(join(home.dir, 'temporal'), { recursive: true });
  const started = await startDetached({
    command: binary,
    args: [
      ...serverArguments(databaseFile(home), ports),
      ...dynamicConfig.flatMap((value) => ['--dynamic-config-value', value]),
    ],
    logFile: join(home.logs, 'temporal.log'),
    pidFile: temporalPidFile(home),
  });
  try {
    await awaitReady({ home, binary, ports }, started);
  } catch (error) {
    await stopByFile(temporalPidFile(home));
    throw error;
  }
  return false;
}

export async function stopTemporal(home: Home): Promise<void> {
  await stopByFile(temporalPidFile(home));
}

/** kill -9; {@link startTemporal} brings it back with its database. */
export async function killTemporal(home: Home): Promise<void> {
  const running = runningProcess(temporalPidFile(home));
  if (running) await killProcess(running);
}

export function serverArguments(database: string, ports: TemporalPorts): string[] {
  return [
    ...['server', 'start-dev', '--db-filename', database],
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    ...['--ip', '127.0.0.1', '--port', String(ports.frontend)],
    ...(ports.ui ? ['--ui-ip', '127.0.0.1', '--ui-port', String(ports.ui)] : ['--headless']),
    ...(ports.metrics ? ['--metrics-port', String(ports.metrics)] : []),
    ...['--log-level', 'warn', '--log-format', 'json'],
    ...ISOLATED,
    ...TUNED_FLAGS,
  ];
}

async function awaitReady({ home, binary, ports }: TemporalOptions, server: ProcessRecord): Promise<void> {
  const address = `127.0.0.1:${ports.frontend}`;
  const probe = ['operator', 'namespace', 'describe', '--namespace', 'default', '--address', address, ...ISOLATED];
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const { failed } = await execa(binary, probe, { reject: false, timeout: PROBE_MS });
    if (!failed) return;
    if (!isRunning(server)) throw new StackError(`Temporal ended while starting: see ${logOf(home)}`);
    if (Date.now() > deadline)
      throw new StackError(`Temporal is not ready after ${READY_MS / 1000} s: see ${logOf(home)}`);
    await delay(PROBE_PAUSE_MS);
  }
}

const logOf = (home: Home): string => join(home.logs, 'temporal.log');
