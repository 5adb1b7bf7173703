/** The processes, each in its role: how they share the work, how they end, and what they do about what is missing. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { LAYERS } from '../../model/layers.ts';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually, startAgain } from '../support/eventually.ts';
import { Product, type ProductOptions } from '../support/product.ts';
import { aRollout, SLOW } from '../support/rollouts.ts';
import type { StackHandle } from '../support/stack.ts';
import type { World } from '../support/world.ts';

const NAMESPACE = 'e2e-roles';
const SETTLED = 20;
const file = e2eFile();
let cluster: StackHandle;
let world: World;
const started: Product[] = [];
jest.setTimeout(300_000);
beforeAll(async () => {
  cluster = await file.startStack();
  world = file.world(cluster, NAMESPACE);
  file.atEnd(stopAll);
  await world.watch();
});

function start(role: ProductOptions['role'] = 'all', env: Record<string, string> = {}): Product {
  const product = new Product(cluster, { role, env });
  started.push(product);
  world.product = product;
  return product;
}

/** A whole product: the one an earlier test left, or a fresh one. */
async function running(): Promise<Product> {
  return await (started.at(-1) ?? start()).ready();
}

async function stopAll(): Promise<void> {
  const codes = await Promise.all(started.splice(0).map((product) => product.stop()));
  expect(codes.filter((code) => code !== 0 && code !== 'SIGKILL')).toEqual([]);
}

const signalled = ({ log }: Product) => log.filter(({ msg }) => msg === 'Signalled').map(({ rollout }) => rollout);
const leads = (product: Product, ms?: number) => product.logged('its lead', ({ msg }) => msg === 'Became leader', ms);
const whyNotReady = async (product: Product) => {
  const answer = await fetch(`${await product.address()}/readyz`);
  const { checks = {} } = (await answer.json()) as { checks?: Record<string, string> };
  return { status: answer.status, checks };
};

describe('the namespaces of the layers', () => {
  it('are made when they are missing, and again when someone deletes one', async () => {
    await running();
    const rollout = await world.succeeded(await world.apply(aRollout('spaces')));
    const before = world.deployment('edge', 'spaces')!.metadata.uid;
    await world.must(['delete', 'namespace', 'edge', '--wait=false']);
    await world.untilDeployment('edge', 'spaces', 'to be back', ({ metadata }) => metadata.uid !== before, 120_000);
    await world.untilRollout(`${NAMESPACE}/spaces`, 'to be whole', (live) => live?.status?.phase === 'Succeeded');
    await world.delete(rollout);
    await world.gone(rollout);
  });

  it('may have a quota, whose words end the rollout there', async () => {
    await running();
    await world.must(['create', 'quota', 'none', '-n', 'fog', '--hard=count/deployments.apps=0']);
    await quotaHolds(true);
    const rollout = await world.apply(aRollout('limited'));
    const { status } = await world.settled(rollout);
    expect(status).toMatchObject({ phase: 'Failed', failures: [{ layer: 'fog', reason: 'Forbidden' }] });
    expect(status?.failures?.[0]?.message).toContain('exceeded quota: none');
    expect(world.deployment('edge', 'limited')).toBeUndefined();
    await world.must(['delete', 'quota', 'none', '-n', 'fog']);
    await quotaHolds(false);
    await world.succeeded(await world.apply(aRollout('limited', { version: 'v2' })));
  });
});

describe('a watcher that starts again', () => {
  it(`signals none of ${SETTLED} rollouts that have settled`, async () => {
    await running();
    const names = Array.from({ length: SETTLED }, (_, at) => `settled-${at}`);
    const applied = await Promise.all(names.map((name) => world.apply(aRollout(name, { layers: ['cloud'] }))));
    await Promise.all(applied.map((rollout) => world.succeeded(rollout, 120_000)));
    await listed('settled-', SETTLED);
    await stopAll();
    const again = await start().ready();
    // What comes after them is handled after them.
    await world.succeeded(await world.apply(aRollout('afterwards', { layers: ['cloud'] })));
    await again.logged('the signal', ({ msg }) => msg === 'Signalled');
    expect(signalled(again)).toEqual([`${NAMESPACE}/afterwards`]);
    await listed('afterwards', 1);
    expect(await runs('settled-')).toBe(SETTLED);
  });
});

describe('two watchers', () => {
  it('of which one acts: the other takes over when it is killed, and at once when it is stopped', async () => {
    await stopAll();
    await start('worker').ready();
    const first = start('watcher');
    await leads(first);
    const second = start('watcher');
    await second.ready();
    await world.succeeded(await world.apply(aRollout('led', { layers: ['cloud'] })));
    await first.logged('the signal', ({ msg }) => msg === 'Signalled');
    expect([signalled(first), signalled(second)]).toEqual([[`${NAMESPACE}/led`], []]);

    await first.kill();
    const missed = await world.apply(aRollout('led', { layers: ['cloud'], version: 'v2' }));
    await world.succeeded(missed, 120_000);
    await second.logged('the signal', ({ msg }) => msg === 'Signalled');
    expect(signalled(second)).toEqual([`${NAMESPACE}/led`]);

    const third = start('watcher');
    await third.ready();
    const stopping = second.stop();
    const during = await world.apply(aRollout('led', { layers: ['cloud'], version: 'v3' }));
    await leads(third, 10_000);
    expect(await stopping).toBe(0);
    await world.succeeded(during);
    await stopAll();
  });
});

