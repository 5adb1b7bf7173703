import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection } from '../../../kube/connection.ts';
import { Informer } from '../../../kube/informer.ts';
import { type Log, silentLog } from '../../../kube/log.ts';
import { DEPLOYMENTS, type KubeObject, keyOfObject } from '../../../kube/resources.ts';
import { FakeKube } from '../../support/fakekube.ts';
import type { FakeWatch } from '../../support/fakewatch.ts';
import { InstantClock } from './instantclock.ts';

let fake: FakeKube;
let connection: KubeConnection;
let client: KubeClient;
let clock: InstantClock;
let stop: AbortController;
let informer: Informer<KubeObject>;

const named = (name: string): KubeObject => ({ metadata: { namespace: 'edge', name } });
const within = () => AbortSignal.timeout(4000);
const versions = (objects: KubeObject[]) =>
  objects.map((object) => `${keyOfObject(object)}@${object.metadata.resourceVersion}`).sort();
const delays = () => clock.delays.filter((ms) => ms > 0);

beforeEach(async () => {
  fake = await FakeKube.start();
  fake.put(named('a'));
  fake.put(named('b'));
  connection = new KubeConnection(fake.kubeConfig());
  client = new KubeClient(connection, { fieldManager: 'tester' });
  clock = new InstantClock();
  stop = new AbortController();
  informer = new Informer({ client, type: DEPLOYMENTS, clock, random: () => 1, idleTimeoutMs: 300 });
});

afterEach(async () => {
  stop.abort();
  await informer.stopped;
  await connection.close();
  await fake.stop();
});

async function theWatch(): Promise<FakeWatch> {
  await fake.when(() => fake.watches.size === 1);
  return [...fake.watches][0]!;
}

/** What happens to the watch; the world changes afterwards. Then: is the list taken again, and how long was waited? */
type Disturbance = [name: string, hurt: (watch: FakeWatch) => unknown, lists: number, delays: number[]];

describe('A watch that is disturbed', () => {
  it.each<Disturbance>([
    ['reset in mid-line', (watch) => watch.cutMidLine(), 1, [200]],
    ['ended in mid-line', (watch) => watch.endMidLine(), 1, [200]],
    ['ended by the server as soon as it began', (watch) => watch.end(), 1, [200]],
    ['silent', (watch) => watch.freeze(), 1, [200]],
    ['rubbish', (watch) => watch.say('<html>'), 1, [200]],
    ['rubbish that is JSON', (watch) => watch.send('ADDED', { kind: 'Pod', metadata: {} }), 1, [200]],
    ['expired, said in the stream', (watch) => watch.fail(410, 'Expired'), 2, []],
    ['failing with a fault of the server', (watch) => watch.fail(500, 'InternalError'), 1, [200]],
    ['failing for a reason of its own', (watch) => watch.fail(403, 'Forbidden'), 2, [200]],
    [
      'closed, and expired when opened again',
      (watch) => {
        watch.end();
        fake.put(named('unseen'));
        fake.compact();
      },
      2,
      [200],
    ],
    [
      'closed, and refused three times when opened again',
      (watch) => {
        fake.misbehave('watch', { code: 500 }, { code: 503 }, 'reset');
        watch.end();
      },
      1,
      [200, 400, 800, 1600],
    ],
    [
      'closed, and asked to wait',
      (watch) => {
        fake.misbehave('watch', { code: 429, headers: { 'retry-after': '7' } });
        watch.end();
      },
      1,
      [200, 7000],
    ],
  ])('%s', async (_name, hurt, lists, expectedDelays) => {
    const deleted: string[] = [];
    informer.subscribe({ onDelete: (last) => deleted.push(last.metadata.name) });
    informer.start(stop.signal);
    await informer.waitForSync(within());
    await hurt(await theWatch());
    fake.remove('edge', 'a');
    fake.put(named('b'));
    fake.put(named('c'));
    await informer.waitFor('edge', 'c', (object) => object, within());
    expect(versions(informer.list())).toEqual(versions(fake.objects()));
    expect(deleted).toEqual(['a']);
    expect([fake.seen('list').length, delays()]).toEqual([lists, expectedDelays]);
  });

  it('waits when even a fresh list has expired', async () => {
    informer.start(stop.signal);
    await informer.waitForSync(within());
    const open = await theWatch();
    fake.misbehave('watch', { code: 410, reason: 'Expired' }, { code: 410, reason: 'Expired' });
    open.fail(410, 'Expired');
    await fake.when(() => fake.seen('watch').length === 4);
    expect([fake.seen('list').length, delays()]).toEqual([4, [200, 400]]);
  });

  it('goes on after the API server was killed and started again, without a new list', async () => {
    informer.start(stop.signal);
    await informer.waitForSync(within());
    await theWatch();
    await fake.stop();
    fake.remove('edge', 'a');
    fake.put(named('c'));
    await fake.start();
    await informer.waitFor('edge', 'c', (object) => object, within());
    expect(versions(informer.list())).toEqual(versions(fake.objects()));
    expect(fake.seen('list')).toHaveLength(1);
  });

  it('continues from the last bookmark', async () => {
    informer.start(stop.signal);
    await informer.waitForSync(within());
    const first = await theWatch();
    fake.put({ metadata: { namespace: 'fog', name: 'elsewhere' } });
    fake.bookmark();
    fake.compact();
    first.cutMidLine();
    await fake.when(() => fake.seen('watch').length === 2);
    expect(fake.seen('watch')[1]!.query.get('resourceVersion')).toBe('103');
    expect(fake.seen('watch')[0]!.query.get('allowWatchBookmarks')).toBe('true');
    expect(fake.seen('list')).toHaveLength(1);
  });

  it('lists again when the server keeps refusing to continue', async () => {
    informer.start(stop.signal);
    await informer.waitForSync(within());
    const open = await theWatch();
    fake.misbehave('watch', ...Array.from({ length: 9 }, () => ({ code: 500 })));
    open.end();
    await fake.when(() => fake.seen('list').length === 2);
    expect(Math.max(...delays())).toBe(15_000);
  });

  it('opens no second watch after it was stopped while it waits', async () => {
    informer.start(stop.signal);
    await informer.waitForSync(within());
    const open = await theWatch();
    clock.after = () => () => {};
    open.end();
    await fake.when(() => fake.watches.size === 0);
    stop.abort();
    await informer.stopped;
    expect(fake.seen('watch')).toHaveLength(1);
  });
});

