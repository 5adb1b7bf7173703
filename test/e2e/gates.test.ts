/** Gates that ask others: real HTTP servers, a real Job, a real workflow; and secrets, which show nowhere. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { V1Job } from '@kubernetes/client-node';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { CRON_JOBS, JOBS, type KubeObject, SECRETS } from '../../kube/resources.ts';
import { workflowId } from '../../model/names.ts';
import type { FogRollout, Gate } from '../../model/types.ts';
import { asked } from '../support/asking.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { aRollout } from '../support/rollouts.ts';
import { stack } from '../support/stack.ts';

const NAMESPACE = 'e2e-gates';
const QUEUE = 'e2e-gates-board';
const KEY = 'the-key-of-the-hooks';
const TOKEN = 'the-token-of-prometheus';

const file = e2eFile();
const world = file.world(stack(), NAMESPACE);

interface Seen {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}
const seen: Seen[] = [];
/** By path: what is answered next, the last for ever. */
const answers = new Map<string, { status: number; body?: string }[]>();
let server: Server;
let temporal: Client;

const origin = (host = '127.0.0.1') => `http://${host}:${(server.address() as AddressInfo).port}`;
const about = (path: string) => seen.filter((one) => one.path.startsWith(path));
const gated = (gate: Gate, wishes: object = {}) => ({
  layers: ['cloud', 'edge'] as const,
  strategy: { layers: { edge: { before: [gate] } } },
  ...wishes,
});
const readyOf = ({ status }: FogRollout) => status?.conditions?.find(({ type }) => type === 'Ready');
const gateOf = ({ status }: FogRollout) => status?.gates?.[0];
const stands = (name: string, what: string, holds: (rollout: FogRollout) => boolean) =>
  world.untilRollout(`${NAMESPACE}/${name}`, what, (rollout) => rollout !== undefined && holds(rollout));
const jobsOf = async (rollout: string) =>
  (await world.client.list<V1Job & KubeObject>(JOBS, { namespace: NAMESPACE, labelSelector: `fog-rollout=${rollout}` }))
    .items;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const path = request.url!;
    seen.push({ path, headers: request.headers, body });
    const known = answers.get(path.split('?')[0]!) ?? [{ status: 503 }];
    const next = known.length > 1 ? known.shift()! : known[0]!;
    response.writeHead(next.status).end(next.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  file.atEnd(() => server.close());
  file.atEnd(() => server.closeAllConnections());
  await world.open({ env: { FOG_ROLLOUTS_GATE_HOSTS: '127.0.0.1', FOG_ROLLOUTS_GATE_TASK_QUEUES: QUEUE } });
  const secret = (name: string, labels: Record<string, string>) => ({
    metadata: { namespace: NAMESPACE, name, labels },
    data: { key: btoa(KEY), token: btoa(TOKEN) },
  });
  await world.client.create<KubeObject>(SECRETS, secret('hooks', { 'fog-rollouts.paguos.io/gates': 'true' }));
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  const connection = await NativeConnection.connect({ address: stack().temporalAddress });
  file.atEnd(() => connection.close());
  temporal = new Client({ connection });
});

