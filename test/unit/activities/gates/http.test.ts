import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { createGateOutside } from '../../../../activities/gates/outside.ts';
import type { HttpGate } from '../../../../model/types.ts';
import type { FakeKube } from '../../../support/fakekube.ts';
import { Answerer, type Asked, aGates, anEnvironment, ask, surroundings, word } from './askings.ts';

const KEY = 'a-key-that-nobody-may-see';

const around = surroundings();
let answer: (asked: Asked, response: ServerResponse) => void;
let answerer: Answerer;

beforeEach(async () => {
  answer = (_, response) => response.writeHead(204).end();
  answerer = await Answerer.start((asked, response) => answer(asked, response));
});
afterEach(async () => {
  await answerer.stop();
});

const url = (path = '/gate?k=private') => `http://127.0.0.1:${answerer.port}${path}`;
const shown = () => `http://127.0.0.1:${answerer.port}/gate`;
const deps = () => aGates(around);
const post = (gate: Partial<HttpGate> = {}, how?: Parameters<typeof ask>[2]) =>
  ask({ http: { url: url(), ...gate } }, deps(), how);
const answers = (status: number, body = '', headers = {}) => {
  answer = (_, response) => response.writeHead(status, headers).end(body);
};
const aSecret = (labels: Record<string, string>, data: Record<string, string> = { token: btoa(KEY) }) =>
  around.hub.put({ metadata: { namespace: 'shop', name: 'hooks', labels }, data } as Parameters<FakeKube['put']>[0]);
const FOR_GATES = { 'fog-rollouts.paguos.io/gates': 'true' };

describe('A gate that asks by HTTP', () => {
  it('says what waits, by a token that stays the same, and opens by a 2xx', async () => {
    expect(await post()).toEqual({ state: 'Open', message: `${shown()} answered 204 No Content` });
    await post();
    const [{ request, body }, again] = answerer.seen as [Asked, Asked];
    expect([request.method, request.url, request.headers['content-type']]).toEqual([
      'POST',
      '/gate?k=private',
      'application/json',
    ]);
    expect(JSON.parse(body)).toEqual({
      rollout: 'web',
      namespace: 'shop',
      uid: 'uid-1',
      generation: 4,
      version: 'v2',
      layer: 'edge',
      at: 'before',
      gate: 'change-board',
      since: '2020-11-22T11:00:00.250Z',
      token: 'uid-1.before-edge.change-board.1606042800250',
    });
    expect(request.headers['idempotency-key']).toBe('uid-1.before-edge.change-board.1606042800250');
    expect(again.body).toBe(body);
    expect(request.headers).not.toHaveProperty('x-fog-rollouts-signature');
  });

  it.each([
    [403, 'no change\u001b[31m without a ticket\r\nask the board', '403 Forbidden: no change [31m without a ticket'],
    [404, '', '404 Not Found'],
    [422, `\n\n  ${'long '.repeat(100)}`, `422 Unprocessable Entity: long long`],
  ])('is refused by a %d, with the first line that was said', async (status, body, said) => {
    answers(status, body);
    const reply = await post();
    expect(reply).toMatchObject({ state: 'Failed', reason: 'GateRefused' });
    expect(reply.message.startsWith(`${shown()} answered ${said}`)).toBe(true);
    expect(reply.message.length).toBeLessThanOrEqual(256);
  });

  it.each([
    [500, {}],
    [503, {}],
    [429, {}],
    [408, {}],
    [302, { location: 'http://169.254.169.254/latest/meta-data' }],
  ])('is tried again after a %d, and goes nowhere else', async (status, headers) => {
    answers(status, 'whatever', headers);
    const failure = (await post().catch((error: unknown) => error)) as ApplicationFailure;
    expect([failure.message, failure.nonRetryable]).toEqual([
      expect.stringContaining(`${shown()} answered ${status}`),
      false,
    ]);
    expect([failure.cause, answerer.seen.length]).toEqual([undefined, 1]);
  });

  it('is tried again where nobody answers in time, or at all', async () => {
    answer = () => undefined;
    await expect(post({ timeoutSeconds: 0.2 })).rejects.toThrow(`${shown()}: no answer within 0.2 s`);
    answer = (_, response) => response.writeHead(200).write('so'); // and no more
    await expect(post({ timeoutSeconds: 0.2 })).rejects.toThrow(`${shown()}: no answer within 0.2 s`);
    const gone = await Answerer.start(() => undefined);
    const { port } = gone;
    await gone.stop();
    await expect(post({ url: `http://127.0.0.1:${port}/` })).rejects.toThrow('ECONNREFUSED');
  });

  it('shows what was answered when it is first heard, and then only what has changed, after a while', async () => {
    const gate = { http: { url: url() } };
    const heard = (message: string, agoMs: number, times = 0) =>
      word(gate, deps(), { heard: { message, at: new Date(Date.now() - agoMs).toISOString(), times } });
    const busy = `${shown()} answered 503 Service Unavailable`;
    answers(503);
    expect(await word(gate, deps())).toEqual({ state: 'Closed', message: busy });
    await expect(heard(busy, 86_400_000)).rejects.toThrow(busy);
    await expect(heard('something else', 59_000)).rejects.toThrow(busy);
    expect(await heard('something else', 60_000)).toEqual({ state: 'Closed', message: busy });
    await expect(heard('something else', 3_590_000, 20)).rejects.toThrow(busy);
    expect(await heard('something else', 3_600_000, 20)).toEqual({ state: 'Closed', message: busy });
  });

  it('reads no more of an endless answer than it shows', async () => {
    answer = (_, response) => {
      response.writeHead(409);
      const more = () => response.write('x'.repeat(65_536), (error) => error ?? more());
      more();
    };
    expect((await post()).message.length).toBeLessThanOrEqual(256);
  });

  it('costs no heartbeat: a try is short', async () => {
    const environment = anEnvironment({ heartbeatTimeoutMs: 0 }); // as the server says that there is none
    let beats = 0;
    environment.on('heartbeat', () => beats++);
    answer = (_, response) => setTimeout(() => response.writeHead(204).end(), 50);
    expect([await post({}, { environment }), beats]).toMatchObject([{ state: 'Open' }, 0]);
  });

  it('stops when nobody waits for it any more', async () => {
    const environment = anEnvironment();
    answer = () => environment.cancel();
    await expect(post({}, { environment })).rejects.toThrow(CancelledFailure);
  });
});

