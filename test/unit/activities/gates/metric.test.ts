import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CancelledFailure } from '@temporalio/common';
import type { Measurements } from '../../../../model/gates/measurements.ts';
import type { MetricGate } from '../../../../model/types.ts';
import { Answerer, type Asked, aGates, anEnvironment, ask, surroundings } from './askings.ts';

const TOKEN = 'a-token-that-nobody-may-see';

const around = surroundings();
let prometheus: Answerer;
let answer: (asked: Asked, response: ServerResponse) => void;

beforeEach(async () => {
  prometheus = await Answerer.start((asked, response) => answer(asked, response));
});
afterEach(async () => {
  await prometheus.stop();
});

const deps = () => aGates(around);
const aGate = (more: Partial<MetricGate> = {}) => ({
  metric: {
    prometheus: { url: `http://127.0.0.1:${prometheus.port}/prom/`, query: 'rate(errors[5m]) / 7' },
    success: 'result[0] < 0.05',
    count: 2,
    intervalSeconds: 0.01,
    ...more,
  },
});
const measure = (more: Partial<MetricGate> = {}, how?: Parameters<typeof ask>[2]) => ask(aGate(more), deps(), how);

const vector = (...values: string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1_700_000_000, value] })) },
});
/** One after another, the last of them for ever. */
const answers = (...all: unknown[]) => {
  answer = ({ request: _ }, response) => {
    const next = all.length > 1 ? all.shift() : all[0];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(typeof next === 'string' ? next : JSON.stringify(next));
  };
};

describe('A gate that asks Prometheus', () => {
  it('opens after so many good answers', async () => {
    answers(vector('0.01'));
    expect(await measure()).toEqual({ state: 'Open', message: '2 of 2 measurements were good' });
    const [{ request }] = prometheus.seen as [Asked];
    expect(request.url).toBe('/prom/api/v1/query?query=rate%28errors%5B5m%5D%29+%2F+7');
    expect(request.headers).not.toHaveProperty('authorization');
    expect(prometheus.seen).toHaveLength(2);
  });

  it('understands a scalar, and numbers as Prometheus writes them', async () => {
    answers({ status: 'success', data: { resultType: 'scalar', result: [1, '+Inf'] } });
    expect(await measure({ success: 'result[0] > 1e300' })).toMatchObject({ state: 'Open' });
    answers(vector('-Inf', 'NaN'));
    expect(await measure({ success: 'result[0] < 0.0 && !(result[1] < 0.0)' })).toMatchObject({ state: 'Open' });
  });

  it('fails after a bad answer too many, and says what it was', async () => {
    answers(vector('0.01'), vector('0.5', '0.25'));
    expect(await measure({ failureLimit: 1 })).toEqual({
      state: 'Failed',
      reason: 'GateFailed',
      message: '2 of 3 measurements failed, 1 may: the query gave 0.5, 0.25',
    });
  });

  it('between good and bad says nothing, and holds the rollout', async () => {
    answers(vector('0.05'));
    expect(await measure({ failure: 'result[0] > 0.1', inconclusiveLimit: 1 })).toEqual({
      state: 'Failed',
      reason: 'GateInconclusive',
      message: 'had 2 measurements that said nothing, 1 may: the query gave 0.05',
      pauses: true,
    });
  });

  it.each<[string, unknown, string]>([
    ['no value', vector(), 'gives nothing: No such key'],
    ['a fault of the query', { status: 'error', error: 'parse error' }, 'answered 200: parse error'],
    ['another kind of result', { status: 'success', data: { resultType: 'matrix', result: [] } }, 'a matrix, where'],
    ['another page', '<html>', 'and nothing that Prometheus would'],
    ['nothing at all', 'null', 'without success'],
    ['nonsense', { status: 'success', data: { resultType: 'vector', result: [null, 7, {}] } }, 'the query gave NaN'],
  ])('that gives %s says nothing', async (_, given, why) => {
    answers(given);
    const gate = { failure: 'result[0] > 0.1', inconclusiveLimit: 0 };
    expect(await measure(gate)).toMatchObject({
      reason: 'GateInconclusive',
      pauses: true,
      message: expect.stringContaining(why),
    });
  });

  it.each([
    [{ success: 'result[0] <' }, 'is no expression in CEL'],
    [{ failure: 'size(result)' }, 'is of type int, and has to be a bool'],
  ])('with %j fails before anybody is asked', async (gate, why) => {
    expect(await measure(gate)).toMatchObject({ reason: 'GateUnrunnable', message: expect.stringContaining(why) });
    expect(prometheus.seen).toEqual([]);
  });

  it('is refused the metadata address as others are', async () => {
    const gate = { prometheus: { url: 'http://169.254.169.254', query: 'up' } };
    expect(await measure(gate)).toMatchObject({ reason: 'GateAddressRefused' });
  });

  it('shows a token of a Secret to Prometheus alone', async () => {
    const labels = { 'fog-rollouts.paguos.io/gates': 'true' };
    around.hub.put({
      metadata: { namespace: 'shop', name: 'prom', labels },
      data: { token: btoa(`${TOKEN}\n`) },
    } as never);
    answers({ status: 'error', error: 'no' });
    const { prometheus: to } = aGate().metric;
    const gate = { prometheus: { ...to, secretRef: { name: 'prom', key: 'token' } }, inconclusiveLimit: 0 };
    await measure({ ...gate, failure: 'false' });
    expect(prometheus.seen[0]!.request.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });
});

describe('A worker that dies while it measures', () => {
  it('leaves its count to the next, which goes on with it', async () => {
    const first = anEnvironment({ heartbeatTimeoutMs: 10 });
    const told: unknown[] = [];
    first.on('heartbeat', (details: unknown) => {
      told.push(details);
      if ((details as Measurements | undefined)?.failure === 1) first.cancel();
    });
    answers(vector('0.01'), vector('0.5'), vector('0.02'));
    const gate = { count: 3, failureLimit: 1, intervalSeconds: 0.1 };
    await expect(measure(gate, { environment: first })).rejects.toThrow(CancelledFailure);
    expect(told.at(-1)).toMatchObject({ success: 1, failure: 1, last: 'the query gave 0.5' });
    const second = anEnvironment({ heartbeatDetails: told.at(-1) });
    expect(await measure(gate, { environment: second })).toEqual({
      state: 'Open',
      message: '3 of 4 measurements were good',
    });
    expect(prometheus.seen).toHaveLength(4);
  });
});
