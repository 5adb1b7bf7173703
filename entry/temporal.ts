import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { DataConverter } from '@temporalio/common';
import { type LogLevel, type LogMetadata, NativeConnection, Runtime } from '@temporalio/worker';
import pRetry from 'p-retry';
import type { Logger } from 'pino';
import { firstLineOf } from '../model/text.ts';
import type { Config } from './config.ts';
import type { Payloads } from './payloads.ts';
import type { ProcessContext } from './roles/role.ts';

/** Temporal as the roles of one process share it. */
export interface Temporal extends Pick<Payloads, 'dataConverter'> {
  connection: NativeConnection;
  namespace: string;
}

/** How often a free port is looked for, where somebody else was quicker to take it. */
const TRIES = 3;

/**
 * SDK and native core log through ours; signals are ours to handle. Call once, before anything else of the SDK.
 *
 * @returns where in this process the SDK's own metrics are, as Prometheus reads them
 */
export async function installRuntime(log: Logger): Promise<string> {
  const levels: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
    TRACE: 'trace',
    DEBUG: 'debug',
    INFO: 'info',
    WARN: 'warn',
    ERROR: 'error',
  };
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    if (log.isLevelEnabled(levels[level])) log[levels[level]](plain(meta), message);
  };
  const install = async () => {
    const bindAddress = `127.0.0.1:${await freePort()}`;
    Runtime.install({
      shutdownSignals: [],
      logger: {
        log: write,
        trace: (message, meta) => write('TRACE', message, meta),
        debug: (message, meta) => write('DEBUG', message, meta),
        info: (message, meta) => write('INFO', message, meta),
        warn: (message, meta) => write('WARN', message, meta),
        error: (message, meta) => write('ERROR', message, meta),
      },
      telemetryOptions: {
        logging: { filter: 'temporalio_sdk_core=WARN,temporalio_client=WARN', forward: {} },
        metrics: { attachServiceName: false, prometheus: { bindAddress, ...PROMETHEUS_NAMES } },
      },
    });
    return `http://${bindAddress}/metrics`;
  };
  return await pRetry(install, { retries: TRIES - 1, minTimeout: 0 });
}

/** By Prometheus' rules, as ours are. */
const PROMETHEUS_NAMES = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };

/** The SDK binds the port it is told, and does not tell which one it was given. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** With what becomes of payloads on their way to Temporal and back. */
interface TemporalUse extends Payloads {
  /** Makes a new connection's namespace fit for what the process does with it; tried again like connecting. */
  prepare?(temporal: Temporal): Promise<void>;
  /** The process does most of its work without it, and stays ready while it is away. */
  isOptional?: boolean;
}

/** One connection for all of a process. */
export function sharedTemporal(
  { config, log, signal, readiness }: Pick<ProcessContext, 'config' | 'log' | 'signal' | 'readiness'>,
  { dataConverter, prepare = async () => {}, isOptional = false }: TemporalUse = {},
): SharedTemporal {
  let connecting: Promise<Temporal> | undefined;
  let connected: Temporal | undefined;
  let trouble = new Error('Not connected yet');
  const onWaiting = (why: string, error?: Error) => {
    if (error) trouble = error;
    readiness.waitFor('temporal', isOptional ? { degraded: why } : why);
  };
  const connect = () => {
    if (connecting) return connecting;
    onWaiting('connecting');
    connecting = connectTemporal(config, { log, signal, onWaiting, dataConverter, prepare });
    connecting.then(
      (temporal) => {
        connected = temporal;
        readiness.waitFor('temporal', undefined);
      },
      () => undefined,
    );
    return connecting;
  };
  return {
    connect,
    connected() {
      void connect().catch(() => undefined);
      if (!connected) throw trouble;
      return connected;
    },
    async close() {
      await (await connecting?.catch(() => undefined))?.connection.close();
    },
  };
}

export interface SharedTemporal {
  /** Connects at the first call; resolves when connected, rejects only when the process stops before. */
  connect(): Promise<Temporal>;
  /** For who does not wait: connects too. @throws Error that says why there is no connection yet */
  connected(): Temporal;
  close(): Promise<void>;
}

/** Connects, however long it takes. One line a failed attempt. */
async function connectTemporal(
  { temporal: { connection, namespace } }: Pick<Config, 'temporal'>,
  { log, signal, onWaiting, dataConverter, prepare }: ConnectOptions,
): Promise<Temporal> {
  return await pRetry(
    async () => {
      const temporal = {
        connection: await NativeConnection.connect(connection),
        namespace,
        ...(dataConverter && { dataConverter }),
      };
      try {
        await prepare(temporal);
        return temporal;
      } catch (error) {
        await temporal.connection.close();
        throw error;
      }
    },
    {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 500,
      maxTimeout: 10_000,
      signal,
      onFailedAttempt: ({ error, attemptNumber }) => {
        const why = `Temporal at ${connection.address} cannot be used: ${firstLineOf(error.message)}`;
        onWaiting(why, error);
        log.warn({ address: connection.address, namespace, attempt: attemptNumber }, `${why}; trying again`);
      },
    },
  );
}

interface ConnectOptions {
  log: Logger;
  signal: AbortSignal;
  /** Told why there is no connection yet. */
  onWaiting(why: string, error: Error): void;
  dataConverter: DataConverter | undefined;
  prepare(temporal: Temporal): Promise<void>;
}

/** The SDK puts bigints and errors into its metadata, which JSON cannot have. */
function plain(meta: LogMetadata | undefined): object {
  if (!meta) return {};
  const pairs = Object.entries(meta).filter(([key]) => key !== 'sdkComponent');
  return Object.fromEntries(
    pairs.map(([key, value]) => [key === 'error' ? 'err' : key, typeof value === 'bigint' ? String(value) : value]),
  );
}
