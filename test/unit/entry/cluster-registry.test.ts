import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type FindKubeconfig, UnusableKubeconfig } from '../../../entry/clusters/kubeconfig.ts';
import { ClusterRegistry } from '../../../entry/clusters/registry.ts';
import { IDLE_MS, READ_AGAIN_MS, TRY_AGAIN_MS } from '../../../entry/clusters/shared.ts';
import { KubeConfig } from '../../../kube/kube-config.ts';
import { DEPLOYMENTS } from '../../../kube/resources.ts';
import { ObservedClusters } from '../../../observed/clusters.ts';
import { FakeKube } from '../../support/fakekube.ts';
import { FakeClock, settle } from '../kube/fakeclock.ts';

const KNOWN = new AbortController().signal;
let north: FakeKube;
let south: FakeKube;
let clock: FakeClock;
let stopping: AbortController;
let registry: ClusterRegistry;
/** What reading the kubeconfig gives, by the cluster's name. */
let kubeconfigs: Record<string, { kubeConfig: KubeConfig; version: string } | Error>;
let readings: string[];

beforeEach(async () => {
  north = await FakeKube.start();
  south = await FakeKube.start();
  clock = new FakeClock();
  stopping = new AbortController();
  kubeconfigs = { mill: { kubeConfig: north.kubeConfig(), version: '1' } };
  readings = [];
  const find: FindKubeconfig = (name) => {
    if (name === 'nonsense') throw new Error('There is no such name');
    return async () => {
      readings.push(name);
      const found = kubeconfigs[name] ?? new UnusableKubeconfig(`Nothing for ${name}`);
      if (found instanceof Error) throw found;
      return found;
    };
  };
  registry = new ClusterRegistry({
    find,
    clock,
    log: pino({ level: 'silent' }),
    signal: stopping.signal,
    onRequest: () => {},
  });
});
afterEach(async () => {
  stopping.abort(new Error('The test is over'));
  await registry.close();
  await north.stop();
  await south.stop();
});

const aDeployment = { metadata: { namespace: 'edge', name: 'web-edge' } };
/** A wait on the watch, as an activity has one. */
const wait = (deployments: Awaited<ReturnType<typeof registry.cluster>>['deployments']) =>
  deployments.waitFor('edge', 'web-edge', (live) => live && true, KNOWN);

