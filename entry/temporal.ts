import { setTimeout as delay } from 'node:timers/promises';
import { type LogLevel, type LogMetadata, NativeConnection, Runtime } from '@temporalio/worker';
import pRetry from 'p-retry';
import type { Logger } from 'pino';
import { ensureSearchAttributes } from '../workers/search-attributes.ts';
import type { Config } from './config.ts';

/** Temporal as the roles of one process share it. */
export interface Temporal {
  connection: NativeConnection;
  namespace: string;
}

/** SDK and native core log through ours; signals are ours to handle. Call once, before anything else of the SDK. */
export function installRuntime(log: Logger): void {
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
    telemetryOptions: { logging: { filter: 'temporalio_sdk_core=WARN,temporalio_client=WARN', forward: {} } },
  });
}

/**
 * Connects, however long it takes, and registers what has to be registered. One line a failed attempt.
 *
 * @param onWaiting - told why there is no connection yet
 */
export async function connectTemporal(
  { connection, namespace }: Config['temporal'],
  { log, signal, onWaiting }: { log: Logger; signal: AbortSignal; onWaiting: (why: string) => void },
): Promise<Temporal> {
  return await pRetry(
    async () => {
      const connected = await NativeConnection.connect(connection);
      try {
        await ensureSearchAttributes(connected, namespace);
        return { connection: connected, namespace };
      } catch (error) {
        await connected.close();
        throw error;
      }
    },
    {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 500,
      maxTimeout: 10_000,
      signal,
      onFailedAttempt: ({ error, attemptNumber }) => {
        const why = `Temporal at ${connection.address} cannot be used: ${firstLine(error.message)}`;
        onWaiting(why);
        log.warn({ address: connection.address, namespace, attempt: attemptNumber }, `${why}; trying again`);
      },
    },
  );
}

/** Runs `work` again and again until the signal: a worker whose polls failed for good gets a fresh one. */
export async function keepRunning(
  work: () => Promise<void>,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (err) {
      if (signal.aborted) return;
      log.error({ err }, 'The worker stopped; starting another');
      await delay(1_000, undefined, { signal }).catch(() => undefined);
    }
  }
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

/** The SDK puts bigints and errors into its metadata, which JSON cannot have. */
function plain(meta: LogMetadata | undefined): object {
  if (!meta) return {};
  const pairs = Object.entries(meta).filter(([key]) => key !== 'sdkComponent');
  return Object.fromEntries(
    pairs.map(([key, value]) => [key === 'error' ? 'err' : key, typeof value === 'bigint' ? String(value) : value]),
  );
}
