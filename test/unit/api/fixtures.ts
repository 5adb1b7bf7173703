/** An API over rollouts that a test holds in its hands. */
import { expect } from '@jest/globals';
import type { Ajv } from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import type { Response } from 'light-my-request';
import pino from 'pino';
import { Registry } from 'prom-client';
import { buildApp } from '../../../api/app.ts';
import type {
  ApiDeps,
  Handlers,
  Plans,
  RolloutHandlers,
  RolloutReader,
  ShardReader,
  SiteReader,
  WindowReader,
} from '../../../api/deps.ts';
import type { PlanServer } from '../../../model/plan/dry-run.ts';
import type { FogRollout, FogRolloutStatus, FogShard, FogSite } from '../../../model/types.ts';

export const NOW = new Date('2026-11-22T12:00:00Z');

let versions = 100;

export interface RolloutOptions {
  namespace?: string;
  version?: string;
  uid?: string;
  labels?: Record<string, string>;
  status?: FogRolloutStatus;
}

export function aRollout(
  name: string,
  { namespace = 'default', version = 'v1.0.0', uid, labels, status }: RolloutOptions = {},
): FogRollout {
  versions += 1;
  return {
    apiVersion: 'paguos.io/v1alpha1',
    kind: 'FogRollout',
    metadata: {
      name,
      namespace,
      uid: uid ?? `uid-of-${namespace}-${name}`,
      resourceVersion: String(versions),
      generation: 1,
      creationTimestamp: '2026-11-22T11:00:00Z',
      managedFields: [{ manager: 'kubectl' }],
      ...(labels && { labels }),
    },
    spec: {
      version,
      deployments: {
        cloud: { replicas: 3, containers: [{ name: 'nginx', image: 'nginx:1.27' }] },
        edge: { containers: [{ name: 'nginx', image: 'nginx:1.27' }] },
      },
    },
    ...(status && { status }),
  };
}

/** The cache of an informer, changed by the test. */
export function createRollouts(...initial: FogRollout[]) {
  const objects = new Map(initial.map((rollout) => [keyOf(rollout), rollout]));
  const subscribers = new Set<RolloutHandlers>();
  return {
    hasSynced: true,
    get: (namespace: string, name: string) => objects.get(`${namespace}/${name}`),
    list: () => [...objects.values()],
    byIndex: (_index: 'namespace', value: string) =>
      [...objects.values()].filter(({ metadata }) => metadata.namespace === value),
    subscribe(handlers: RolloutHandlers) {
      for (const rollout of objects.values()) handlers.onAdd?.(rollout);
      subscribers.add(handlers);
      return () => subscribers.delete(handlers);
    },
    get subscribers() {
      return subscribers.size;
    },
    put(rollout: FogRollout) {
      const old = objects.get(keyOf(rollout));
      objects.set(keyOf(rollout), rollout);
      for (const { onAdd, onUpdate } of subscribers) old ? onUpdate?.(old, rollout) : onAdd?.(rollout);
    },
    remove(rollout: FogRollout) {
      objects.delete(keyOf(rollout));
      for (const { onDelete } of subscribers) onDelete?.(rollout);
    },
  } satisfies RolloutReader & Record<string, unknown>;
}

/** The cache of an informer of FogShards, changed by the test. */
export function createShards(...initial: FogShard[]) {
  const shards = [...initial];
  const subscribers = new Set<Handlers<FogShard>>();
  return {
    hasSynced: true,
    byIndex: (_index: 'rollout', value: string) =>
      shards.filter(({ metadata, spec }) => `${metadata.namespace}/${spec.rollout}` === value),
    subscribe(handlers: Handlers<FogShard>) {
      for (const shard of shards) handlers.onAdd?.(shard);
      subscribers.add(handlers);
      return () => subscribers.delete(handlers);
    },
    put(shard: FogShard) {
      const at = shards.findIndex(({ metadata: { name } }) => name === shard.metadata.name);
      const [old] = at < 0 ? [] : shards.splice(at, 1, shard);
      if (!old) shards.push(shard);
      for (const { onAdd, onUpdate } of subscribers) old ? onUpdate?.(old, shard) : onAdd?.(shard);
    },
  } satisfies ShardReader & Record<string, unknown>;
}

/** The cache of an informer of FogSites. */
export function createSites(...sites: FogSite[]): SiteReader {
  return {
    hasSynced: true,
    get: (_namespace, name) => sites.find(({ metadata }) => metadata.name === name),
    list: () => sites,
  };
}

function keyOf({ metadata }: FogRollout): string {
  return `${metadata.namespace}/${metadata.name}`;
}

export function createDeps(overrides: Partial<ApiDeps> = {}): ApiDeps {
  return {
    logger: pino({ level: 'silent' }),
    metrics: new Registry(),
    readiness: { ready: () => ({ ok: true, checks: { kubernetes: 'ok' } }) },
    rollouts: createRollouts(),
    shards: createShards(),
    sites: createSites(),
    windows: createWindows(),
    revisions: { list: async () => [], read: async () => undefined },
    clock: { date: () => NOW },
    ...overrides,
  };
}

export async function createApp(overrides: Partial<ApiDeps> = {}): Promise<FastifyInstance> {
  return buildApp(createDeps(overrides));
}

/** By their text: that of most apps is the same, and it takes a while to be understood. */
const checkers = new Map<string, { document: OpenApi; ajv: Ajv }>();

function checkerOf(text: string): { document: OpenApi; ajv: Ajv } {
  let checker = checkers.get(text);
  if (!checker) {
    const document = JSON.parse(text) as OpenApi;
    const ajv = addFormats.default(new Ajv2020.default({ strict: false, allErrors: true }));
    checker = { document, ajv: ajv.addSchema(document, 'api') };
    checkers.set(text, checker);
  }
  return checker;
}

interface OpenApi {
  paths: Record<string, Record<string, { responses: Record<string, { content?: object }> }>>;
}

/** Holds an answer to what /openapi.json says of the route. */
export async function expectDocumented(
  app: FastifyInstance,
  route: string,
  response: Response,
  method: 'get' | 'post' = 'get',
): Promise<void> {
  const { document, ajv } = checkerOf((await app.inject('/openapi.json')).body);
  const documented = document.paths[route]?.[method]?.responses[response.statusCode];
  expect({ route, status: response.statusCode, documented: documented !== undefined }).toMatchObject({
    documented: true,
  });
  const [mediaType] = String(response.headers['content-type'] ?? '').split(';');
  expect(Object.keys(documented?.content ?? { '': {} })).toEqual([mediaType]);
  if (!mediaType?.endsWith('json')) return;
  const pointer = ['paths', route, method, 'responses', response.statusCode, 'content', mediaType, 'schema']
    .map((part) => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  ajv.validate({ $ref: `api#/${pointer}` }, response.json());
  expect(ajv.errors ?? []).toEqual([]);
}

/** What plans are made with where Kubernetes takes whatever it is asked about. */
export function createPlans(overrides: Partial<Plans> & Pick<Plans, 'access'>): Plans {
  const takesAll: PlanServer = {
    judge: async (_, objects) => ({ pairs: objects.map((after) => ({ after })) }),
  };
  return { ask: (_, question) => question(takesAll), ...overrides };
}

/** The cache of an informer of FogWindows. */
export function createWindows(overrides: Partial<WindowReader> = {}): WindowReader {
  return { hasSynced: true, about: () => [], atSites: () => ({ at: () => undefined }), ...overrides };
}
