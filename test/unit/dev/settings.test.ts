import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { clusterConfig, portsFrom } from '../../../dev/cluster-config.ts';
import { homeAt } from '../../../dev/home.ts';
import { withLock } from '../../../dev/lock.ts';
import { isFree, requireFree } from '../../../dev/ports.ts';
import { settingsFrom } from '../../../dev/settings.ts';
import { serverArguments } from '../../../dev/temporal.ts';

const home = homeAt('/checkout/.fog');

describe('the environment', () => {
  it('has defaults for everything', () => {
    expect(settingsFrom({}, home)).toEqual({
      apiPort: 8080,
      temporalPort: 7233,
      temporalUiPort: 8233,
      temporalMetricsPort: 7243,
      kubePort: 16443,
      nodes: 40,
    });
  });

  it.each([
    ['a port', { FOG_ROLLOUTS_PORT: '9090' }, { apiPort: 9090 }],
    ['a cluster of the user', { KUBECONFIG: '/me/config' }, { givenKubeconfig: '/me/config' }],
    ['a Temporal of the user', { TEMPORAL_ADDRESS: 'temporal:7233' }, { givenTemporal: 'temporal:7233' }],
  ])('can name %s', (_name, env, expected) => {
    expect(settingsFrom(env, home)).toMatchObject(expected);
  });

  it.each([
    ['the kubeconfig that we print', { KUBECONFIG: '/checkout/.fog/kubeconfig' }],
    ['the address of our Temporal', { TEMPORAL_ADDRESS: 'localhost:7233' }],
  ])('still means the embedded stack when it names %s', (_name, env) => {
    expect(settingsFrom(env, home)).toEqual(settingsFrom({}, home));
  });

  it.each([
    ['FOG_ROLLOUTS_PORT', 'http', 65535],
    ['FOG_ROLLOUTS_KUBE_PORT', '65535', 65530],
    ['FOG_ROLLOUTS_NODES', '0', 1000],
  ])('is refused where %s is "%s"', (variable, value, max) => {
    expect(() => settingsFrom({ [variable]: value }, home)).toThrow(
      `${variable} is "${value}", but must be a whole number from 1 to ${max}`,
    );
  });
});

describe('a port', () => {
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    port = (server.address() as AddressInfo).port;
  });

  afterEach(() => void server.close());

  it('that is taken is one clear error', async () => {
    await expect(requireFree([{ port, user: 'the API', variable: 'FOG_ROLLOUTS_PORT' }])).rejects.toThrow(
      `Port ${port}, wanted for the API, is taken by another process: stop it or set FOG_ROLLOUTS_PORT`,
    );
  });

  it('is free again when its listener has closed', async () => {
    await new Promise((resolve) => server.close(resolve));
    expect(await isFree(port)).toBe(true);
  });

  it('is free also where the machine is so busy that the answer is read late', async () => {
    await new Promise((resolve) => server.close(resolve));
    const free = isFree(port);
    const end = Date.now() + 1_100; // longer than an answer is waited for
    while (Date.now() < end);
    expect(await free).toBe(true);
  });
});

describe('the lock', () => {
  let file: string;

  beforeEach(() => {
    file = join(mkdtempSync(join(tmpdir(), 'lock-')), 'lock');
  });

  afterEach(() => rmSync(join(file, '..'), { recursive: true, force: true }));

  it.each([
    ['a holder that has ended', JSON.stringify({ pid: process.pid, identity: 'before' })],
    ['a holder that died while writing it', ''],
  ])('is taken from %s', async (_name, content) => {
    writeFileSync(file, content);
    expect(await withLock(file, { timeoutMs: 1_000 }, async () => 'done')).toBe('done');
  });

  it('is given back when the work fails', async () => {
    const failing = withLock(file, { timeoutMs: 0 }, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await withLock(file, { timeoutMs: 0 }, async () => 'done')).toBe('done');
  });
});

describe('the cluster', () => {
  const [options, ...stages] = parseAllDocuments(clusterConfig(portsFrom(16443), { etcd: '/cache/etcd' })).map(
    (document) => document.toJS(),
  );
  const apiServer = options.componentsPatches.find(({ name }: { name: string }) => name === 'kube-apiserver');

  it('listens on loopback, on ports that are known beforehand', () => {
    expect(options.options).toMatchObject({ bindAddress: '127.0.0.1', kubeApiserverPort: 16443, etcdPort: 16444 });
  });

  it('has room for more than 254 Services', () => {
    expect(apiServer.extraArgs).toContainEqual({ key: 'service-cluster-ip-range', value: '10.96.0.0/12' });
  });

  it('does not compare its caches with etcd every five minutes', () => {
    expect(apiServer.extraArgs).toContainEqual({ key: 'feature-gates', value: 'DetectCacheInconsistency=false' });
  });

  it('knows slow, crashing and missing images', () => {
    const names = stages.map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['pod-ready', 'pod-slow', 'pod-never-ready', 'pod-no-such-image']));
  });
});

describe("Temporal's server", () => {
  it.each([
    ['has no UI where none is wanted', { frontend: 1 }, ['--headless']],
    ['serves its UI', { frontend: 1, ui: 2 }, ['--ui-port', '2']],
    ['serves its metrics', { frontend: 1, metrics: 3 }, ['--metrics-port', '3']],
  ])('%s', (_name, ports, expected) => {
    expect(serverArguments('/db', ports)).toEqual(expect.arrayContaining(expected));
  });
});
