/** Calls single activities of running workers, which takes a workflow: one of its own, on a queue of its own. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
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
  /** Once a process. */
  static #isInstalled = false;
  readonly #connection: NativeConnection;
  readonly #client: Client;
  readonly #worker: Worker;
  readonly #running: Promise<void>;

  private constructor(connection: NativeConnection, worker: Worker, dataConverter: DataConverter) {
    this.#connection = connection;
    this.#client = new Client({ connection, dataConverter });
    this.#worker = worker;
    this.#running = worker.run();
  }

  /**
   * @param dataConverter - what becomes of payloads; left out, nothing
   * @param queue - another one where there are several of these on a server
   */
  static async start(address: string, dataConverter: DataConverter = {}, queue = QUEUE): Promise<ActivityCaller> {
    if (!ActivityCaller.#isInstalled) Runtime.install({ logger, shutdownSignals: [] });
    ActivityCaller.#isInstalled = true;
    const [connection, workflowBundle] = await Promise.all([
      NativeConnection.connect({ address }),
      bundleWorkflowCode({ workflowsPath: WORKFLOWS, workflowInterceptorModules: [WORKFLOWS], logger }),
    ]);
    const worker = await Worker.create({ connection, taskQueue: queue, workflowBundle, dataConverter });
    return new ActivityCaller(connection, worker, dataConverter);
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
      taskQueue: this.#worker.options.taskQueue,
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