describe('A gate that polls by HTTP', () => {
  const get = (gate: Partial<HttpGate> = {}, how?: Parameters<typeof ask>[2]) =>
    post({ success: 'body.state == "done"', ...gate }, how);

  it('gets what is to be judged, sends nothing, and opens when it is good', async () => {
    answers(200, '{"state":"done"}');
    const message = `${shown()} answered 200 OK: \`body.state == "done"\` is true`;
    expect(await get()).toEqual({ state: 'Open', message });
    const [{ request, body }] = answerer.seen as [Asked];
    expect([request.method, request.url, request.headers.accept, body]).toEqual([
      'GET',
      '/gate?k=private',
      'application/json',
      '',
    ]);
  });

  it.each<[string, number, string, Partial<HttpGate>]>([
    ['by its body', 200, '{"state":"failed"}', { failure: 'body.state == "failed"' }],
    ['by its status', 404, 'nothing here', { failure: 'status == 404' }],
    ['before it is good', 200, '{"state":"done"}', { failure: 'status == 200' }],
  ])('is refused by an answer that is bad %s', async (_, status, body, gate) => {
    answers(status, body);
    const reply = await get(gate);
    expect(reply).toMatchObject({ state: 'Failed', reason: 'GateRefused' });
    expect(reply.message).toMatch(new RegExp(`^${shown()} answered ${status} .*\`${gate.failure}\` is true$`));
  });

  it.each<[string, number, string, string]>([
    ['is not good yet', 200, '{"state":"running"}', 'answered 200 OK: `body.state == "done"` is not true'],
    ['is good, and of an error', 500, '{"state":"done"}', 'answered 500 Internal Server Error'],
    ['forbids it', 403, '{"state":"done"}', 'answered 403 Forbidden'],
    ['leads elsewhere', 302, '', 'answered 302 Found'],
    ['has no such field', 200, '{}', 'answered 200 OK: `body.state == "done"` gives nothing: No such key: state'],
    ['is no JSON', 200, '<html>', 'answered 200 OK, and no JSON: `body.state == "done"` gives nothing'],
    [
      'is too long',
      200,
      `{"state":"done","x":"${'x'.repeat(262_144)}"}`,
      'answered 200 OK with more than 262144 bytes',
    ],
  ])('asks again where the answer %s', async (_, status, body, why) => {
    answers(status, body);
    await expect(get()).rejects.toThrow(`${shown()} ${why}`);
  });

  it('opens by a status alone, whatever comes with it', async () => {
    answers(200, '<html>');
    expect(await get({ success: 'status == 200' })).toMatchObject({ state: 'Open' });
    answers(204);
    expect(await get({ success: 'body == null' })).toMatchObject({ state: 'Open' });
  });

  it.each([
    [{ success: 'body.state ==' }, 'is no expression in CEL'],
    [{ failure: 'status' }, 'is of type int, and has to be a bool'],
  ])('with %j fails before anybody is asked', async (gate, why) => {
    expect(await get(gate)).toMatchObject({ reason: 'GateUnrunnable', message: expect.stringContaining(why) });
    expect(answerer.seen).toEqual([]);
  });

  it('shows a token of a Secret to whom it asks alone', async () => {
    aSecret(FOR_GATES);
    answers(200, JSON.stringify({ token: KEY }));
    const failure = await get({ secretRef: { name: 'hooks', key: 'token' } }).catch((error: unknown) => error);
    expect(answerer.seen[0]!.request.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(`${(failure as Error).message}`).not.toContain(KEY);
  });
});

describe('What is asked is signed with a Secret that', () => {
  const secretRef = { name: 'hooks', key: 'token' };

  it('is labelled for it, and shows nowhere', async () => {
    aSecret(FOR_GATES);
    answers(503, KEY);
    await expect(post({ secretRef })).rejects.toThrow('503');
    const [{ request, body }] = answerer.seen as [Asked];
    const { 'x-fog-rollouts-timestamp': at, 'x-fog-rollouts-signature': signature } = request.headers;
    const expected = createHmac('sha256', KEY).update(`${at}.${body}`).digest('hex');
    expect(signature).toBe(`sha256=${expected}`);
    expect(Math.abs(Date.now() / 1000 - Number(at))).toBeLessThan(60);
    expect(JSON.stringify([request.headers, body])).not.toContain(KEY);
  });

  it.each<[string, () => unknown, string]>([
    ['is not there', () => undefined, 'Secret shop/hooks does not exist'],
    ['is not labelled', () => aSecret({}), 'is not for gates'],
    ['has no such key', () => aSecret(FOR_GATES, { other: btoa(KEY) }), 'has nothing under the key token'],
    ['is empty', () => aSecret(FOR_GATES, { token: '' }), 'has nothing under the key token'],
  ])('%s is looked for for a minute, and nobody is asked', async (_, make, why) => {
    make();
    await expect(post({ secretRef }, { ageMs: 59_000 })).rejects.toThrow(why);
    expect(await post({ secretRef }, { ageMs: 60_000 })).toEqual({
      state: 'Failed',
      reason: 'GateSecretUnusable',
      message: expect.stringContaining(why),
    });
    expect(answerer.seen).toEqual([]);
  });

  it('may not be read fails at once, and says what allows it', async () => {
    around.hub.misbehave('get', { code: 403, reason: 'Forbidden' });
    expect(await post({ secretRef })).toMatchObject({
      reason: 'GateSecretUnusable',
      message: expect.stringContaining('gates.secrets.namespaces of the chart'),
    });
  });
});

describe('By default nobody is asked', () => {
  beforeEach(() => {
    around.outside = createGateOutside({ allowedHosts: [] });
  });

  it.each([
    ['at loopback', 'http://127.0.0.1:PORT/', 'http://127.0.0.1:PORT/ is a loopback address'],
    ['at loopback in another notation', 'http://0x7f.1:PORT/', 'is a loopback address'],
    ['at loopback as a number', 'http://2130706433:PORT/', 'is a loopback address'],
    ['at loopback in IPv6', 'http://[::1]:PORT/', 'is a loopback address'],
    ['at loopback as a mapped address', 'http://[::ffff:127.0.0.1]:PORT/', 'is a loopback address'],
    ['at the metadata address', 'http://169.254.169.254/latest', 'is a link-local address'],
    ['by a name that leads to loopback', 'http://localhost:PORT/', 'leads to 127.0.0.1, a loopback address'],
  ])('%s', async (_, to, why) => {
    const gate = { http: { url: to.replace('PORT', `${answerer.port}`) } };
    expect(await ask(gate, deps())).toEqual({
      state: 'Failed',
      reason: 'GateAddressRefused',
      message: expect.stringContaining(why.replace('PORT', `${answerer.port}`)),
    });
    expect(answerer.seen).toEqual([]);
  });

  it('but where the operator has listed the name', async () => {
    around.outside = createGateOutside({ allowedHosts: ['localhost'] });
    expect(await ask({ http: { url: `http://localhost:${answerer.port}/` } }, deps())).toMatchObject({ state: 'Open' });
    expect(await ask({ http: { url: url() } }, deps())).toMatchObject({ reason: 'GateAddressRefused' });
  });
});
