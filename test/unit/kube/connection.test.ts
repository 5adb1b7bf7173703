import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { guardedLookup } from '../../../kube/addresses.ts';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection, loadKubeConfig } from '../../../kube/connection.ts';
import { KubeConfig, type KubeUser } from '../../../kube/kube-config.ts';
import { serverOf } from '../../../kube/kubeconfig.ts';
import { DEPLOYMENTS } from '../../../kube/resources.ts';
import { FakeKube } from '../../support/fakekube.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kube-connection-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function file(name: string, content: string): string {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
}

describe('Connections', () => {
  let fake: FakeKube;
  let connection: KubeConnection;
  beforeEach(async () => {
    fake = await FakeKube.start();
    // One at a time: with more, a request may take a new one while the last is only just being freed.
    connection = new KubeConnection(fake.kubeConfig(), { connections: 1 });
  });
  afterEach(async () => {
    await connection.close();
    await fake.stop();
  });

  it('are made to no name that leads into our own machine, where that is guarded', async () => {
    const server = fake.url.replace('127.0.0.1', 'localhost');
    const find = async (cluster: object, isAllowed: boolean) => {
      const config = KubeConfig.of({ name: 'far', skipTLSVerify: false, server, ...cluster }, { name: 'me' });
      const guarded = new KubeConnection(config, { lookup: guardedLookup(() => isAllowed), environment: {} });
      const ref = { namespace: 'edge', name: 'none' };
      const found = await new KubeClient(guarded, { fieldManager: 'tester' }).find(DEPLOYMENTS, ref).catch(String);
      await guarded.close();
      return found;
    };
    expect(await find({}, false)).toMatch(/http:\/\/localhost:\d+: leads to (127\.0\.0\.1|::1), a loopback address$/);
    expect(fake.accepted).toBe(0);
    expect(await find({}, true)).toBeUndefined();
    const before = fake.accepted;
    expect(await find({ server: 'https://k8s.example', proxyUrl: server }, false)).toMatch(/a loopback address$/);
    expect(fake.accepted).toBe(before);
  });

  it('survive deletions, which have a body: several in a row take one', async () => {
    const client = new KubeClient(connection, { fieldManager: 'tester' });
    for (const name of ['a', 'b', 'c']) {
      const { metadata } = fake.put({ metadata: { namespace: 'edge', name } });
      await client.delete(DEPLOYMENTS, { namespace: 'edge', name }, { preconditions: { uid: metadata.uid! } });
    }
    const bodies = fake.seen('delete').map(({ body }) => body);
    expect(bodies).toEqual([1, 2, 3].map((at) => expect.stringContaining(`"uid":"uid-${at}"`)));
    expect(fake.accepted).toBe(1);
  });

  it('tell since when nothing was answered; what a caller gave up says nothing', async () => {
    const client = new KubeClient(connection, { fieldManager: 'tester' });
    const get = (signal?: AbortSignal) =>
      client.get(DEPLOYMENTS, { namespace: 'edge', name: 'web' }, signal && { signal }).catch(() => undefined);
    await get();
    expect(connection.silentSince).toBeUndefined(); // a 404 is an answer
    const before = Date.now();
    fake.misbehave('get', 'reset', 'reset');
    await get();
    const since = connection.silentSince!;
    expect(since).toBeGreaterThanOrEqual(before - 1);
    await get();
    expect(connection.silentSince).toBe(since);
    await get();
    expect(connection.silentSince).toBeUndefined();
    fake.misbehave(
      'get',
      { code: 200, text: '<html>log in</html>' },
      { code: 200, text: '{"ok":true}' },
      { code: 403, text: 'no' },
      { code: 502, text: 'Bad gateway' },
    );
    for (let answer = 0; answer < 4; answer++) {
      await get();
      expect(connection.silentSince).toBeDefined(); // something answers, and it is not Kubernetes
    }
    fake.misbehave('get', { code: 503, reason: 'ServiceUnavailable' });
    await get();
    expect(connection.silentSince).toBeUndefined();
    for (const text of ['{"ok":true}', '{"kind":"Status"}']) {
      fake.misbehave('list', { code: 200, text });
      await client.list(DEPLOYMENTS).catch(() => undefined);
      expect(connection.silentSince).toBeDefined();
      await get();
      expect(connection.silentSince).toBeUndefined();
      fake.misbehave('get', { code: 200, text });
      await get();
      expect(connection.silentSince).toBeDefined();
      await client.list(DEPLOYMENTS);
      expect(connection.silentSince).toBeUndefined();
    }
    await get(AbortSignal.abort());
    expect(connection.silentSince).toBeUndefined();
    const givenUp = new AbortController();
    fake.misbehave('get', 'hang');
    const waiting = get(givenUp.signal);
    await fake.when(() => fake.seen('get').length === 14);
    givenUp.abort();
    await waiting;
    expect(connection.silentSince).toBeUndefined();
  });
});

