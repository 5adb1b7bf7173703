import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Workshop } from './workshop.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const SOON = 4e9;
const LONG_AGO = 1;
let workshop: Workshop;
let issuer: Server;
let url: string;
let answers: Record<string, Answer>;
let asked: string[];

beforeEach(async () => {
  workshop = await Workshop.open();
  asked = [];
  answers = {
    '/.well-known/openid-configuration': (_, response) => send(response, { token_endpoint: `${url}/token` }),
    '/token': (_, response) => send(response, { id_token: jwt(SOON, asked.length), refresh_token: 'next' }),
  };
  issuer = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push(`${request.url} ${body}`);
    answers[request.url!]!(request, response);
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await workshop.close();
  issuer.closeAllConnections();
  await new Promise((resolve) => issuer.close(resolve));
});

const connect = (config: object) =>
  workshop.connect({
    user: {
      'auth-provider': {
        name: 'oidc',
        config: {
          'id-token': jwt(LONG_AGO),
          'refresh-token': 'first',
          'client-id': 'me',
          'idp-issuer-url': url,
          ...config,
        },
      },
    },
  });

describe('An OIDC token', () => {
  it('is shown as long as it is valid', async () => {
    await workshop.get(connect({ 'id-token': jwt(SOON) }));
    expect([workshop.shown(), asked]).toEqual([[`Bearer ${jwt(SOON)}`], []]);
  });

  it('is renewed once when it has expired, and again when it is refused, with what the issuer gave last', async () => {
    const connection = connect({ 'client-secret': 's' });
    await Promise.all([workshop.get(connection), workshop.get(connection)]);
    workshop.fake.misbehave('get', { code: 401, reason: 'Unauthorized' });
    await workshop.get(connection);
    const [first, second] = [jwt(SOON, 2), jwt(SOON, 4)].map((token) => `Bearer ${token}`);
    expect(workshop.shown()).toEqual([first, first, first, second]);
    const renewal = (token: string) =>
      `/token grant_type=refresh_token&refresh_token=${token}&client_id=me&client_secret=s`;
    expect(asked.filter((one) => one.startsWith('/token'))).toEqual([renewal('first'), renewal('next')]);
  });

  it.each<[string, object, () => void, RegExp]>([
    [
      'without a refresh-token',
      { 'refresh-token': '' },
      () => {},
      /cannot be renewed: it has expired or was refused, and .* not given$/,
    ],
    [
      'that the issuer refuses',
      {},
      () => {
        answers['/token'] = (_, response) => response.writeHead(400).end('hunter2');
      },
      /cannot be renewed: http:\/\/127\.0\.0\.1:\d+ answered 400$/,
    ],
    [
      'of an issuer that is none',
      {},
      () => {
        answers['/.well-known/openid-configuration'] = (_, response) => response.end('hunter2');
      },
      /answered what is no JSON object$/,
    ],
  ])('%s is said to be the reason', async (_name, config, hurt, words) => {
    hurt();
    const error = await workshop.get(connect(config)).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'KubeConnectionError', message: expect.stringMatching(words) });
    expect((error as Error).message).not.toContain('hunter2');
  });

  it('whose issuer hangs holds up no request beyond its deadline, and no close', async () => {
    answers['/token'] = () => {};
    const connection = connect({});
    await expect(workshop.get(connection, { timeoutMs: 100 })).rejects.toMatchObject({ timedOut: true });
    const waiting = expect(workshop.get(connection)).rejects.toThrow('The connection was closed');
    await connection.close();
    await waiting;
    expect(workshop.shown()).toEqual([]);
  });
});

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** @param number - to tell one from another */
function jwt(exp: number, number = 0): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp, number })}.x`;
}
