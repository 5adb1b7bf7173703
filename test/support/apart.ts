/** A second cluster that nobody outside reaches, in a network of its own whose only way out leads to the test's Temporal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cluster from '../../dev/cluster.ts';
import type { ToolPaths } from '../../dev/cluster-config.ts';
import { homeAt, ROOT } from '../../dev/home.ts';
import { createNetwork, type Network } from './network.ts';
import { nodeOf, Product, type ProductOptions } from './product.ts';
import { type Relay, startRelay } from './relay.ts';
import { clusterPorts, type StackInfo } from './stack.ts';
import { createWorkspace, removeWorkspace } from './workspace.ts';

export interface Apart {
  network: Network;
  /** Port of its API server, on 127.0.0.1 inside only. */
  apiPort: number;
  /** Works inside. */
  kubeconfig: string;
  /** For the test alone, which looks in by a socket in the file system, whatever the network does. */
  peephole: string;
  /** Starts a region worker inside. */
  region(options: Pick<ProductOptions, 'args'>): Product;
  /** kill -9. */
  killApiServer(): Promise<void>;
  /** Resolves when it serves again, with all its objects. */
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it beside a stack, whose tools and Temporal it uses. */
export async function startApart({ tools, temporalAddress }: StackInfo, { nodes = 1 } = {}): Promise<Apart> {
  const home = homeAt(createWorkspace());
  const relays: Relay[] = [];
  let peeping: ChildProcess | undefined;
  const stop = async () => {
    await Promise.all(relays.map((relay) => relay.close()));
    peeping?.kill('SIGKILL');
    removeWorkspace(home.dir);
  };
  try {
    const network = createNetwork(home.dir);
    const ports = await clusterPorts();
    const control = { home, nodes, ports, tools: toolsInside(home.dir, tools, network) };
    await cluster.startCluster(control);
    const socket = join(home.dir, 'api.sock');
    peeping = await relayInside(home.dir, network, [socket, String(ports.apiServer)]);
    const peep = await startRelay({ host: '127.0.0.1', port: 0 }, { path: socket });
    relays.push(peep);
    const [host, port] = temporalAddress.split(':');
    const out = await startRelay({ host: network.hostAddress, port: 0 }, { host: host!, port: Number(port) });
    relays.push(out);
    return {
      network,
      apiPort: ports.apiServer,
      kubeconfig: home.kubeconfig,
      peephole: kubeconfigAt(home.dir, home.kubeconfig, ports.apiServer, peep.port),
      region: ({ args = [] }) =>
        new Product(
          { dir: home.dir, kubeconfig: home.kubeconfig, temporalAddress: `${network.hostAddress}:${out.port}` },
          // Its probes are asked from outside.
          { role: 'region', args, env: { FOG_ROLLOUTS_HOST: network.address }, inside: network.inside },
        ),
      killApiServer: () => cluster.killComponent(home, 'kube-apiserver'),
      startApiServer: () => cluster.startComponents(control),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The tools that talk to the cluster, and start what it consists of: by programs of their names that go inside first. */
function toolsInside(dir: string, tools: ToolPaths, { inside }: Network): ToolPaths {
  mkdirSync(join(dir, 'tools'));
  const wrapped = (['kwokctl', 'kubectl'] as const).map((name) => {
    const path = join(dir, 'tools', name);
    writeFileSync(path, `#!/bin/sh\nexec ${inside.join(' ')} ${tools[name]} "$@"\n`, { mode: 0o755 });
    return [name, path];
  });
  return { ...tools, ...Object.fromEntries(wrapped) };
}

async function relayInside(dir: string, { inside }: Network, args: string[]): Promise<ChildProcess> {
  const [command, ...rest] = [...inside, nodeOf(dir), join(ROOT, 'test/support/relay.ts'), ...args];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  await Promise.race([
    once(child.stdout!, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error('The relay inside did not start'))),
  ]);
  return child;
}

function kubeconfigAt(dir: string, kubeconfig: string, port: number, other: number): string {
  const path = join(dir, 'peephole');
  writeFileSync(path, readFileSync(kubeconfig, 'utf8').replace(`:${port}`, `:${other}`));
  return path;
}
