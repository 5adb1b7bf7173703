/** Who is notified, as the file that FOG_ROLLOUTS_NOTIFICATIONS names says (docs/notifications.md). Loaded where it is set. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import Type, { type Static } from 'typebox';
import { parse } from 'yaml';
import { createSink } from '../watcher/notifications/create-sink.ts';
import type { Notifications } from '../watcher/notifications/notifications.ts';
import type { Sink } from '../watcher/notifications/sink.ts';
import { ConfigError } from './config.ts';

/** Folder beside the file: in it one of each Secret, with a file for each of its keys. */
const SECRETS = 'secrets';
const FILE_NAME = '^(?!\\.\\.?$)[-._a-zA-Z0-9]{1,253}$';
const strict = { additionalProperties: false };

const SecretKey = Type.Object(
  { secret: Type.String({ pattern: FILE_NAME }), key: Type.String({ pattern: FILE_NAME }) },
  strict,
);
const TextOrSecret = Type.Union([Type.String({ minLength: 1, maxLength: 4096 }), SecretKey]);
const text = (maxLength: number) => Type.Optional(Type.String({ minLength: 1, maxLength }));
const texts = (maxItems: number) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 253 }), { minItems: 1, maxItems }));

const SinkConfig = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$' }),
    url: TextOrSecret,
    signing: Type.Optional(Type.Array(SecretKey, { minItems: 1, maxItems: 4 })),
    bearer: Type.Optional(SecretKey),
    headers: Type.Optional(Type.Record(Type.String(), TextOrSecret, { maxProperties: 16 })),
    types: texts(32),
    namespaces: texts(64),
    selector: text(1024),
    when: text(2048),
    template: text(16_384),
    timeoutSeconds: Type.Optional(Type.Number({ minimum: 1, maximum: 60 })),
    giveUpAfterHours: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 720 })),
  },
  strict,
);

const Config = Type.Object(
  {
    source: Type.Optional(Type.String({ pattern: '^[^\\s?#]{1,256}$' })),
    hosts: texts(64),
    sinks: Type.Array(SinkConfig, { minItems: 1, maxItems: 16 }),
  },
  strict,
);

const isConfig = new Ajv({ allErrors: true }).compile<Static<typeof Config>>(Config);

type SinkConfig = Static<typeof SinkConfig>;
type SecretKey = Static<typeof SecretKey>;

/** What begins the source of events where nobody says it. */
const SOURCE = '/fog-rollouts';

/** @throws ConfigError that has a line for each fault, with the sink's name; nothing secret is repeated */
export function readNotifications(file: string): Notifications {
  const { source = SOURCE, hosts = [], sinks } = configIn(file);
  const allowed = hosts.map((host) => host.toLowerCase());
  const faults: string[] = [];
  const read = sinks.flatMap((sink): Sink[] => {
    try {
      return [createSink(withSecrets(sink, join(dirname(file), SECRETS)), allowed)];
    } catch (error) {
      faults.push(`sink ${sink.name}: ${(error as Error).message}`);
      return [];
    }
  });
  const names = sinks.map(({ name }) => name);
  const twice = names.filter((name, at) => names.indexOf(name) < at);
  for (const name of new Set(twice)) faults.push(`sink ${name}: there are several of that name`);
  if (faults.length > 0) throw unusable(faults);
  return { source: source.replace(/\/+$/, ''), hosts: allowed, sinks: read };
}

function configIn(file: string): Static<typeof Config> {
  let config: unknown;
  try {
    config = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw unusable([`${file} cannot be read: ${(error as Error).message.split('\n')[0]}`]);
  }
  if (isConfig(config)) return config;
  throw unusable(faultsOf(isConfig.errors ?? [], config));
}

function faultsOf(errors: ErrorObject[], config: unknown): string[] {
  const either = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath);
  const isWithin = (path: string) => either.some((one) => path === one || path.startsWith(`${one}/`));
  const faults = errors.flatMap(({ keyword, instancePath, message, params }) => {
    if (keyword === 'anyOf') return [[instancePath, 'must be a text, or {secret: …, key: …}'] as const];
    if (isWithin(instancePath)) return [];
    const more = keyword === 'additionalProperties' ? `: ${params.additionalProperty}` : '';
    return [[instancePath, `${message}${more}`] as const];
  });
  return [...new Set(faults.map(([path, message]) => `${placeOf(path, config)} ${message}`.trim()))];
}

/** e.g. `sink audit: url`. */
function placeOf(path: string, config: unknown): string {
  const [, list, at, ...field] = path.split('/');
  if (list !== 'sinks' || at === undefined) return path.slice(1);
  const { name } = ((config as { sinks: unknown[] }).sinks[Number(at)] ?? {}) as { name?: unknown };
  return `sink ${typeof name === 'string' ? name : `number ${Number(at) + 1}`}: ${field.join('/')}`.trim();
}

function withSecrets({ url, signing, bearer, headers = {}, ...sink }: SinkConfig, folder: string) {
  const read = (field: string, value: string | SecretKey) =>
    typeof value === 'string' ? value : secretIn(folder, value, field);
  return {
    ...sink,
    url: read('url', url),
    ...(signing && { signing: signing.map((one, at) => read(`signing/${at}`, one)) }),
    ...(bearer && { bearer: read('bearer', bearer) }),
    headers: Object.fromEntries(
      Object.entries(headers).map(([header, value]) => [header, read(`headers/${header}`, value)]),
    ),
  };
}

function secretIn(folder: string, { secret, key }: SecretKey, field: string): string {
  const file = join(folder, secret, key);
  try {
    const value = readFileSync(file, 'utf8').trim();
    if (value !== '') return value;
  } catch (error) {
    throw new Error(`${field} is in no file: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  throw new Error(`${field} is empty: ${file} has nothing in it`);
}

function unusable(faults: string[]): ConfigError {
  return new ConfigError(faults.map((fault) => `FOG_ROLLOUTS_NOTIFICATIONS: ${fault}`).join('\n'));
}
