import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { RequestInfo } from '../../kube/connection.ts';
import type { FindCluster } from '../../observed/cluster.ts';
import type { Tracing } from '../../tracing/tracing.ts';
import type { Notifications } from '../../watcher/notifications/notifications.ts';
import type { RegionAges } from '../../watcher/sites/queue-sites.ts';
import type { Config } from '../config.ts';
import type { Hub } from '../hub.ts';
import type { Payloads } from '../payloads.ts';
import type { PartsReadiness } from '../readiness.ts';
import type { SdkRuntime } from '../sdk-runtime.ts';
import type { Temporal } from '../temporal.ts';

/** What every process has, whatever its roles. */
export interface ProcessContext {
  config: Config;
  log: Logger;
  metrics: Registry;
  /** Counts a request to a cluster. */
  onRequest(request: RequestInfo): void;
  readiness: PartsReadiness;
  /** The Temporal SDK's. */
  runtime: SdkRuntime;
  /** Where traces are sent; left out, none are made. */
  tracing?: Tracing;
  /** Aborted when the process is to stop. */
  signal: AbortSignal;
  /** How soon a region's worker is missed; for tests that cannot wait. */
  ages?: RegionAges;
}

/** What a process runs, opened: what can fail for good has not. */
export interface Opened {
  /** Its HTTP server, where it has more to serve than its probes. */
  app?: FastifyInstance;
  /** Each runs a role, and ends when that has stopped. */
  roles: (() => Promise<unknown>)[];
  /** After the roles have stopped. */
  close(): Promise<void>;
}

/** @throws Error for what no retry cures: it ends the process with code 2 */
export type Open = (context: ProcessContext) => Promise<Opened>;

/** What the roles at the hub share. */
export interface RoleContext extends ProcessContext {
  hub: Hub;
  /** What becomes of the payloads of its workers, where it has some. */
  payloads: Payloads;
  /** The other clusters that the hub reaches, each opened once. */
  clusters: FindCluster;
  /** Who is told of what happens to rollouts; undefined: nobody. */
  notifications: Notifications | undefined;
  /** Connects at the first call; resolves when connected, rejects only when the process stops before. */
  temporal(): Promise<Temporal>;
  /** For who does not wait: connects too. @throws Error that says why there is no connection yet */
  temporalNow(): Temporal;
}

/** A role at the hub. */
export interface Role {
  name: string;
  /** Resolves when the role has stopped, which it does when the process is to; rejects when it broke. */
  run(context: RoleContext): Promise<void>;
}
