import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection } from '../../../kube/connection.ts';
import { Informer } from '../../../kube/informer.ts';
import { DEPLOYMENTS, type KubeObject } from '../../../kube/resources.ts';
import { FakeKube } from '../../support/fakekube.ts';
import { FakeClock, settle } from './fakeclock.ts';

const MINUTE_MS = 60_000;
let fake: FakeKube;
let clock: FakeClock;
let connection: KubeConnection;
let stop: AbortController;
let informer: Informer<KubeObject>;
let client: KubeClient;

beforeEach(async () => {
  fake = await FakeKube.start();
  clock = new FakeClock();
  connection = new KubeConnection(fake.kubeConfig());
  client = new KubeClient(connection, { fieldManager: 'tester' });
  stop = new AbortController();
  informer = new Informer({ client, type: DEPLOYMENTS, clock });
});
afterEach(async () => {
  stop.abort();
  await informer.stopped;
  await connection.close();
  await fake.stop();
});

/** Resolves when `condition` is true, which something on its way over the network makes it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

async function watching(): Promise<void> {
  informer.start(stop.signal);
  await until(() => informer.contact.isOpen);
}

describe('What an informer has', () => {
  it('is of no age before the first list', async () => {
    fake.misbehave('list', { code: 403, reason: 'Forbidden' });
    informer.start(stop.signal);
    await until(() => clock.waiting > 0);
    expect([informer.ageMs, informer.contact.isOpen]).toEqual([undefined, false]);
  });

  it.each<[string, () => void]>([
    ['a bookmark', () => fake.bookmark()],
    ['a change', () => void fake.put({ metadata: { namespace: 'edge', name: 'web' } })],
  ])(
    'is as old as the last sign of life, %s for one, and is not cut off while the watch is open',
    async (_name, live) => {
      await watching();
      expect(informer.ageMs).toBe(0);
      await clock.advance(MINUTE_MS);
      expect([informer.ageMs, informer.contact.cutOffMs]).toEqual([MINUTE_MS, 0]);
      live();
      await until(() => informer.ageMs === 0);
    },
  );

  it('is never cut off while its type is not installed: the server says so twice a minute', async () => {
    fake.misbehave('list', ...Array(20).fill({ code: 404, reason: 'NotFound' }));
    informer = new Informer({ client, type: DEPLOYMENTS, clock, optional: true });
    informer.start(stop.signal);
    for (let ask = 1; ask <= 6; ask++) {
      await until(() => fake.seen('list').length === ask && clock.waiting === 1);
      await clock.advance(30_000);
      expect(informer.contact.cutOffMs).toBeLessThanOrEqual(30_000);
    }
  });

  it.each<[string, () => Promise<void> | void, () => Promise<void> | void]>([
    ['is away', () => fake.stop(), () => fake.start()],
    [
      'refuses the watch and the list',
      () => {
        const refused = Array(40).fill({ code: 403, reason: 'Forbidden' });
        fake.misbehave('watch', ...refused);
        fake.misbehave('list', ...refused);
        for (const watch of fake.watches) watch.end();
      },
      () => fake.behave(),
    ],
    [
      'answers every watch with rubbish',
      () => {
        fake.misbehave('watch', ...Array(40).fill({ code: 200, text: '<html>\n' }));
        for (const watch of fake.watches) watch.end();
      },
      () => fake.behave(),
    ],
  ])('is cut off while the server %s, and not any more when it is back', async (_name, hurt, heal) => {
    await watching();
    await hurt();
    await until(() => !informer.contact.isOpen);
    // Every attempt comes to its end over the network before the time of the next.
    while (clock.now() < 3 * MINUTE_MS) {
      await until(() => clock.waiting === 1);
      await clock.advance(clock.next!);
    }
    await until(() => clock.waiting === 1);
    expect(informer.contact.cutOffMs).toBe(clock.now());
    expect(informer.ageMs).toBe(clock.now());
    await heal();
    while (!informer.contact.isOpen) await clock.advance(clock.next ?? 0);
    expect(informer.contact.cutOffMs).toBe(0);
  });
});