describe('Credentials', () => {
  let fake: FakeKube;
  let connection: KubeConnection;
  beforeEach(async () => {
    fake = await FakeKube.start();
    fake.put({ metadata: { namespace: 'edge', name: 'web' } });
  });
  afterEach(async () => {
    await connection.close();
    await fake.stop();
  });

  function clientOf(user: Omit<KubeUser, 'name'>): KubeClient {
    const kubeConfig = KubeConfig.of({ name: 'fake', server: fake.url, skipTLSVerify: false }, { name: 'me', ...user });
    connection = new KubeConnection(kubeConfig);
    return new KubeClient(connection, { fieldManager: 'tester' });
  }
  const get = (client: KubeClient) => client.get(DEPLOYMENTS, { namespace: 'edge', name: 'web' });
  const shown = () => fake.requests.map(({ headers }) => headers.authorization);

  it('reads the token of a pod anew when its token is refused, and repeats the request once', async () => {
    const tokenFile = file('token', 'old\n');
    const client = clientOf({ tokenFile });
    await get(client);
    file('token', 'new\n');
    fake.misbehave('get', { code: 401, reason: 'Unauthorized' });
    await get(client);
    expect(shown()).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
    fake.misbehave('get', { code: 401, reason: 'Unauthorized' }, { code: 401, reason: 'Unauthorized' });
    await expect(get(client)).rejects.toMatchObject({ code: 401 });
    expect(shown()).toHaveLength(5);
  });

  it('does not repeat with a fixed token', async () => {
    fake.misbehave('get', { code: 401, reason: 'Unauthorized' });
    await expect(get(clientOf({ token: 'secret' }))).rejects.toMatchObject({ code: 401 });
    expect(shown()).toHaveLength(1);
  });
});

describe('A proxy', () => {
  let fake: FakeKube;
  let proxy: FakeKube;
  beforeEach(async () => {
    fake = await FakeKube.start();
    proxy = await FakeKube.start();
    for (const kube of [fake, proxy]) kube.put({ metadata: { namespace: 'edge', name: 'web' } });
  });
  afterEach(async () => {
    await fake.stop();
    await proxy.stop();
  });

  async function get(cluster: { server: string; proxyUrl?: string }, environment: Record<string, string> = {}) {
    const kubeConfig = KubeConfig.of({ name: 'c', skipTLSVerify: false, ...cluster }, { name: 'me' });
    const connection = new KubeConnection(kubeConfig, { environment });
    const client = new KubeClient(connection, { fieldManager: 'tester' });
    await client.get(DEPLOYMENTS, { namespace: 'edge', name: 'web' }).finally(() => connection.close());
  }

  it('of the environment is used for a server elsewhere, unless it is exempt', async () => {
    const server = 'http://kube.invalid:6443';
    await get({ server }, { HTTP_PROXY: proxy.url });
    expect(proxy.requests.map(({ headers }) => headers.host)).toEqual(['kube.invalid:6443']);
    await expect(get({ server }, { HTTP_PROXY: proxy.url, NO_PROXY: '.invalid' })).rejects.toThrow(/kube\.invalid/);
    await get({ server: fake.url }, { HTTP_PROXY: proxy.url });
    expect([proxy.requests.length, fake.requests.length]).toEqual([1, 1]);
  });

  it('of the kubeconfig may be a SOCKS proxy', async () => {
    const asked: string[] = [];
    const socks = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(Buffer.from([5, 0]));
        socket.once('data', (request) => {
          asked.push(request.subarray(5, 5 + request[4]!).toString());
          const upstream = connect(Number(new URL(fake.url).port), '127.0.0.1', () => {
            socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
            socket.pipe(upstream).pipe(socket);
          });
          upstream.on('error', () => {});
        });
      });
    });
    await new Promise<void>((resolve) => socks.listen(0, '127.0.0.1', resolve));
    const { port } = socks.address() as AddressInfo;
    await get({ server: 'http://kube.invalid:6443', proxyUrl: `socks5h://127.0.0.1:${port}` });
    expect([asked, fake.requests.length]).toEqual([['kube.invalid'], 1]);
    await new Promise((resolve) => socks.close(resolve));
  });
});

