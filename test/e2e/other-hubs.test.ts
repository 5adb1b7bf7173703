/** Two Fog Rollouts on one cluster, whatever they are called and wherever they are installed: one has it, the other stands back. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { e2eFile } from '../support/e2e-file.ts';
import { eventually } from '../support/eventually.ts';
import { Product } from '../support/product.ts';
import { stack } from '../support/stack.ts';

/** Often in the 15 s that a Lease is good for. */
const RENEWED_EVERY_MS = 1_000;
const HUBS = ['e2e-hub-a', 'e2e-hub-b'] as const;
const world = e2eFile().world(stack(), 'e2e-other-hubs');
const running: Product[] = [];

beforeAll(async () => {
  await world.watch();
  for (const name of HUBS) await world.createNamespace(name);
});
afterAll(async () => {
  await Promise.all(running.map((product) => product.stop()));
  // Their Leases would be looked at by whoever comes to this cluster next.
  for (const name of HUBS) await world.must(['delete', 'namespace', name, '--wait=false']);
});

function start(namespace: string): Product {
  const product = new Product(stack(), { role: 'watcher', env: { FOG_ROLLOUTS_LEASE_NAMESPACE: namespace } });
  running.push(product);
  return product;
}
const leads = (product: Product) => product.logged('that it leads', ({ msg }) => msg === 'Became leader');
const hasLed = ({ log }: Product) => log.some(({ msg }) => msg === 'Became leader');
const readiness = async (product: Product) => {
  const answer = await fetch(`${await product.address()}/readyz`);
  return { status: answer.status, text: await answer.text() };
};
const leaseOf = (namespace: string) =>
  world.must(['get', 'lease', 'fog-rollouts-watcher', '-n', namespace, '-o', 'jsonpath={.spec.holderIdentity}']);

describe('Of two Fog Rollouts', () => {
  it('the one that comes later does nothing, says why, and has its turn when the first is gone', async () => {
    const first = start(HUBS[0]);
    await leads(first);
    const second = start(HUBS[1]);
    const words = `another Fog Rollouts, in the namespace ${HUBS[0]}, has this cluster`;
    await second.logged('why it does nothing', ({ msg, level }) => level === 50 && msg.startsWith(words));
    const { status, text } = await readiness(second);
    expect([status, text]).toEqual([503, expect.stringContaining(words)]);
    expect([hasLed(second), (await readiness(first)).status]).toEqual([false, 200]);

    // Nothing of it is left behind: its Lease is given back.
    await first.stop();
    await leads(second);
    await eventually('it to be ready', async () => {
      const ready = await readiness(second);
      return ready.status === 200 ? true : { not: ready };
    });
    await second.stop();
  });

  it('the one whose Lease is older has the cluster again when it returns', async () => {
    const first = start(HUBS[0]);
    await leads(first);
    await first.kill();
    expect(await leaseOf(HUBS[0])).not.toBe('');
    const second = start(HUBS[1]);
    await leads(second);
    const again = start(HUBS[0]);
    await leads(again);
    await second.logged('why it stops', ({ level, msg }) => level === 50 && msg.startsWith('another Fog Rollouts'));
    await eventually('one of them to lead alone', async () => {
      const found = [await leaseOf(HUBS[1]), (await readiness(second)).status, (await readiness(again)).status];
      return found.join() === ',503,200' || { not: found };
    });
    await again.stop();
    await second.stop();
  });

  it('nobody in a namespace of their own stops the one that is there, by a Lease of the same name', async () => {
    const lease = (renewTime: string) => ({
      ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
      metadata: { name: 'fog-rollouts-watcher', namespace: world.namespace },
      spec: { holderIdentity: 'somebody', leaseDurationSeconds: 15, renewTime },
    });
    const renew = () => world.must(['apply', '-f', '-'], lease(new Date().toISOString().replace('Z', '000Z')));
    const hub = start(HUBS[0]);
    await leads(hub);
    await renew();
    await hub.stop();
    await renew();
    const again = start(HUBS[0]);
    let isOver = false;
    const renewing = (async () => {
      for (; !isOver; await delay(RENEWED_EVERY_MS)) await renew();
    })();
    try {
      await leads(again);
      expect((await readiness(again)).status).toBe(200);
    } finally {
      isOver = true;
      await renewing;
      await world.must(['delete', 'lease', 'fog-rollouts-watcher', '-n', world.namespace]);
    }
    expect(again.log.filter(({ msg }) => msg.startsWith('another') || msg === 'Stopped leading')).toEqual([]);
  });
});