describe('A rollout that asks by HTTP', () => {
  const hook = (path: string, more = {}): Gate => ({
    name: 'board',
    http: { url: `${origin()}${path}`, secretRef: { name: 'hooks', key: 'key' }, retrySeconds: 1, ...more },
  });

  it.concurrent('waits until somebody says yes, with a signature that only who has the key can make', async () => {
    const applied = await world.apply(aRollout('hooked', gated(hook('/yes?k=private'))));
    const waiting = await stands('hooked', 'to ask', ({ status }) => status?.gates?.[0]?.state === 'Closed');
    expect(readyOf(waiting)).toMatchObject({ status: 'False', reason: 'WaitingForGate' });
    expect(gateOf(waiting)!.message).toMatch(/^asks .*until 20/);
    const heard = `${origin()}/yes answered 503 Service Unavailable`;
    await stands('hooked', 'to say what was answered', (rollout) => gateOf(rollout)?.message.endsWith(heard) === true);
    expect(world.deployment('edge', 'hooked')).toBeUndefined();
    await eventually('it to ask again', async () => about('/yes').length > 1 || { not: about('/yes').length });
    answers.set('/yes', [{ status: 200 }]);
    const { status } = await world.succeeded(applied);
    expect(status!.gates).toMatchObject([{ state: 'Open', message: `${origin()}/yes answered 200 OK` }]);
    for (const { headers, body } of about('/yes')) {
      const at = headers['x-fog-rollouts-timestamp'];
      const signature = createHmac('sha256', KEY).update(`${at}.${body}`).digest('hex');
      expect(headers['x-fog-rollouts-signature']).toBe(`sha256=${signature}`);
      expect(JSON.parse(body)).toMatchObject({ rollout: 'hooked', namespace: NAMESPACE, version: 'v1', layer: 'edge' });
    }
    expect(new Set(about('/yes').map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    await expectNowhere('hooked');
  });

  it.concurrent('ends when somebody says no, and a Retry asks anew', async () => {
    answers.set('/no', [{ status: 403, body: 'no change on Fridays\nsee the handbook' }, { status: 200 }]);
    const failed = await world.settled(await world.apply(aRollout('refused', gated(hook('/no')))));
    expect(readyOf(failed)).toMatchObject({
      reason: 'GateRefused',
      message: `edge: the gate board before it: ${origin()}/no answered 403 Forbidden: no change on Fridays`,
    });
    expect(world.deployment('edge', 'refused')).toBeUndefined();
    await asked(world, { rollout: 'refused', action: 'Retry' });
    await stands('refused', 'to succeed', ({ status }) => status?.phase === 'Succeeded');
    expect(new Set(about('/no').map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
  });

  it.concurrent('polls until what is answered is good', async () => {
    answers.set('/run', [
      { status: 200, body: '{"state":"running"}' },
      { status: 200, body: '{"state":"done"}' },
    ]);
    const secretRef = { name: 'hooks', key: 'token' };
    const gate = hook('/run', { secretRef, success: 'body.state == "done"', failure: 'status == 404' });
    const { status } = await world.succeeded(await world.apply(aRollout('polled', gated(gate))));
    const message = `${origin()}/run answered 200 OK: \`body.state == "done"\` is true`;
    expect(status!.gates).toMatchObject([{ state: 'Open', message }]);
    expect(about('/run').map(({ headers, body }) => [headers.authorization, body])).toEqual([
      [`Bearer ${TOKEN}`, ''],
      [`Bearer ${TOKEN}`, ''],
    ]);
    await expectNowhere('polled');
  });

  it.concurrent.each([
    [
      'a name that leads to loopback',
      'looped',
      () => `${origin('localhost')}/x`,
      'leads to 127.0.0.1, a loopback address',
    ],
    ['the metadata address', 'metadata', () => 'http://169.254.169.254/latest', 'is a link-local address'],
  ])('asks nobody at %s', async (_, name, url, why) => {
    const failed = await world.settled(await world.apply(aRollout(name, gated({ http: { url: url() } }))));
    expect(readyOf(failed)).toMatchObject({ reason: 'GateAddressRefused', message: expect.stringContaining(why) });
    expect(about('/x')).toEqual([]);
  });
});

describe('A rollout that runs a Job', () => {
  /** @param image - of its one container; `test/no-such-image` never starts */
  async function aCronJob(name: string, image: string, activeDeadlineSeconds?: number): Promise<void> {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'smoke', image }] } };
    await world.client.create<KubeObject>(CRON_JOBS, {
      metadata: { namespace: NAMESPACE, name },
      spec: {
        schedule: '0 0 1 1 *',
        suspend: true,
        jobTemplate: { spec: { backoffLimit: 0, template, ...(activeDeadlineSeconds && { activeDeadlineSeconds }) } },
      },
    } as KubeObject);
  }

  it.concurrent('goes on when it is complete', async () => {
    await aCronJob('good', 'smoke:1');
    const { status } = await world.succeeded(
      await world.apply(aRollout('smoked', gated({ job: { cronJob: 'good' } }))),
    );
    const [job, ...others] = await jobsOf('smoked');
    expect(others).toEqual([]);
    expect(status!.gates).toMatchObject([
      { name: 'job', message: `Job ${NAMESPACE}/${job!.metadata.name} is complete` },
    ]);
    expect(job!.spec!.template.spec!.containers[0]!.env).toContainEqual({ name: 'FOG_ROLLOUT_VERSION', value: 'v1' });
  });

  it.concurrent('ends when it fails, with its reason', async () => {
    await aCronJob('bad', 'test/no-such-image', 1);
    const failed = await world.settled(await world.apply(aRollout('unsmoked', gated({ job: { cronJob: 'bad' } }))));
    expect(readyOf(failed)).toMatchObject({
      reason: 'GateFailed',
      message: expect.stringContaining('has failed: DeadlineExceeded'),
    });
  });

  it.concurrent('takes it away when a newer revision comes, whose Job is another', async () => {
    await aCronJob('slow', 'test/no-such-image');
    await world.apply(aRollout('resmoked', gated({ job: { cronJob: 'slow' } })));
    const [first] = await eventually<(V1Job & KubeObject)[]>('its Job', async () => {
      const jobs = await jobsOf('resmoked');
      return jobs.length > 0 ? jobs : { not: jobs };
    });
    await world.apply(aRollout('resmoked', gated({ job: { cronJob: 'slow' } }, { version: 'v2' })));
    await eventually('another Job in its place', async () => {
      const names = (await jobsOf('resmoked')).map(({ metadata }) => metadata.name);
      return (names.length === 1 && names[0] !== first!.metadata.name) || { not: names };
    });
  });
});

