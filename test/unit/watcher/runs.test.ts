import { describe, expect, it } from '@jest/globals';
import type { WorkflowClient } from '@temporalio/client';
import { createRuns } from '../../../watcher/runs.ts';

/** @param attempts - of the workflow task of each workflow that is open, by id */
function runsIn(attempts: Record<string, number>, pending: string[] = []) {
  const asked: string[] = [];
  const workflows = {
    connection: { withDeadline: (_: number, question: () => unknown) => question() },
    options: { namespace: 'default' },
    workflowService: { getWorkflowExecutionHistoryReverse: async () => ({}) },
    getHandle: (id: string) => ({
      async describe() {
        asked.push(id);
        const pendingChildren = pending.map((workflowId) => ({ workflowId }));
        const raw = { pendingWorkflowTask: { attempt: attempts[id] ?? 1 }, pendingChildren };
        return { runId: `run of ${id}`, status: { name: 'RUNNING' }, raw };
      },
    }),
  };
  return { asked, runs: createRuns(workflows as unknown as WorkflowClient) };
}

const WEB = { namespace: 'shop', name: 'web' };
const shard = (index: number) => `fogrollout/shop/web/edge/${index}`;

describe('A look at a run', () => {
  it('finds a shard that fails and that Temporal does not count to it', async () => {
    const { runs } = runsIn({ [shard(1)]: 9 });
    expect(await runs.look(WEB)).not.toHaveProperty('trouble');
    const trouble = { kind: 'failing', workflowId: shard(1), cause: expect.any(String) };
    expect(await runs.look(WEB, [shard(0), shard(1), shard(2)])).toMatchObject({ kind: 'open', trouble });
  });

  it('asks for each of them once', async () => {
    const { runs, asked } = runsIn({}, [shard(1)]);
    await runs.look(WEB, [shard(0), shard(1)]);
    expect(asked.slice(1)).toEqual([shard(1), shard(0)]);
  });
});
