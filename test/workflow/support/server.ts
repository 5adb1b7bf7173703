import { Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { TUNED_FLAGS } from '../../../dev/temporal.ts';
import { ensureTools } from '../../../dev/tools/ensure.ts';
import { HUB_QUEUE, HUB_SITES_QUEUE } from '../../../model/names.ts';
import { waitsOf } from '../../../model/site.ts';
import { createSignaller, type Signaller } from '../../../watcher/signaller.ts';
import { ensureSearchAttributes } from '../../../workers/search-attributes.ts';
import { testBundle } from '../../support/bundle.ts';
import { expectAlone } from './alone.ts';
import { type ActivityName, FakeRollout, type Inputs } from './fake-rollout.ts';

/** How long starting and stopping a server may take on a busy machine. */
export const START_MS = 120_000;

const NAMESPACE = 'default';
const HUB_QUEUES = [HUB_QUEUE, HUB_SITES_QUEUE, waitsOf(HUB_QUEUE)];
const ACTIVITIES: ActivityName[] = [
  'openRun',
  'reportStatus',
  'checkLayers',
  'checkRelease',
  'loadLayer',
  'loadRevision',
  'releaseFinalizer',
  'applyRelease',
  'awaitReady',
  'removeRelease',
  'planStage',
  'loadShard',
  'reportShard',
  'findSites',
  'askGate',
  'withdrawGate',
];
/** What has a heartbeat timeout in the workflow: these, and only these, hear of a cancellation. */
const HEARTBEATING: ActivityName[] = ['applyRelease', 'awaitReady', 'removeRelease', 'planStage', 'askGate'];
const HEARTBEAT_MS = 25;
/** How long an activity may go on after its worker was told to stop. */
const FORCE_MS = 5_000;

/** A real Temporal server with a worker of ours, whose activities are fakes. */
export class TestServer {
  readonly client: Client;
  readonly signaller: Signaller;
  private readonly environment: TestWorkflowEnvironment;
  private readonly bundle: WorkflowBundleOption;
  private readonly fakes = new Map<string, FakeRollout>();
  private worker: { stop(): Promise<void> } | undefined;

  private constructor(environment: TestWorkflowEnvironment, bundle: WorkflowBundleOption) {
    this.environment = environment;
    this.bundle = bundle;
    this.client = new Client({ connection: environment.connection, namespace: NAMESPACE, identity: 'watcher' });
    this.signaller = createSignaller(this.client.workflow);
  }

  /** @param dynamicConfig - `key=value` for the server, values as JSON */
  static async start(...dynamicConfig: string[]): Promise<TestServer> {
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
    const flags = dynamicConfig.flatMap((value) => ['--dynamic-config-value', value]);
    const [{ temporal }, bundle] = await Promise.all([ensureTools(['temporal']), testBundle()]);
    const environment = await TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'existing-path', path: temporal! }, extraArgs: [...TUNED_FLAGS, ...flags] },
    });
    const server = new TestServer(environment, bundle);
    await ensureSearchAttributes(environment.connection, NAMESPACE);
    await server.startWorker();
    return server;
  }

  /** Leaves nothing behind, also when a failed test left an activity that never ends. */
  async stop(): Promise<void> {
    try {
      await this.stopWorker();
    } finally {
      await this.environment.teardown();
    }
    expectAlone();
  }

  /** One more, beside those that run; of other queues than the hub's it has no workflows. */
  async startWorker(options: Partial<WorkerOptions> = {}, queues: readonly string[] = HUB_QUEUES): Promise<void> {
    const { workflowBundle = this.bundle, ...others } = options;
    // Two of a queue in one process need a connection each.
    const connection = this.worker
      ? await NativeConnection.connect({ address: this.environment.address })
      : this.environment.nativeConnection;
    const common = {
      connection,
      namespace: NAMESPACE,
      activities: Object.fromEntries(ACTIVITIES.map((name) => [name, this.activity(name)])),
      identity: 'worker',
      maxHeartbeatThrottleInterval: HEARTBEAT_MS,
      defaultHeartbeatThrottleInterval: HEARTBEAT_MS,
      shutdownForceTime: FORCE_MS,
      ...others,
    };
    const workers = await Promise.all(
      queues.map((taskQueue) =>
        Worker.create({ ...common, taskQueue, ...(taskQueue === HUB_QUEUE && { workflowBundle }) }),
      ),
    );
    const running = Promise.all(workers.map((worker) => worker.run()));
    const before = this.worker;
    this.worker = {
      async stop() {
        for (const worker of workers) worker.shutdown();
        await Promise.all([running, before?.stop()]);
        if (before) await connection.close();
      },
    };
  }

  /** Activities under way are told that they are cancelled; Temporal gives them to the next worker. */
  async stopWorker(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.stop();
  }

  /** The world of the FogRollout of that name. */
  fakeOf(name: string): FakeRollout {
    let fake = this.fakes.get(name);
    if (!fake) {
      fake = new FakeRollout();
      this.fakes.set(name, fake);
    }
    return fake;
  }

  private activity<Name extends ActivityName>(name: Name): (input: Inputs[Name]) => Promise<unknown> {
    return async (input) => {
      const context = Context.current();
      const beating = HEARTBEATING.includes(name) ? setInterval(() => context.heartbeat(), HEARTBEAT_MS) : undefined;
      beating?.unref();
      try {
        return await this.fakeOf(input.owner.name).call(name, input);
      } finally {
        clearInterval(beating);
      }
    };
  }
}