describe('A rollout that asks a workflow', () => {
  const board = (answer: string, taskQueue = QUEUE): Gate => ({
    name: 'board',
    workflow: { type: 'decide', taskQueue, input: { answer } },
  });
  const idsOf = async (name: string) => {
    const found: { id: string; status: string }[] = [];
    const query = `WorkflowId STARTS_WITH "fogrollout-gate/${NAMESPACE}/${name}/"`;
    for await (const { workflowId: id, status } of temporal.workflow.list({ query }))
      found.push({ id, status: status.name });
    return found;
  };

  beforeAll(async () => {
    const workflowsPath = fileURLToPath(new URL('../support/gate-workflows.ts', import.meta.url));
    const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    const { connection } = temporal as unknown as { connection: NativeConnection };
    const worker = await Worker.create({ connection, taskQueue: QUEUE, workflowBundle });
    const running = worker.run();
    file.atEnd(async () => {
      worker.shutdown();
      await running;
    });
  });

  it.concurrent('goes on with its result', async () => {
    const { status } = await world.succeeded(await world.apply(aRollout('decided', gated(board('yes')))));
    expect(status!.gates).toMatchObject([{ message: 'the workflow decide is complete: v1 has a ticket' }]);
  });

  it.concurrent('ends with its failure', async () => {
    const failed = await world.settled(await world.apply(aRollout('undecided', gated(board('no')))));
    expect(readyOf(failed)).toMatchObject({
      reason: 'GateFailed',
      message: 'edge: the gate board before it: the workflow decide has ended without success: no ticket for v1',
    });
  });

  it.concurrent('has it cancelled when the rollout is aborted', async () => {
    await world.apply(aRollout('indecisive', gated(board('never'))));
    await eventually('it to run', async () => {
      const found = await idsOf('indecisive');
      return found[0]?.status === 'RUNNING' || { not: found };
    });
    await asked(world, { rollout: 'indecisive', action: 'Abort' });
    await eventually('it to be cancelled', async () => {
      const found = await idsOf('indecisive');
      return found.every(({ status }) => status === 'CANCELLED') || { not: found };
    });
  });

  it.concurrent.each([
    ['ours', 'own-queue', 'fog-rollouts', 'it is our own'],
    ['that the operator has not opened', 'other-queue', 'payroll', 'FOG_ROLLOUTS_GATE_TASK_QUEUES'],
  ])('starts none on a task queue %s', async (_, name, taskQueue, why) => {
    const failed = await world.settled(await world.apply(aRollout(name, gated(board('yes', taskQueue)))));
    expect(readyOf(failed)).toMatchObject({ reason: 'GateUnrunnable', message: expect.stringContaining(why) });
    expect(await idsOf(name)).toEqual([]);
  });
});

describe('A rollout that asks Prometheus', () => {
  const metric = (path: string): Gate => ({
    name: 'errors',
    metric: {
      prometheus: { url: `${origin()}${path}`, query: 'errors', secretRef: { name: 'hooks', key: 'token' } },
      success: 'result[0] < 0.05',
      failure: 'result[0] > 0.5',
      intervalSeconds: 1,
      count: 2,
      inconclusiveLimit: 0,
    },
  });
  const gave = (value: string) => ({
    status: 200,
    body: JSON.stringify({
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [0, value] }] },
    }),
  });

  it.concurrent('goes on with good answers, and shows its token to Prometheus alone', async () => {
    answers.set('/good/api/v1/query', [gave('0.01')]);
    const { status } = await world.succeeded(await world.apply(aRollout('measured', gated(metric('/good')))));
    expect(status!.gates).toMatchObject([{ message: '2 of 2 measurements were good' }]);
    expect(about('/good').map(({ headers }) => headers.authorization)).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
    await expectNowhere('measured');
  });

  it.concurrent('is held where that says nothing, until a person resumes it', async () => {
    answers.set('/unclear/api/v1/query', [gave('0.1'), gave('0.01')]);
    const applied = await world.apply(aRollout('unclear', gated(metric('/unclear'))));
    const held = await stands('unclear', 'to be held', ({ status }) => status?.phase === 'Paused');
    expect(readyOf(held)).toMatchObject({
      reason: 'GateInconclusive',
      message: expect.stringContaining('a FogAction Resume'),
    });
    await asked(world, { rollout: 'unclear', action: 'Resume' });
    await world.succeeded(applied);
  });
});

/** Neither key nor token: in the rollout's history, in its object, or in what the product has logged. */
async function expectNowhere(name: string): Promise<void> {
  const history = await temporal.workflow.getHandle(workflowId(NAMESPACE, name)).fetchHistory();
  const payloads = JSON.stringify(history, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
  );
  expect(payloads).toContain('askGate');
  const said = [payloads, JSON.stringify(world.rollout(`${NAMESPACE}/${name}`)), JSON.stringify(world.product.log)];
  for (const text of [...said, world.product.noise]) {
    for (const secret of [KEY, TOKEN, btoa(KEY), btoa(TOKEN)]) expect(text).not.toContain(secret);
  }
}
