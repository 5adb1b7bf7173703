import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Readiness } from '../../api/deps.ts';
import type { Config } from '../config.ts';
import type { Hub } from '../hub.ts';
import type { Temporal } from '../temporal.ts';

/** What the roles of one process share. */
export interface RoleContext {
  config: Config;
  log: Logger;
  metrics: Registry;
  hub: Hub;
  /** Connects at the first call; resolves when connected, rejects only when the process stops before. */
  temporal(): Promise<Temporal>;
  /** Aborted when the process is to stop. */
  signal: AbortSignal;
  readiness: Readiness;
  /** Says what a part of the process waits for; undefined when it is ready. */
  waitFor(part: string, why: string | undefined): void;
}

export interface Role {
  name: string;
  /** Resolves when the role works; the promise it resolves with ends when the role has stopped. */
  start(context: RoleContext): Promise<Promise<void>>;
}
