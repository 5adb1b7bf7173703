import { existsSync, readFileSync } from 'node:fs';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import envSchema from 'env-schema';
import Type, { type Static } from 'typebox';
import { type PayloadKeys, readKeys } from '../encryption/keys.ts';
import type { KubeconfigSecretRules } from '../observed/kubeconfig-secret.ts';
import { readSigningKey, readTrustedKeys, type SigningKey, type TrustedKeys } from '../signing/keys.ts';
import type { TracingConfig } from '../tracing/tracing.ts';
import type { Slots } from '../workers/worker.ts';
import { checkTraceUrl, tracingIn } from './tracing-config.ts';

/** Where a pod finds the namespace it runs in. */
const POD_NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

const NAMESPACE = '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$';
/** Names and addresses, separated by commas. */
const HOSTS = '^[^\\s/@,]+(,[^\\s/@,]+)*$';
/** The same; `*.` may begin a name, and is in no other place. */
const HOSTS_OR_DOMAINS = '^(\\*\\.)?[^\\s/@,*]+(,(\\*\\.)?[^\\s/@,*]+)*$';
/** Of web pages, separated by commas. */
const ORIGINS = '^https?://[^\\s/,]+(,https?://[^\\s/,]+)*$';
/** Of a web page; a path may follow the host. */
const WEB_ADDRESS = '^https?://[^\\s/?#@]+(/[^\\s?#]*)?$';

const Environment = Type.Object({
  FOG_ROLLOUTS_PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080 }),
  FOG_ROLLOUTS_HOST: Type.String({ minLength: 1, default: '0.0.0.0' }),
  FOG_ROLLOUTS_LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
  }),
  FOG_ROLLOUTS_API_ACTIONS: Type.Enum(['off', 'kubernetes'], { default: 'off' }),
  FOG_ROLLOUTS_API_READS: Type.Enum(['open', 'kubernetes'], { default: 'open' }),
  FOG_ROLLOUTS_API_AUDIENCE: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
  FOG_ROLLOUTS_TEMPORAL_UI_URL: Type.Optional(Type.String({ pattern: WEB_ADDRESS })),
  FOG_ROLLOUTS_LEASE_NAMESPACE: Type.Optional(Type.String({ pattern: NAMESPACE })),
  FOG_ROLLOUTS_KUBECONFIG_NAMESPACE: Type.Optional(Type.String({ pattern: NAMESPACE })),
  FOG_ROLLOUTS_PAYLOAD_KEYS: Type.Optional(Type.String({ minLength: 1 })),
  FOG_ROLLOUTS_PAYLOAD_KEY: Type.Optional(Type.String({ minLength: 1 })),
  FOG_ROLLOUTS_SIGNING_KEY: Type.Optional(Type.String({ minLength: 1 })),
  FOG_ROLLOUTS_TRUSTED_KEYS: Type.Optional(Type.String({ minLength: 1 })),
  FOG_ROLLOUTS_CODEC_TOKEN: Type.Optional(Type.String({ minLength: 16 })),
  FOG_ROLLOUTS_CODEC_ORIGINS: Type.Optional(Type.String({ pattern: ORIGINS })),
  FOG_ROLLOUTS_CLUSTER_HOSTS: Type.Optional(Type.String({ pattern: HOSTS })),
  FOG_ROLLOUTS_CLUSTER_ONLY_HOSTS: Type.Optional(Type.String({ pattern: HOSTS_OR_DOMAINS })),
  FOG_ROLLOUTS_TRACE_URL: Type.Optional(Type.String({ minLength: 1 })),
  FOG_ROLLOUTS_WORKFLOW_BUNDLE: Type.Optional(Type.String({ minLength: 1 })),
  FOG_ROLLOUTS_QUEUE: Type.Optional(Type.String({ minLength: 1 })),
  FOG_ROLLOUTS_KUBECONFIGS: Type.Optional(Type.String({ minLength: 1 })),
  FOG_ROLLOUTS_WORKFLOW_TASK_SLOTS: Type.Integer({ minimum: 2, maximum: 10_000, default: 200 }),
  FOG_ROLLOUTS_BEGUN_AT_ONCE: Type.Integer({ minimum: 1, maximum: 100_000, default: 40 }),
  FOG_ROLLOUTS_ACTIVITY_SLOTS: Type.Integer({ minimum: 1, maximum: 100_000, default: 1_000 }),
  FOG_ROLLOUTS_GATE_HOSTS: Type.Optional(Type.String({ pattern: HOSTS })),
  FOG_ROLLOUTS_GATE_TASK_QUEUES: Type.Optional(Type.String({ pattern: '^[^\\s,]+(,[^\\s,]+)*$' })),
  FOG_ROLLOUTS_NOTIFICATIONS: Type.Optional(Type.String({ minLength: 1 })),
  FOG_ROLLOUTS_WAIT_SLOTS: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 20_000 }),
});