describe('The first list', () => {
  it.each<[string, Parameters<FakeKube['misbehave']>[1][], number[]]>([
    ['too many requests', [{ code: 429, headers: { 'retry-after': '2' } }], [2000]],
    ['a starting server', [{ code: 503 }, { code: 500, text: 'etcd' }, 'reset'], [200, 400, 800]],
    ['a type that is not served yet', [{ code: 404, reason: 'NotFound' }], [200]],
    ['no permission yet', [{ code: 403, reason: 'Forbidden' }], [200]],
    [
      'rubbish',
      [
        { code: 200, text: '<html>' },
        { code: 200, text: '{}' },
        { code: 200, text: 'null' },
      ],
      [200, 400, 800],
    ],
    ['an expired list', [{ code: 410, reason: 'Expired' }], [200]],
  ])('%s', async (_name, answers, expected) => {
    fake.misbehave('list', ...answers);
    informer.start(stop.signal);
    await informer.waitForSync(within());
    expect(delays()).toEqual(expected);
    expect(informer.size).toBe(2);
  });

  it('comes in pages', async () => {
    for (let i = 0; i < 1200; i++) fake.put(named(`many-${i}`));
    informer.start(stop.signal);
    await informer.waitForSync(within());
    expect(informer.size).toBe(1202);
    expect(fake.seen('list').map(({ query }) => query.get('limit'))).toEqual(['500', '500', '500']);
  });
});

describe('A type that may not be installed', () => {
  const absent = { code: 404, text: '404 page not found\n' };
  const log: Log = { ...silentLog, info: (_, message) => said.push(message) };
  let said: string[];
  let seen: string[];

  beforeEach(() => {
    said = [];
    seen = [];
    informer = new Informer({ client, type: DEPLOYMENTS, clock, optional: true, random: () => 1, log });
    informer.subscribe({
      onAdd: ({ metadata }) => seen.push(`+${metadata.name}`),
      onDelete: ({ metadata }) => seen.push(`-${metadata.name}`),
    });
  });

  it('has no objects until it is, and is asked for slowly', async () => {
    fake.misbehave('list', absent, absent, absent);
    informer.start(stop.signal);
    await informer.waitForSync(within());
    expect(informer.size).toBe(0);
    await informer.waitFor('edge', 'a', (object) => object, within());
    expect([delays(), said]).toEqual([[30_000, 30_000, 30_000], ['The type is not installed; going on without']]);
  });

  it('keeps its objects when it seems to be gone: their deletions would have come before', async () => {
    informer.start(stop.signal);
    await informer.waitForSync(within());
    fake.misbehave('list', absent);
    (await theWatch()).fail(410, 'Expired');
    await fake.when(() => fake.seen('list').length === 3 && fake.watches.size === 1);
    expect([seen, delays()]).toEqual([['+a', '+b'], [30_000]]);
  });

  it('fails as every other when it is refused for another reason', async () => {
    fake.misbehave('list', { code: 403, reason: 'Forbidden' });
    informer.start(stop.signal);
    await informer.waitForSync(within());
    expect([informer.size, delays()]).toEqual([2, [200]]);
  });
});
