import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { Registry } from 'prom-client';
import { buildCodecServer } from '../../../api/codec-server.ts';
import { EncryptionCodec } from '../../../encryption/codec.ts';

const TOKEN = 'a-token-of-enough-characters';
const UI = 'https://temporal.example';
const codec = new EncryptionCodec({ current: 'k', byId: new Map([['k', randomBytes(32)]]) });
let app: FastifyInstance;
beforeAll(async () => {
  const readiness = { ready: () => ({ ok: true, checks: {} }) };
  const deps = { logger: pino({ level: 'silent' }), metrics: new Registry(), readiness };
  app = await buildCodecServer({ ...deps, codec, token: TOKEN, origins: [UI] });
});
afterAll(() => app.close());

const json = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});
const ask = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url,
    payload: payload as object,
    headers: { authorization: `Bearer ${TOKEN}`, origin: UI, 'x-namespace': 'default', ...headers },
  });

describe('The codec server', () => {
  const plain = json(defaultPayloadConverter.toPayload({ env: 'hunter2' }));

  it('makes payloads readable, and unreadable', async () => {
    const encoded = await ask('/encode', { payloads: [plain] });
    expect([encoded.statusCode, encoded.body.includes(plain.data)]).toEqual([200, false]);
    const decoded = await ask('/decode', encoded.json());
    expect([decoded.statusCode, decoded.json()]).toEqual([200, { payloads: [plain] }]);
    expect((await ask('/decode', {})).json()).toEqual({ payloads: [] });
  });

  it.each([
    ['no token', ''],
    ['another', 'Bearer another-token-of-many-characters'],
    ['no bearer', TOKEN],
  ])('does nothing for who has %s', async (_, authorization) => {
    const response = await ask('/decode', { payloads: [] }, { authorization });
    expect([response.statusCode, response.headers['content-type'], response.json().status]).toEqual([
      401,
      'application/problem+json; charset=utf-8',
      401,
    ]);
  });

  it('lets browsers ask from the pages that are named, and from no other', async () => {
    const preflight = (origin: string) =>
      app.inject({
        method: 'OPTIONS',
        url: '/decode',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-namespace',
        },
      });
    const allowed = await preflight(UI);
    expect([allowed.statusCode, allowed.headers['access-control-allow-origin']]).toEqual([204, UI]);
    expect(allowed.headers['access-control-allow-headers']).toContain('authorization');
    expect((await preflight('https://elsewhere.example')).headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each<[string, unknown, number]>([
    ['payloads that are none', { payloads: [1] }, 400],
    ['no base64', { payloads: [{ data: '§' }] }, 400],
    ['a list', [], 400],
    [
      'what no key here fits',
      { payloads: [{ metadata: { encoding: Buffer.from('binary/encrypted').toString('base64') }, data: '' }] },
      422,
    ],
  ])('answers %s with a problem', async (_, body, status) => {
    const response = await ask('/decode', body);
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
  });

  it('says that it is well to whoever asks', async () => {
    for (const url of ['/healthz', '/readyz', '/metrics']) expect((await app.inject(url)).statusCode).toBe(200);
  });
});
