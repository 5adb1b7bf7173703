import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { IllegalStateError } from '@temporalio/common';
import { type LogLevel, type LogMetadata, Runtime, type RuntimeOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { firstLineOf } from '../model/text.ts';

/** How often a free port is looked for, where somebody else was quicker to take it. */
const TRIES = 3;

/** By Prometheus' rules, as ours are. */
const PROMETHEUS_NAMES = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };

/**
 * The SDK's native runtime, of which a process has one: it logs through ours, leaves signals to us, and serves its own metrics. The
 * SDK drops it when nothing uses it any more, as after a connection that failed, and would make it anew at the very port that
 * somebody else may have taken since: so it is {@link install installed} before each connection.
 */
export class SdkRuntime {
  private readonly log: Logger;
  private served: string | undefined;

  constructor(log: Logger) {
    this.log = log;
  }

  /** Where in this process the SDK's own metrics are, as Prometheus reads them; undefined while they are nowhere. */
  get page(): string | undefined {
    return this.served;
  }

  /** Does nothing where it is there. What its metrics lack keeps nobody from Temporal: then it is without them. */
  async install(): Promise<void> {
    for (let left = TRIES; ; left--) {
      const bindAddress = `127.0.0.1:${await freePort()}`;
      try {
        if (left > 0) Runtime.install(this.options({ prometheus: { bindAddress, ...PROMETHEUS_NAMES } }));
        else Runtime.install(this.options());
        this.served = left > 0 ? `http://${bindAddress}/metrics` : undefined;
        return;
      } catch (error) {
        if (error instanceof IllegalStateError) return; // it is there
        if (left === 0) throw error;
        const why = firstLineOf((error as Error).message);
        this.log.warn({ bindAddress }, `The SDK cannot serve its metrics: ${why}; trying another port`);
      }
    }
  }

  private options(metrics?: { prometheus: object & { bindAddress: string } }): RuntimeOptions {
    const logging = { filter: 'temporalio_sdk_core=WARN,temporalio_client=WARN', forward: {} };
    return {
      shutdownSignals: [],
      logger: loggerOf(this.log),
      telemetryOptions: { logging, ...(metrics && { metrics: { attachServiceName: false, ...metrics } }) },
    };
  }
}

const LEVELS: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

function loggerOf(log: Logger): NonNullable<RuntimeOptions['logger']> {
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    if (log.isLevelEnabled(LEVELS[level])) log[LEVELS[level]](plain(meta), message);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/** The SDK puts bigints and errors into its metadata, which JSON cannot have. */
function plain(meta: LogMetadata | undefined): object {
  if (!meta) return {};
  const pairs = Object.entries(meta).filter(([key]) => key !== 'sdkComponent');
  return Object.fromEntries(
    pairs.map(([key, value]) => [key === 'error' ? 'err' : key, typeof value === 'bigint' ? String(value) : value]),
  );
}

/** The SDK binds the port it is told, and does not tell which one it was given. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
