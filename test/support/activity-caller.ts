/** Calls single activities of running workers, which takes a workflow: one of its own, on a queue of its own. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { MissedContent, SiteActivities } from '../../model/activities.ts';
import type { RegionActivities } from '../../model/region-observation.ts';
import type { ActivityCall, callActivity } from './activity-workflow.ts';
import { eventually } from './eventually.ts';

const QUEUE = 'activity-caller';
const WORKFLOWS = fileURLToPath(new URL('activity-workflow.ts', import.meta.url));
const logger = new DefaultLogger('ERROR');

type Activities = SiteActivities & RegionActivities;
type Input<Name extends keyof Activities> = Parameters<Activities[Name]>[0];
type Result<Name extends keyof Activities> = Exclude<Awaited<ReturnType<Activities[Name]>>, MissedContent>;

export interface Call<T> {
  /** Rejects with the activity's own failure. */
  result: Promise<T>;
  /** Resolves with the message of a failed attempt that `pattern` fits, while the activity is tried again. */
  failed(pattern: RegExp): Promise<string>;
}

export class ActivityCaller {
  readonly #connection: NativeConnection;
  readonly #client: Client;
  readonly #worker: Worker;
  readonly #running: Promise<void>;

  private constructor(connection: NativeConnection, worker: Worker) {
    this.#connection = connection;
    this.#client = new Client({ connection });
    this.#worker = worker;
    this.#running = worker.run();
  }

  static async start(address: string): Promise<ActivityCaller> {
    Runtime.install({ logger, shutdownSignals: [] });
    const [connection, workflowBundle] = await Promise.all([
      NativeConnection.connect({ address }),
      bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger }),
    ]);
    return new ActivityCaller(connection, await Worker.create({ connection, taskQueue: QUEUE, workflowBundle }));
  }

  async stop(): Promise<void> {
    this.#worker.shutdown();
    await this.#running;
    await this.#connection.close();
  }

  /** Tried again for two minutes. */
  async call<Name extends keyof Activities>(queue: string, name: Name, input: Input<Name>): Promise<Result<Name>> {
    return await (await this.begin(queue, name, input)).result;
  }

  async begin<Name extends keyof Activities>(
    queue: string,
    name: Name,
    input: Input<Name>,
  ): Promise<Call<Result<Name>>> {
    const handle = await this.#client.workflow.start<typeof callActivity>('callActivity', {
      workflowId: randomUUID(),
      taskQueue: QUEUE,
      args: [{ queue, name, input } satisfies ActivityCall],
    });
    const result = handle.result().catch((error: { cause?: { cause?: Error } }) => {
      throw error.cause?.cause ?? error;
    }) as Promise<Result<Name>>;
    result.catch(() => undefined);
    return {
      result,
      failed: (pattern) =>
        eventually<string>(`${name} to fail with ${pattern}`, async () => {
          const { raw } = await handle.describe();
          const message = raw.pendingActivities?.[0]?.lastFailure?.message ?? '';
          return pattern.test(message) ? message : { not: message };
        }),
    };
  }
}