export interface Config {
  host: string;
  port: number;
  logLevel: string;
  /** How it is found out who may act by the API: by the cluster's own word on their tokens; undefined: nobody may. */
  apiActions: { audience?: string | undefined } | undefined;
  /** Likewise who may read; undefined: whoever reaches the API. */
  apiReads: Config['apiActions'];
  /** Where people find Temporal's UI, without a slash at its end; undefined: the page has no links there. */
  temporalUiUrl: string | undefined;
  /** Where Fog Rollouts itself runs: of the watchers' Lease. */
  leaseNamespace: string;
  /** Of the Secrets with the sites' kubeconfigs. */
  kubeconfigSecrets: KubeconfigSecretRules;
  /** Path of a prebuilt bundle; undefined bundles the sources at start. */
  workflowBundle: string | undefined;
  /** Task queue of a region worker. */
  queue: string | undefined;
  /** Folder with a region worker's kubeconfigs. */
  kubeconfigs: string | undefined;
  /** How much a worker takes on at a time; what is more waits in Temporal. */
  slots: Slots;
  /** How many of the runs that are begun may be on the move at a time (watcher/places.ts). */
  begunAtOnce: number;
  /** Hosts that gates ask wherever their names lead: lower case, IPv6 addresses without brackets. */
  gateHosts: readonly string[];
  /** Task queues whose workflows gates may start. */
  gateTaskQueues: readonly string[];
  /** File that says who is notified (entry/notifications.ts); undefined: nobody is. */
  notifications: string | undefined;
  temporal: { connection: NativeConnectionOptions; namespace: string };
  /** What payloads are encrypted with; undefined: they are not. */
  payloadKeys: PayloadKeys | undefined;
  /** What the hub signs its work with; undefined: it does not. */
  signingKey: SigningKey | undefined;
  /** Of hubs whose work a region does; undefined: it does whatever it is asked for. */
  trustedKeys: TrustedKeys | undefined;
  /** Where traces go, by OpenTelemetry's own variables; undefined: nowhere, and none are made. */
  tracing: TracingConfig | undefined;
  /** Where people see a trace, with `{traceId}`; undefined: nobody is told. */
  traceUrl: string | undefined;
  /** Of the codec server: who may have payloads decrypted, and from which pages browsers may ask. */
  codec: { token: string | undefined; origins: readonly string[] };
}

/** What no message repeats. */
const SECRET = new Set(['FOG_ROLLOUTS_CODEC_TOKEN']);

/** What is wrong with the environment, one line a fault. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * The one place that reads our environment (documented in docs/configuration.md); KUBECONFIG is kubectl's own affair. An empty value counts as not set.
 *
 * @throws ConfigError that names each variable and what it may be
 */
