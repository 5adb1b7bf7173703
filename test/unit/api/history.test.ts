import { describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import { type HistoryReader, HistoryUnavailable, InvalidPageToken } from '../../../api/deps.ts';
import { createHistoryReader, type TemporalReader } from '../../../api/history.ts';
import { aRollout, createApp, createRollouts, expectDocumented } from './fixtures.ts';

/** Temporal with the given pages of runs; asked for the close event of a run, it has the given failures. */
function aTemporal(pages: object[][], failures: Record<string, object> = {}) {
  const requests: { query?: string; pageSize?: number; runId?: string }[] = [];
  const client = {
    options: { namespace: 'default' },
    withDeadline: (_deadline: unknown, fn: () => Promise<unknown>) => fn(),
    workflowService: {
      async listWorkflowExecutions({
        query,
        pageSize,
        nextPageToken,
      }: {
        query: string;
        pageSize: number;
        nextPageToken?: Uint8Array;
      }) {
        requests.push({ query, pageSize });
        const page = Number(Buffer.from(nextPageToken ?? []).toString() || 0);
        if (!pages[page]) throw new Error('14 UNAVAILABLE');
        return { executions: pages[page], nextPageToken: Buffer.from(pages[page + 1] ? String(page + 1) : '') };
      },
      async getWorkflowExecutionHistory({ execution: { runId } }: { execution: { runId: string } }) {
        requests.push({ runId });
        const failure = failures[runId];
        if (!failure) throw new Error('gone');
        return { history: { events: [{ workflowExecutionFailedEventAttributes: { failure } }] } };
      },
    },
  };
  return { client: client as unknown as TemporalReader, requests };
}

const at = (time: string) => ({ seconds: Date.parse(time) / 1000, nanos: 250_000_000 });

function aRun(runId: string, status: number, more: object = {}) {
  return { execution: { runId }, status, startTime: at('2026-11-22T11:00:00Z'), ...more };
}

describe('createHistoryReader', () => {
  it('reads runs, newest first, with version, times and why they failed', async () => {
    const indexedFields = {
      FogVersion: defaultPayloadConverter.toPayload('v2'),
      FogPhase: defaultPayloadConverter.toPayload('Failed'),
    };
    const { client, requests } = aTemporal(
      [
        [
          aRun('r3', 1),
          aRun('r2', 3, { closeTime: at('2026-11-22T11:05:00Z'), searchAttributes: { indexedFields } }),
          aRun('r1', 6, { closeTime: at('2026-11-22T11:05:00Z') }),
        ],
      ],
      {
        r2: {
          message: 'Activity task failed',
          cause: { message: 'edge/web-edge: no such image', applicationFailureInfo: {} },
        },
      },
    );
    const history = createHistoryReader(client);
    const page = await history.runs('cloud', 'web', { limit: 20 });
    const closed = { startTime: '2026-11-22T11:00:00.250Z', closeTime: '2026-11-22T11:05:00.250Z' };
    expect(page).toEqual({
      runs: [
        { runId: 'r3', status: 'Running', startTime: closed.startTime },
        {
          runId: 'r2',
          status: 'Failed',
          version: 'v2',
          phase: 'Failed',
          ...closed,
          failure: 'edge/web-edge: no such image',
        },
        { runId: 'r1', status: 'ContinuedAsNew', ...closed },
      ],
    });
    expect(requests).toEqual([{ query: 'WorkflowId = "fogrollout/cloud/web"', pageSize: 20 }, { runId: 'r2' }]);
    await history.runs('cloud', 'web', { limit: 20 });
    expect(requests.filter(({ runId }) => runId)).toHaveLength(1);
  });

  it('pages with a token that fits a URL', async () => {
    const history = createHistoryReader(aTemporal([[aRun('r2', 2)], [aRun('r1', 2)]]).client);
    const first = await history.runs('cloud', 'web', { limit: 1 });
    expect(first.next).toMatch(/^[A-Za-z0-9_-]+$/);
    const second = await history.runs('cloud', 'web', { limit: 1, pageToken: first.next });
    expect([second.runs[0]!.runId, second.next]).toEqual(['r1', undefined]);
  });

  it('shows a failed run whose reason cannot be read', async () => {
    const history = createHistoryReader(aTemporal([[aRun('r1', 3)]]).client);
    expect((await history.runs('cloud', 'web', { limit: 1 })).runs).toMatchObject([{ runId: 'r1', status: 'Failed' }]);
  });

  it('tells a token of nobody from a Temporal that is away', async () => {
    const history = createHistoryReader(aTemporal([[aRun('r2', 2)], [aRun('r1', 2)]]).client);
    const { next } = await history.runs('cloud', 'web', { limit: 1 });
    for (const [name, pageToken] of [
      ['web', 'abc'],
      ['web', `${next}x`],
      ['other', next],
    ] as const) {
      await expect(history.runs('cloud', name, { limit: 1, pageToken })).rejects.toThrow(InvalidPageToken);
    }
    const away = createHistoryReader({
      ...aTemporal([]).client,
      withDeadline: () => Promise.reject(new Error('14 UNAVAILABLE')),
    });
    await expect(away.runs('cloud', 'web', { limit: 1 })).rejects.toThrow(HistoryUnavailable);
  });
});

describe('GET /rollouts/{name}/history', () => {
  const run = { runId: 'r1', status: 'Completed', version: 'v1', startTime: '2026-11-22T11:00:00.000Z' } as const;

  it.each<[string, HistoryReader['runs'], string, number, object]>([
    [
      'a page of runs',
      async () => ({ runs: [run], next: 'abc' }),
      'web',
      200,
      { namespace: 'default', name: 'web', runs: [run], continue: 'abc' },
    ],
    ['a rollout that never ran', async () => ({ runs: [] }), 'web', 200, { runs: [] }],
    ['a rollout that is gone but ran', async () => ({ runs: [run] }), 'gone', 200, { runs: [run] }],
    [
      'a rollout that never was',
      async () => ({ runs: [] }),
      'gone',
      404,
      { detail: 'FogRollout default/gone was not found' },
    ],
    [
      'Temporal away',
      () => Promise.reject(new HistoryUnavailable('away')),
      'web',
      503,
      { detail: expect.stringContaining('Temporal') },
    ],
    [
      'a token of nobody',
      () => Promise.reject(new InvalidPageToken('bad')),
      'web',
      400,
      { errors: [{ field: 'continue', in: 'query' }] },
    ],
  ])('%s', async (_case, runs, name, status, body) => {
    const app = await createApp({ rollouts: createRollouts(aRollout('web')), history: { runs } });
    const response = await app.inject(`/rollouts/${name}/history`);
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject(body);
    expect(response.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
    await expectDocumented(app, '/rollouts/{name}/history', response);
    expect((await app.inject('/rollouts/web')).statusCode).toBe(200);
    await app.close();
  });

  it('hands limit and continue on', async () => {
    const asked: unknown[] = [];
    const history: HistoryReader = {
      async runs(...request) {
        asked.push(request);
        return { runs: [run] };
      },
    };
    const app = await createApp({ history });
    await app.inject('/rollouts/web/history?namespace=cloud&limit=7&continue=abc');
    await app.inject('/rollouts/web/history');
    expect(asked).toEqual([
      ['cloud', 'web', { limit: 7, pageToken: 'abc' }],
      ['default', 'web', { limit: 20, pageToken: undefined }],
    ]);
    await app.close();
  });
});
