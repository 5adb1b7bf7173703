import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Product } from './product.ts';
import { NAMESPACE, type World } from './world.ts';

const SAMPLED_MS = 1_000;

/** What was seen of a rollout while it went on. */
export interface Seen {
  /** The largest status the FogRollout ever had, as JSON. */
  statusBytes: number;
  /** The most memory the product had in use, to the second. */
  peakRssMb: number;
}

/** Watches a rollout from before it is applied; what it returns ends that and tells. */
export function observe(world: World, product: Product, name: string): () => Promise<Seen> {
  const stop = new AbortController();
  let statusBytes = 0;
  const look = ({ metadata, status }: ReturnType<World['rollouts']['list']>[number]) => {
    if (metadata.namespace !== NAMESPACE || metadata.name !== name) return;
    statusBytes = Math.max(statusBytes, Buffer.byteLength(JSON.stringify(status ?? {})));
  };
  const end = world.rollouts.subscribe({ onAdd: look, onUpdate: (_old, live) => look(live) });
  const sampled = sampleMemory(product, stop.signal);
  return async () => {
    end();
    stop.abort();
    return { statusBytes, peakRssMb: Math.round((await sampled) / 1024 ** 2) };
  };
}

async function sampleMemory(product: Product, signal: AbortSignal): Promise<number> {
  let most = 0;
  do {
    most = Math.max(most, await product.rssBytes());
    await delay(SAMPLED_MS, undefined, { signal }).catch(() => undefined);
  } while (!signal.aborted);
  return Math.max(most, await product.rssBytes());
}

/** How large the workflow histories of a rollout became; each run of a chain has its own. */
export interface Histories {
  runEvents: number;
  runBytes: number;
  shards: number;
  shardEvents: number;
  shardBytes: number;
}

/** Waits until every workflow of the rollout has ended, then asks the server about each. */
export async function historiesOf({ stack }: World, name: string): Promise<Histories> {
  const connection = await Connection.connect({ address: stack.temporalAddress });
  const { workflow } = new Client({ connection });
  const id = `fogrollout/${NAMESPACE}/${name}`;
  const query = `WorkflowId = "${id}" OR WorkflowId STARTS_WITH "${id}/"`;
  try {
    // The list follows a moment behind the workflows.
    while ((await workflow.count(`ExecutionStatus = "Running" AND (${query})`)).count > 0) await delay(500);
    await delay(1_000);
    const seen: Histories = { runEvents: 0, runBytes: 0, shards: 0, shardEvents: 0, shardBytes: 0 };
    for await (const { workflowId, runId } of workflow.list({ query })) {
      const { historyLength, historySize = 0 } = await workflow.getHandle(workflowId, runId).describe();
      if (workflowId === id) {
        seen.runEvents = Math.max(seen.runEvents, historyLength);
        seen.runBytes = Math.max(seen.runBytes, historySize);
      } else {
        seen.shards += 1;
        seen.shardEvents = Math.max(seen.shardEvents, historyLength);
        seen.shardBytes = Math.max(seen.shardBytes, historySize);
      }
    }
    return seen;
  } finally {
    await connection.close();
  }
}
