/** The Temporal that a release brings: its command line and its hook, as the chart renders them, with the real binary. */
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { execa } from 'execa';
import { SEARCH_ATTRIBUTES } from '../../model/names.ts';
import { EMBEDDED, helmOn, RELEASE, render, SETUP_MS, set } from '../support/chart.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { stack } from '../support/stack.ts';
import { createWorkspace, removeWorkspace } from '../support/workspace.ts';

interface Container {
  args: string[];
  lifecycle: { postStart: { exec: { command: string[] } } };
  readinessProbe: { grpc: { port: number; service: string } };
}

/** As another pod would reach it: an address that is not this machine's own; in the worst case one that only looks like it. */
const ADDRESS =
  Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.2';
const ENDS_MS = 30_000;
jest.setTimeout(120_000);
let dir: string;
let container: Container;
let ports: { grpc: number; ui: number; metrics: number };
let server: ReturnType<typeof startServer>;
let connection: Connection | undefined;

beforeAll(async () => {
  const helm = await helmOn(stack());
  const values = [...EMBEDDED, 'temporal.namespace=fog', 'temporal.embedded.retention=5d'];
  const objects = await render(helm, ...RELEASE, ...values.flatMap(set));
  const { spec } = objects.find(({ kind }) => kind === 'StatefulSet')!;
  container = spec!.template.spec.containers[0] as unknown as Container;
  dir = createWorkspace();
  for (const folder of ['data', 'bin']) mkdirSync(join(dir, folder));
  symlinkSync(stack().tools.temporal!, join(dir, 'bin', 'temporal'));
  ports = { grpc: await freePort(), ui: await freePort(), metrics: await freePort() };
  chmodSync(join(dir, 'bin'), 0o555);
  server = startServer();
}, SETUP_MS);
afterAll(async () => {
  await connection?.close();
  removeWorkspace(dir);
});

/** Ports and the volume are this machine's; all else is as it is in the pod. */
const here = (text: string) =>
  text
    .replace('/var/lib/temporal/', `${join(dir, 'data')}/`)
    .replace(/^--port=7233$/, `--port=${ports.grpc}`)
    .replace(/^--ui-port=8233$/, `--ui-port=${ports.ui}`)
    .replace(/^--metrics-port=9090$/, `--metrics-port=${ports.metrics}`)
    .replace('127.0.0.1:7233', `127.0.0.1:${ports.grpc}`);
const environment = () => ({ PATH: `${join(dir, 'bin')}:/usr/bin:/bin`, HOME: '/nonexistent' });

function startServer() {
  const env = environment();
  const args = container.args.map(here);
  return execa(join(dir, 'bin', 'temporal'), args, { cwd: '/', env, extendEnv: false, reject: false, all: true });
}

/** Connects as the roles do, once the probe is content. */
async function reached(): Promise<Client> {
  await connection?.close();
  const { service } = container.readinessProbe.grpc;
  connection = await eventually<Connection>('the server to take requests', async () => {
    const made = await Connection.connect({ address: `${ADDRESS}:${ports.grpc}`, connectTimeout: 2_000 });
    const { status } = await made.healthService.check({ service });
    if (status === 1) return made;
    await made.close();
    return { not: status };
  });
  return new Client({ connection, namespace: 'fog' });
}

describe('A Temporal of the release’s own', () => {
  it('is reached at all addresses, has the namespace, our search attributes and its UI', async () => {
    const client = await reached();
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: 'fog' });
    expect(Object.keys(customAttributes ?? {})).toEqual(
      expect.arrayContaining(Object.values<string>(SEARCH_ATTRIBUTES)),
    );
    expect(await (await fetch(`http://${ADDRESS}:${ports.ui}/`)).text()).toContain('<html');
    expect(await (await fetch(`http://${ADDRESS}:${ports.metrics}/metrics`)).text()).toContain('service_requests');
  });

  it('keeps runs that have ended as long as it is told', async () => {
    const [command, ...args] = container.lifecycle.postStart.exec.command.map(here);
    await execa(command!, args, { env: environment(), extendEnv: false });
    const { workflowService } = (await reached()).connection;
    const { config } = await workflowService.describeNamespace({ namespace: 'fog' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(5 * 86_400);
  });

  it('has what it had after it was killed', async () => {
    const client = await reached();
    const workflowId = 'kept';
    const signal = { signal: 'change', signalArgs: [1] };
    await client.workflow.signalWithStart('none', { workflowId, taskQueue: 'nobody', ...signal });
    server.kill('SIGKILL');
    await server;
    server = startServer();
    const again = await reached();
    expect((await again.workflow.getHandle(workflowId).describe()).status.name).toBe('RUNNING');
    const { config } = await again.connection.workflowService.describeNamespace({ namespace: 'fog' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(5 * 86_400);
  });

  it('ends well when its pod does', async () => {
    await reached();
    server.kill('SIGTERM');
    const late = AbortSignal.timeout(ENDS_MS);
    const { exitCode, all } = await Promise.race([
      server,
      once(late, 'abort').then(() => ({ exitCode: 'none', all: '' })),
    ]);
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 });
  });
});
