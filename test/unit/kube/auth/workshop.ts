import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeClient } from '../../../../kube/client.ts';
import { type ConnectionOptions, KubeConnection } from '../../../../kube/connection.ts';
import { parseKubeconfig } from '../../../../kube/kubeconfig.ts';
import { DEPLOYMENTS } from '../../../../kube/resources.ts';
import { FakeKube } from '../../../support/fakekube.ts';

const WEB = { namespace: 'edge', name: 'web' };

/** A server, and kubeconfigs in kubectl's spelling to reach it with, in a folder of their own. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'kube-auth-'));
  readonly fake: FakeKube;
  readonly #connections: KubeConnection[] = [];

  static async open(): Promise<Workshop> {
    const workshop = new Workshop(await FakeKube.start());
    workshop.fake.put({ metadata: WEB });
    return workshop;
  }

  private constructor(fake: FakeKube) {
    this.fake = fake;
  }

  /** @returns its path */
  file(name: string, content: string, mode = 0o600): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  /** A shell script. @returns its path */
  program(name: string, lines: string): string {
    return this.file(name, `#!/bin/sh\n${lines}\n`, 0o700);
  }

  kubeconfig({ user = {}, cluster = {} }: { user?: object; cluster?: object }) {
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'here',
      clusters: [{ name: 'c', cluster: { server: this.fake.url, ...cluster } }],
      users: [{ name: 'me', user }],
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'me' } }],
    });
    return parseKubeconfig(text, this.folder);
  }

  connect(of: { user?: object; cluster?: object }, options: ConnectionOptions = {}): KubeConnection {
    const connection = new KubeConnection(this.kubeconfig(of), options);
    this.#connections.push(connection);
    return connection;
  }

  /** One request. */
  async get(connection: KubeConnection, options: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<void> {
    await new KubeClient(connection, { fieldManager: 'tester' }).get(DEPLOYMENTS, WEB, options);
  }

  /** A header of each request that came. */
  shown(header = 'authorization'): unknown[] {
    return this.fake.requests.map(({ headers }) => headers[header]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await this.fake.stop();
    rmSync(this.folder, { recursive: true });
  }
}
