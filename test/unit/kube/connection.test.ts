import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KubeConfig, type User } from '@kubernetes/client-node';
import { KubeClient } from '../../../kube/client.ts';
import { KubeConnection, loadKubeConfig } from '../../../kube/connection.ts';
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
    await get(AbortSignal.abort());
    expect(connection.silentSince).toBeUndefined();
    const givenUp = new AbortController();
    fake.misbehave('get', 'hang');
    const waiting = get(givenUp.signal);
    await fake.when(() => fake.seen('get').length === 5);
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

  function clientOf(user: Omit<User, 'name'>): KubeClient {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser(
      { name: 'fake', server: fake.url, skipTLSVerify: false },
      { name: 'me', ...user },
    );
    connection = new KubeConnection(kubeConfig);
    return new KubeClient(connection, { fieldManager: 'tester' });
  }
  const get = (client: KubeClient) => client.get(DEPLOYMENTS, { namespace: 'edge', name: 'web' });
  const shown = () => fake.requests.map(({ headers }) => headers.authorization);

  it.each<[string, Omit<User, 'name'>, string | undefined]>([
    ['a token', { token: 'secret' }, 'Bearer secret'],
    ['a name and a password', { username: 'me', password: 'pw' }, `Basic ${btoa('me:pw')}`],
    ['nothing', {}, undefined],
  ])('%s', async (_name, user, expected) => {
    await get(clientOf(user));
    expect(shown()).toEqual([expected]);
  });

  it('reads a token file anew when its token is refused, and repeats the request once', async () => {
    const tokenFile = file('token', 'old\n');
    const client = clientOf({ authProvider: { name: 'tokenFile', config: { tokenFile } } });
    await get(client);
    file('token', 'new\n');
    fake.misbehave('get', { code: 401, reason: 'Unauthorized' });
    await get(client);
    expect(shown()).toEqual(['Bearer old', 'Bearer old', 'Bearer new']);
    fake.misbehave('get', { code: 401, reason: 'Unauthorized' }, { code: 401, reason: 'Unauthorized' });
    await expect(get(client)).rejects.toMatchObject({ code: 401 });
    expect(shown()).toHaveLength(5);
  });

  it('asks an exec plugin once for many requests, and again when its token is refused', async () => {
    const script = file(
      'plugin.cjs',
      `const f = ${JSON.stringify(join(dir, 'calls'))}; const fs = require('fs'); fs.appendFileSync(f, 'x');
      console.log(JSON.stringify({ status: { token: 'token-' + fs.readFileSync(f, 'utf8').length } }));`,
    );
    const client = clientOf({ exec: { command: process.execPath, args: [script] } });
    await Promise.all([get(client), get(client), get(client)]);
    fake.misbehave('get', { code: 401, reason: 'Unauthorized' });
    await get(client);
    expect(shown()).toEqual([...Array(4).fill('Bearer token-1'), 'Bearer token-2']);
  });

  it('says so when an exec plugin fails', async () => {
    const script = file('plugin.cjs', 'console.error("log in first"); process.exit(1)');
    const client = clientOf({ exec: { command: process.execPath, args: [script] } });
    await expect(get(client)).rejects.toThrow(/^GET deployments.apps edge\/web: .*log in first/);
  });

  it('does not repeat with a fixed token', async () => {
    fake.misbehave('get', { code: 401, reason: 'Unauthorized' });
    await expect(get(clientOf({ token: 'secret' }))).rejects.toMatchObject({ code: 401 });
    expect(shown()).toHaveLength(1);
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

  it.each<[string, () => string, RegExp]>([
    ['is not there', () => join(dir, 'nowhere'), /^Cannot read the kubeconfig .*nowhere: ENOENT/],
    ['is no YAML', () => file('config', '{{'), /^Cannot read the kubeconfig .*config: /],
    ['is empty', () => file('config', ''), /^Cannot read the kubeconfig .*config: /],
    [
      'has no such context',
      () => file('config', aKubeconfig('there')),
      /has no cluster for its current context there$/,
    ],
  ])('that %s is refused', (_name, path, words) => {
    expect(() => loadKubeConfig({ kubeconfig: path() })).toThrow(words);
  });
});
