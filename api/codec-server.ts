import bearerAuth from '@fastify/bearer-auth';
import cors from '@fastify/cors';
import type { Payload, PayloadCodec } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type App, createBaseApp } from './base.ts';
import type { ProbeDeps } from './deps.ts';
import { addHealthRoutes } from './plugins/health.ts';
import { PROBLEM_MEDIA_TYPE, Problem } from './problems.ts';

export interface CodecServerDeps extends ProbeDeps {
  codec: PayloadCodec;
  /** Whoever has it may have payloads decrypted. */
  token: string;
  /** Of the pages that browsers may ask from: the Temporal UI's. */
  origins: readonly string[];
}

/** More than Temporal takes for one payload, several of them. */
const LONGEST_BODY = 16 * 1024 * 1024;

const BASE64 = Type.String({ pattern: '^[A-Za-z0-9+/_-]*=*$' });
/** As JSON has a payload: https://docs.temporal.io/production-deployment/data-encryption#codec-server-setup */
const Payloads = Type.Object({
  payloads: Type.Optional(
    Type.Array(
      Type.Object({ metadata: Type.Optional(Type.Record(Type.String(), BASE64)), data: Type.Optional(BASE64) }),
    ),
  ),
});

type Coded = NonNullable<Type.Static<typeof Payloads>['payloads']>;

/** Makes payloads readable for who has the token: Temporal's command, and a proxy that adds it for the Temporal UI. */
export async function buildCodecServer({ codec, token, origins, ...deps }: CodecServerDeps): Promise<FastifyInstance> {
  const app = createBaseApp(deps);
  addHealthRoutes(app, deps);
  await app.register(cors, {
    origin: [...origins],
    methods: ['POST'],
    allowedHeaders: ['authorization', 'content-type', 'x-namespace'],
  });
  await app.register(async (guarded) => {
    await guarded.register(bearerAuth, {
      keys: [token],
      addHook: 'onRequest',
      contentType: PROBLEM_MEDIA_TYPE,
      errorResponse: () => UNAUTHORIZED,
    });
    addCoding(guarded as unknown as App, 'decode', codec);
    addCoding(guarded as unknown as App, 'encode', codec);
  });
  await app.ready();
  return app as unknown as FastifyInstance;
}

function addCoding(app: App, what: 'decode' | 'encode', codec: PayloadCodec): void {
  app.post(`/${what}`, { bodyLimit: LONGEST_BODY, schema: { body: Payloads } }, async ({ body }) => {
    try {
      return { payloads: (await codec[what]((body.payloads ?? []).map(fromJson))).map(toJson) };
    } catch (error) {
      throw new Problem(422, (error as Error).message);
    }
  });
}

const UNAUTHORIZED = {
  type: 'about:blank',
  title: 'Unauthorized',
  error: 'Unauthorized',
  status: 401,
  detail: 'The token of the codec server is needed: send it as "Authorization: Bearer TOKEN"',
};

function fromJson({ metadata, data }: Coded[number]): Payload {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? '', 'base64') };
}

function toJson({ metadata, data }: Payload): Coded[number] {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data ?? []).toString('base64') };
}