describe('A kubeconfig', () => {
  const aKubeconfig = (context: string) => `
apiVersion: v1
kind: Config
current-context: ${context}
clusters: [{name: c, cluster: {server: 'https://example.test:6443/prefix/'}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: here, context: {cluster: c, user: u}}]
`;

  it('is read from the file that is named', async () => {
    const kubeConfig = loadKubeConfig({ kubeconfig: file('config', aKubeconfig('here')) });
    const connection = new KubeConnection(kubeConfig);
    expect(connection.server).toBe('https://example.test:6443/prefix');
    await connection.close();
  });

  describe('by KUBECONFIG', () => {
    const before = process.env.KUBECONFIG;
    afterEach(() => {
      if (before === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = before;
    });

    it('is several files as one, as with kubectl: the first of a name counts, and one may be missing', () => {
      const second = aKubeconfig('here').replace('token: t', 'tokenFile: token').replace('example.test', 'second.test');
      const first = JSON.stringify({ users: [{ name: 'u', user: { tokenFile: 'first' } }] });
      process.env.KUBECONFIG = [file('first', first), join(dir, 'nowhere'), file('second', second)].join(':');
      const kubeConfig = loadKubeConfig();
      expect(kubeConfig.getCurrentUser()).toMatchObject({ tokenFile: join(dir, 'first') });
      expect(kubeConfig.getCurrentCluster()?.server).toBe('https://second.test:6443/prefix');
    });

    it('is read past what says nothing: an empty file, an empty element', () => {
      process.env.KUBECONFIG = ['', file('first', ''), '', file('second', aKubeconfig('here')), ''].join(':');
      expect(loadKubeConfig().getCurrentCluster()?.server).toBe('https://example.test:6443/prefix');
    });

    it('is said to be missing when it is the only one', () => {
      process.env.KUBECONFIG = join(dir, 'nowhere');
      expect(() => loadKubeConfig()).toThrow(/^Cannot read the kubeconfig .*nowhere: ENOENT/);
    });
  });

  it('is not quoted when it cannot be read', () => {
    const kubeconfig = file('config', `${aKubeconfig('here')}\tsecret: hunter2\n`);
    expect(() => loadKubeConfig({ kubeconfig })).toThrow(
      /^Cannot read the kubeconfig .*config: it is not YAML, line 8$/,
    );
  });

  it('has an address that is repeated without its password', async () => {
    const kubeConfig = KubeConfig.of(
      { name: 'c', server: 'https://me:hunter2@example.test/k', skipTLSVerify: false },
      { name: 'u' },
    );
    const connection = new KubeConnection(kubeConfig);
    expect(connection.server).toBe('https://example.test/k');
    await connection.close();
  });

  it.each<[string, boolean, string]>([
    ['example.test:6443', false, 'http://example.test:6443'],
    ['example.test:6443/prefix', true, 'https://example.test:6443'],
    ['[::1]:6443', true, 'https://[::1]:6443'],
  ])('may have %s for an address, as with kubectl', (server, skipTLSVerify, origin) => {
    const kubeConfig = KubeConfig.of({ name: 'c', server, skipTLSVerify }, { name: 'u' });
    expect(serverOf(kubeConfig)?.origin).toBe(origin);
  });

  it.each<[string, () => string, RegExp]>([
    ['is not there', () => join(dir, 'nowhere'), /^Cannot read the kubeconfig .*nowhere: ENOENT/],
    ['is no YAML', () => file('config', '{{'), /^Cannot read the kubeconfig .*config: /],
    ['is empty', () => file('config', ''), /cannot be used: it has no current-context$/],
    [
      'has no such context',
      () => file('config', aKubeconfig('there')),
      /cannot be used: its current-context is not among its contexts$/,
    ],
    ['has no context', () => file('config', '{}'), /cannot be used: it has no current-context$/],
    [
      'has no such user',
      () => file('config', aKubeconfig('here').replace('name: u,', 'name: v,')),
      /cannot be used: the user of its context is not among its users$/,
    ],
    [
      'has an address of something else',
      () => file('config', aKubeconfig('here').replace('https:', 'ftp:')),
      /cannot be used: the server of its cluster is no address$/,
    ],
  ])('that %s is refused', (_name, path, words) => {
    expect(() => loadKubeConfig({ kubeconfig: path() })).toThrow(words);
  });
});
