import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { WorkflowClient } from '@temporalio/client';
import { createRegionClient } from '../../../../watcher/sites/region-client.ts';

const INPUT = { queue: 'region/sea', clusters: ['own'] };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Observations that are never answered; ending them takes as long as told. */
function aClient(terminate: () => Promise<unknown>) {
  const { promise, reject } = Promise.withResolvers<never>();
  const handle = {
    result: () => promise,
    terminate: jest.fn(async () => {
      await terminate();
      reject(new Error('The observation was terminated'));
    }),
  };
  const connection = { withDeadline: (_deadline: number, act: () => unknown) => act() };
  const workflows = { connection, options: { namespace: 'default' }, start: async () => handle };
  return { client: createRegionClient(workflows as unknown as WorkflowClient), handle };
}

describe('An observation that nobody waits for any more', () => {
  it('is ended at Temporal, and rejects then', async () => {
    const { client, handle } = aClient(async () => undefined);
    const stop = new AbortController();
    const observing = client.observe(INPUT, stop.signal);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(handle.terminate).not.toHaveBeenCalled();
    stop.abort();
    await expect(observing).rejects.toThrow();
    expect(handle.terminate).toHaveBeenCalledTimes(1);
  });

  it('holds its watcher up for two seconds at most while Temporal does not answer', async () => {
    const { client } = aClient(() => new Promise(() => undefined));
    const stop = new AbortController();
    const observing = client.observe(INPUT, stop.signal);
    let ended = false;
    observing.catch(() => {
      ended = true;
    });
    await jest.advanceTimersByTimeAsync(0);
    stop.abort();
    await jest.advanceTimersByTimeAsync(1_900);
    expect(ended).toBe(false);
    await jest.advanceTimersByTimeAsync(100);
    expect(ended).toBe(true);
  });
});

describe('Observations of very many queues', () => {
  it('are awaited together: the result of one is asked for when it is listed as ended', async () => {
    const result = jest.fn(async () => 'report');
    const queries: string[] = [];
    const workflows = {
      connection: { withDeadline: (_deadline: number, act: () => unknown) => act() },
      options: { namespace: 'default' },
      start: async () => ({ firstExecutionRunId: 'run-1', result }),
      workflowService: {
        async listWorkflowExecutions({ query, nextPageToken }: { query: string; nextPageToken?: Uint8Array }) {
          queries.push(query);
          if (!nextPageToken) return { executions: [], nextPageToken: queries.length > 1 ? Uint8Array.of(1) : null };
          return { executions: [{ execution: { runId: 'run-1' } }], nextPageToken: null };
        },
      },
    };
    const client = createRegionClient(workflows as unknown as WorkflowClient, { few: 0 });
    const observing = client.observe(INPUT, new AbortController().signal);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(result).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(2_000);
    await expect(observing).resolves.toBe('report');
    expect(queries[0]).toMatch(/^WorkflowType = "observeRegionWorkflow" AND CloseTime >= "2.*Z"$/);
  });
});
