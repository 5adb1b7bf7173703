import type { DataConverter } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import pRetry from 'p-retry';
import { firstLineOf } from '../model/text.ts';
import type { Config } from './config.ts';
import type { Payloads } from './payloads.ts';
import type { ProcessContext } from './roles/role.ts';

/** Temporal as the roles of one process share it. */
export interface Temporal extends Pick<Payloads, 'dataConverter'> {
  connection: NativeConnection;
  namespace: string;
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
  {
    config,
    log,
    signal,
    readiness,
    runtime,
  }: Pick<ProcessContext, 'config' | 'log' | 'signal' | 'readiness' | 'runtime'>,
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
    connecting = connectTemporal(config, { log, signal, runtime, onWaiting, dataConverter, prepare });
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
  { log, signal, runtime, onWaiting, dataConverter, prepare }: ConnectOptions,
): Promise<Temporal> {
  return await pRetry(
    async () => {
      await runtime.install();
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

interface ConnectOptions extends Pick<ProcessContext, 'log' | 'signal' | 'runtime'> {
  /** Told why there is no connection yet. */
  onWaiting(why: string, error: Error): void;
  dataConverter: DataConverter | undefined;
  prepare(temporal: Temporal): Promise<void>;
}