export function loadConfig(environment: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const env = validated(given);
  if (env.FOG_ROLLOUTS_WORKFLOW_BUNDLE && !existsSync(env.FOG_ROLLOUTS_WORKFLOW_BUNDLE)) {
    throw new ConfigError(`FOG_ROLLOUTS_WORKFLOW_BUNDLE: there is no file ${env.FOG_ROLLOUTS_WORKFLOW_BUNDLE}`);
  }
  const leaseNamespace = env.FOG_ROLLOUTS_LEASE_NAMESPACE ?? podNamespace() ?? 'default';
  return {
    host: env.FOG_ROLLOUTS_HOST,
    port: env.FOG_ROLLOUTS_PORT,
    logLevel: env.FOG_ROLLOUTS_LOG_LEVEL,
    apiActions: env.FOG_ROLLOUTS_API_ACTIONS === 'off' ? undefined : { audience: env.FOG_ROLLOUTS_API_AUDIENCE },
    apiReads: env.FOG_ROLLOUTS_API_READS === 'open' ? undefined : { audience: env.FOG_ROLLOUTS_API_AUDIENCE },
    temporalUiUrl: env.FOG_ROLLOUTS_TEMPORAL_UI_URL?.replace(/\/+$/, ''),
    leaseNamespace,
    kubeconfigSecrets: {
      namespace: env.FOG_ROLLOUTS_KUBECONFIG_NAMESPACE ?? leaseNamespace,
      allowedHosts: listOf(env.FOG_ROLLOUTS_CLUSTER_HOSTS?.toLowerCase()),
      onlyHosts: listOf(env.FOG_ROLLOUTS_CLUSTER_ONLY_HOSTS?.toLowerCase()),
    },
    workflowBundle: env.FOG_ROLLOUTS_WORKFLOW_BUNDLE,
    queue: env.FOG_ROLLOUTS_QUEUE,
    kubeconfigs: env.FOG_ROLLOUTS_KUBECONFIGS,
    begunAtOnce: env.FOG_ROLLOUTS_BEGUN_AT_ONCE,
    slots: {
      workflowTasks: env.FOG_ROLLOUTS_WORKFLOW_TASK_SLOTS,
      activities: env.FOG_ROLLOUTS_ACTIVITY_SLOTS,
      waits: env.FOG_ROLLOUTS_WAIT_SLOTS,
    },
    gateTaskQueues: listOf(env.FOG_ROLLOUTS_GATE_TASK_QUEUES),
    gateHosts: listOf(env.FOG_ROLLOUTS_GATE_HOSTS?.toLowerCase()),
    notifications: env.FOG_ROLLOUTS_NOTIFICATIONS,
    temporal: temporalConfig(given as Record<string, string>),
    payloadKeys: payloadKeysOf(env),
    signingKey: readAs('FOG_ROLLOUTS_SIGNING_KEY', env.FOG_ROLLOUTS_SIGNING_KEY, readSigningKey),
    trustedKeys: readAs('FOG_ROLLOUTS_TRUSTED_KEYS', env.FOG_ROLLOUTS_TRUSTED_KEYS, readTrustedKeys),
    tracing: read(() => tracingIn(given)),
    traceUrl: readAs('FOG_ROLLOUTS_TRACE_URL', env.FOG_ROLLOUTS_TRACE_URL, checkTraceUrl),
    codec: { token: env.FOG_ROLLOUTS_CODEC_TOKEN, origins: listOf(env.FOG_ROLLOUTS_CODEC_ORIGINS) },
  };
}

function validated(data: Record<string, string | undefined>): Static<typeof Environment> {
  try {
    return envSchema<Static<typeof Environment>>({ schema: Environment, data, dotenv: false, env: false });
  } catch (error) {
    const { errors } = error as {
      errors?: { instancePath: string; message?: string; params?: { allowedValues?: string[] } }[];
    };
    if (!errors) throw error;
    const faults = new Map(
      errors.map(({ instancePath, message, params }) => [
        instancePath.slice(1),
        params?.allowedValues ? `must be one of ${params.allowedValues.join(', ')}` : message,
      ]),
    );
    const lines = [...faults].map(
      ([name, message]) => `${name} ${message}${SECRET.has(name) ? '' : `, but it is "${data[name] ?? ''}"`}`,
    );
    throw new ConfigError(lines.join('\n'), { cause: error });
  }
}

function temporalConfig(env: Record<string, string>): Config['temporal'] {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: env });
    return { connection: { address: 'localhost:7233', ...connectionOptions }, namespace: namespace ?? 'default' };
  } catch (error) {
    throw new ConfigError(`TEMPORAL_*: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

function payloadKeysOf({
  FOG_ROLLOUTS_PAYLOAD_KEYS: folder,
  FOG_ROLLOUTS_PAYLOAD_KEY: current,
}: Static<typeof Environment>): PayloadKeys | undefined {
  if (folder === undefined) {
    if (current === undefined) return undefined;
    throw new ConfigError(
      'FOG_ROLLOUTS_PAYLOAD_KEY names a key of the folder FOG_ROLLOUTS_PAYLOAD_KEYS, which is not set',
    );
  }
  return readAs('FOG_ROLLOUTS_PAYLOAD_KEYS', folder, (path) => readKeys(path, current));
}

/** @throws ConfigError that names the variable */
function readAs<T>(name: string, value: string | undefined, reading: (value: string) => T): T | undefined {
  return value === undefined ? undefined : read(() => reading(value), `${name}: `);
}

/** @throws ConfigError */
function read<T>(reading: () => T, prefix = ''): T {
  try {
    return reading();
  } catch (error) {
    throw new ConfigError(`${prefix}${(error as Error).message}`, { cause: error });
  }
}

/** What is separated by commas. */
function listOf(value: string | undefined): string[] {
  return value?.split(',') ?? [];
}

function podNamespace(): string | undefined {
  return existsSync(POD_NAMESPACE_FILE) ? readFileSync(POD_NAMESPACE_FILE, 'utf8').trim() : undefined;
}