describe('A registry of clusters', () => {
  it('opens nothing before it is asked', async () => {
    await settle();
    expect([readings, north.requests]).toEqual([[], []]);
  });

  it('opens a cluster once, with one watch, for all who ask', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => registry.cluster('mill')));
    expect(new Set(all).size).toBe(1);
    await north.when(() => north.watches.size > 0);
    north.put(aDeployment);
    await Promise.all(all.map(({ deployments }) => wait(deployments)));
    expect([readings.length, north.seen('list').length, north.seen('watch').length]).toEqual([1, 1, 1]);
    expect(north.seen('list')[0]!.query.get('labelSelector')).toBe('app.kubernetes.io/managed-by=fog-rollouts');
  });

  it('keeps clusters apart', async () => {
    kubeconfigs.port = { kubeConfig: south.kubeConfig(), version: '1' };
    south.put(aDeployment);
    const [mill, port] = await Promise.all([registry.cluster('mill'), registry.cluster('port')]);
    await Promise.all([mill.deployments.waitForSync(), port.deployments.waitForSync()]);
    expect([mill.deployments.size, port.deployments.size]).toEqual([0, 1]);
  });

  it('reads a kubeconfig again when it is used a while later, and keeps the connection while it is the same', async () => {
    const first = await registry.cluster('mill');
    await clock.advance(READ_AGAIN_MS - 1);
    await registry.cluster('mill');
    expect(readings).toHaveLength(1);
    await clock.advance(1);
    expect(await registry.cluster('mill')).toBe(first);
    expect(readings).toHaveLength(2);
    expect(north.seen('list').length).toBeLessThanOrEqual(1);
  });

  it('opens a cluster anew when its kubeconfig has changed, and tells who waits on the old one', async () => {
    const first = await registry.cluster('mill');
    await first.deployments.waitForSync();
    const waiting = wait(first.deployments);
    kubeconfigs.mill = { kubeConfig: south.kubeConfig(), version: '2' };
    south.put(aDeployment);
    await clock.advance(READ_AGAIN_MS);
    const told = expect(waiting).rejects.toThrow('Cluster mill has another kubeconfig now');
    const second = await registry.cluster('mill');
    await told;
    await expect(wait(second.deployments)).resolves.toBe(true);
    await expect(first.client.get(DEPLOYMENTS, { namespace: 'edge', name: 'web' })).rejects.toThrow('closed');
    await north.when(() => north.watches.size === 0);
  });

  it.each<[string, (kube: FakeKube) => void | Promise<void>]>([
    ['refuses the credentials', (kube) => kube.misbehave('get', { code: 401, reason: 'Unauthorized' })],
    ['does not answer', (kube) => kube.stop()],
  ])('reads a kubeconfig again when the cluster %s, without being asked', async (_name, breakIt) => {
    const { client } = await registry.cluster('mill');
    kubeconfigs.mill = { kubeConfig: south.kubeConfig(), version: '2' };
    const request = () => client.get(DEPLOYMENTS, { namespace: 'edge', name: 'web' }).catch(() => undefined);
    await breakIt(north);
    await request();
    expect(readings).toHaveLength(1); // it was read a moment ago
    await clock.advance(READ_AGAIN_MS);
    await breakIt(north);
    await request();
    await south.when(() => south.watches.size === 1);
    expect(readings).toHaveLength(2);
  });

  it('no longer uses a cluster whose kubeconfig is gone, and uses it again when it is back', async () => {
    const first = await registry.cluster('mill');
    await north.when(() => north.watches.size === 1);
    const good = kubeconfigs.mill!;
    kubeconfigs.mill = new UnusableKubeconfig('Secret fog/mill does not exist');
    await clock.advance(READ_AGAIN_MS);
    await expect(registry.cluster('mill')).rejects.toThrow('Secret fog/mill does not exist');
    await north.when(() => north.watches.size === 0);
    kubeconfigs.mill = good;
    await expect(registry.cluster('mill')).rejects.toThrow('Secret fog/mill does not exist');
    expect(readings).toHaveLength(2); // many may ask for what is not there
    await clock.advance(TRY_AGAIN_MS);
    expect(await registry.cluster('mill')).not.toBe(first);
  });

  it('goes on with what it has while the kubeconfig cannot be read', async () => {
    const first = await registry.cluster('mill');
    kubeconfigs.mill = new Error('The hub does not answer');
    await clock.advance(READ_AGAIN_MS);
    expect(await registry.cluster('mill')).toBe(first);
  });

  it('says what is wrong with a cluster that never opened, and with a name that is none', async () => {
    await expect(registry.cluster('port')).rejects.toThrow('Nothing for port');
    await expect(registry.cluster('nonsense')).rejects.toThrow('There is no such name');
    const nowhere = KubeConfig.of({ name: 'c', server: 'no address', skipTLSVerify: false }, { name: 'u' });
    kubeconfigs.port = { kubeConfig: nowhere, version: '2' };
    await clock.advance(TRY_AGAIN_MS);
    await expect(registry.cluster('port')).rejects.toThrow(
      "Cluster port cannot be opened: The server of the kubeconfig's cluster c is no address",
    );
  });

  describe('closes a cluster that nobody needs any more, and not before', () => {
    const none = () => north.when(() => north.watches.size === 0);
    let first: Awaited<ReturnType<typeof registry.cluster>>;
    beforeEach(async () => {
      first = await registry.cluster('mill');
      await first.deployments.waitForSync();
      await north.when(() => north.watches.size === 1);
    });

    it('which opens again at its next use', async () => {
      await clock.advance(IDLE_MS);
      await none();
      await first.deployments.stopped;
      expect(clock.waiting).toBe(0);
      const second = await registry.cluster('mill');
      expect(second).not.toBe(first);
      await second.deployments.waitForSync();
    });

    it('counted from its last use', async () => {
      await clock.advance(IDLE_MS - 1);
      await registry.cluster('mill');
      await clock.advance(IDLE_MS - 1);
      await first.client.find(DEPLOYMENTS, { namespace: 'edge', name: 'web' });
      await clock.advance(IDLE_MS - 1);
      expect(await registry.cluster('mill')).toBe(first);
    });

    it('though its watch lists and opens again by itself', async () => {
      await clock.advance(IDLE_MS - 1);
      for (const watch of north.watches) watch.fail(410, 'Expired');
      await north.when(() => north.seen('watch').length === 2);
      await clock.advance(60_000);
      await first.deployments.stopped;
    });

    it.each<[string, () => () => unknown]>([
      ['follows it', () => first.deployments.subscribe({})],
      ['follows its Services', () => first.services().subscribe({})],
      [
        'waits on it',
        () => {
          const enough = new AbortController();
          const never = () => undefined;
          const waiting = first.deployments.waitFor('edge', 'web-edge', never, enough.signal);
          waiting.catch(() => undefined);
          return () => enough.abort();
        },
      ],
    ])('while somebody %s', async (_name, begin) => {
      const end = begin();
      await clock.advance(3 * IDLE_MS);
      expect(await registry.cluster('mill')).toBe(first);
      end();
      await settle();
      await clock.advance(IDLE_MS);
      await none();
    });

    it('as when the last FogSite on it was deleted', async () => {
      const observed = new ObservedClusters({ clusters: registry.cluster, signal: stopping.signal, clock });
      observed.observe(['mill']);
      await clock.advance(3 * IDLE_MS);
      expect(north.watches.size).toBe(2); // of Deployments, and of Services
      observed.observe([]);
      await clock.advance(2 * IDLE_MS);
      await none();
    });
  });

  it('leaves no connection when it is closed, and opens none when the process stops', async () => {
    await registry.cluster('mill');
    await north.when(() => north.watches.size === 1);
    stopping.abort(new Error('The process is stopping'));
    await registry.close();
    await north.when(() => north.watches.size === 0);
    await expect(registry.cluster('mill')).rejects.toThrow('The process is stopping');
  });
});