describe('SIGTERM', () => {
  it('ends with 0 in the middle of a rollout, and the next process goes on where this one was', async () => {
    await running();
    const rollout = await world.apply(aRollout('handed', { images: { cloud: SLOW } }));
    await world.untilDeployment('cloud', 'handed', 'to be there', () => true);
    await stopAll();
    await start().ready();
    await world.succeeded(rollout, 120_000);
  });
});

describe('a process that finds no Temporal', () => {
  it('stays up, says so, and rolls out what was changed meanwhile when it comes', async () => {
    await stopAll();
    await cluster.killTemporal();
    const product = start();
    await product.logged('its trouble', ({ msg }) => msg.includes('cannot be used'));
    const { status, checks } = await whyNotReady(product);
    expect(status).toBe(503);
    expect(checks.temporal).toContain(`Temporal at ${cluster.temporalAddress} cannot be used`);
    const rollout = await world.apply(aRollout('patient'));
    await startAgain('Temporal', cluster.startTemporal);
    await world.succeeded(rollout, 120_000);
    await product.ready();
  });

  it('any more keeps every change until it is back', async () => {
    const product = await running();
    await cluster.killTemporal();
    const rollouts = await Promise.all(
      LAYERS.map((layer) => world.apply(aRollout(`kept-${layer}`, { layers: [layer], version: 'v1' }))),
    );
    await product.logged('its trouble', ({ msg }) => msg.startsWith('Could not hand a change on'));
    await startAgain('Temporal', cluster.startTemporal);
    for (const rollout of rollouts) await world.succeeded(rollout, 120_000);
  });
});

describe('a process that finds no cluster', () => {
  it('stays up, says so, and works when it comes', async () => {
    await stopAll();
    await cluster.killApiServer();
    const product = start();
    expect(await whyNotReady(product)).toMatchObject({ status: 503, checks: { kubernetes: expect.any(String) } });
    await startAgain('kube-apiserver', cluster.startApiServer);
    await product.ready();
    await world.succeeded(await world.apply(aRollout('late')), 120_000);
  });
});

describe('a process that cannot be as it is told', () => {
  let taken: ReturnType<typeof createServer>;
  let port: string;
  beforeAll(async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    port = String((taken.address() as AddressInfo).port);
  });
  afterAll(() => void taken.close());

  it.concurrent.each([
    ['a port that is none', () => ({ FOG_ROLLOUTS_PORT: 'http' }), /FOG_ROLLOUTS_PORT must be integer.*"http"/],
    ['a log level that is none', () => ({ FOG_ROLLOUTS_LOG_LEVEL: 'loud' }), /FOG_ROLLOUTS_LOG_LEVEL must .*"loud"/],
    ['a kubeconfig that is not there', () => ({ KUBECONFIG: '/nowhere/config' }), /\/nowhere\/config/],
    ['a port that is taken', () => ({ FOG_ROLLOUTS_PORT: port }), /another process has the port/],
  ])('ends with 2 and one clear line: %s', async (_, env, line) => {
    const product = new Product(cluster, { env: env() });
    expect(await product.exited).toBe(2);
    expect(product.noise).toMatch(line);
    expect(product.noise).not.toContain('    at ');
    expect(product.noise.trim().split('\n').length).toBeLessThanOrEqual(2);
  });
});

/** The API server keeps a quota from when its controller and its own watch have seen it. */
async function quotaHolds(holds: boolean): Promise<void> {
  const create = ['create', 'deployment', 'probe', '--image=any', '-n', 'fog', '--dry-run=server'];
  await eventually(`the quota ${holds ? 'to hold' : 'to be gone'}`, async () => {
    const { ok, output } = await world.kubectl(create);
    return (holds ? output.includes('exceeded quota') : ok) || { not: output };
  });
}

/** Waits until Temporal lists that many runs of the rollouts whose names start so: its list is a moment behind. */
async function listed(prefix: string, count: number): Promise<void> {
  await eventually(`Temporal to list ${count} runs of ${prefix}`, async () => {
    const found = await runs(prefix);
    return found === count ? true : { not: found };
  });
}

async function runs(prefix: string): Promise<number> {
  const connection = await Connection.connect({ address: cluster.temporalAddress });
  try {
    const { count } = await new Client({ connection }).workflow.count(
      `WorkflowId STARTS_WITH 'fogrollout/${NAMESPACE}/${prefix}'`,
    );
    return count;
  } finally {
    await connection.close();
  }
}
