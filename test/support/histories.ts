/** What Temporal keeps of runs, as whoever may read it sees it. */
import { Client, type Connection } from '@temporalio/client';

/** Every event of every run of the workflows whose ids begin so, as JSON, with bytes as text. */
export async function historiesOf(connection: Connection, id: string): Promise<string> {
  const { workflow } = new Client({ connection });
  const texts: string[] = [];
  for await (const { workflowId, runId } of workflow.list({ query: `WorkflowId STARTS_WITH "${id}"` })) {
    const { events } = await workflow.getHandle(workflowId, runId).fetchHistory();
    texts.push(JSON.stringify(readable(events)));
  }
  if (texts.length === 0) throw new Error(`There is no workflow ${id}`);
  return texts.join('\n');
}

/** Bytes as text, whatever is in them. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, readable(one)]));
}
