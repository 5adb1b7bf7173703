/**
 * A cluster and a Temporal server for tests: own ports, own folder, never the user's. One is shared by all
 * files that a worker of Jest takes, one after the other (`stack()`); a test that kills parts of it, or fills it, starts its
 * own (`startStack()`).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as cluster from '../../dev/cluster.ts';
import type { ClusterPorts, ToolPaths } from '../../dev/cluster-config.ts';
import { type Home, homeAt } from '../../dev/home.ts';
import * as temporal from '../../dev/temporal.ts';
import { STACK_TOOLS, type ToolName } from '../../dev/tools/catalog.ts';
import { ensureTools } from '../../dev/tools/ensure.ts';
import { freePort } from './ports.ts';
import { fileOfShared, sharedFolder } from './shared-file.ts';
import { createWorkspace, removeWorkspace, sweepAbandoned } from './workspace.ts';

const NODES = 4;

/** Where a stack is to be found. */
export interface StackInfo {
  /** Everything of the stack is in here; a test may write here too. */
  dir: string;
  kubeconfig: string;
  /** host:port of the frontend. */
  temporalAddress: string;
  /** URL of Prometheus metrics of the Temporal server. */
  temporalMetrics: string;
  temporalUi?: string;
  /** Absolute paths of the tools: kubectl, temporal and so on. */
  tools: ToolPaths;
}

export interface StackHandle extends StackInfo {
  /** Stops everything and removes the folder. */
  stop(): Promise<void>;
  /** kill -9. */
  killApiServer(): Promise<void>;
  /** Resolves when it serves again, with all its objects, and takes some of ours. */
  startApiServer(): Promise<void>;
  /** kill -9: Deployments stay as they are written, and nothing comes of them. */
  killControllers(): Promise<void>;
  /** Resolves when everything of the cluster runs again. */
  startKilled(): Promise<void>;
  /** kill -9. */
  killTemporal(): Promise<void>;
  /** Resolves when it takes requests again, with all its workflows, at the same address. */
  startTemporal(): Promise<void>;
}

/** A component that was killed and does not come back at once is started again after this, as long as the test waits. */
const START_SECONDS = 30;

export interface StackOptions {
  /** Serve the Temporal UI too. Default false. */
  ui?: boolean;
  /** Default 4; each takes 110 pods. */
  nodes?: number;
  /** Temporal's dynamic configuration besides ours, as `key=value`; values are JSON. */
  dynamicConfig?: string[];
  /** Starts another Temporal than the development server. */
  temporal?: StartTemporal;
  /** Without our definitions and policies. */
  bare?: boolean;
  /** Absolute paths of more tools than a stack has. */
  tools?: readonly ToolName[];
}

type StartTemporal = (home: Home, tools: ToolPaths) => Promise<TemporalServer>;

export interface TemporalServer {
  /** host:port of the frontend. */
  address: string;
  /** URL of its Prometheus metrics. */
  metrics: string;
  ui?: string;
  /** kill -9. */
  kill(): Promise<void>;
  /** After that; resolves when it takes requests again. */
  start(): Promise<void>;
  /** Where more is to be done for that than to end what runs from the stack's folder. */
  stop?(): Promise<void>;
}

/** The stack of this worker of Jest. @throws when nobody has started it */
export function stack(): StackInfo {
  return JSON.parse(readFileSync(fileOfShared(), 'utf8')) as StackInfo;
}

/** Starts it, unless that was done for an earlier file: idle it costs a tenth of a core. It ends with {@link endShared}, or the run. */
export async function ensureShared(): Promise<void> {
  if (!existsSync(fileOfShared())) writeFileSync(fileOfShared(), JSON.stringify(await startStack()));
}

export function endShared(): void {
  const { dir } = stack();
  rmSync(fileOfShared());
  removeWorkspace(dir);
}

/**
 * Rollouts of one name share the namespaces cloud, fog and edge, whatever their own: the first namespace that uses a
 * name on shared stacks keeps it for the whole run of the tests, also where another worker has the other file.
 * @throws Error naming the two namespaces
 */
export function keepName({ dir }: StackInfo, namespace: string, name: string): void {
  if (!existsSync(fileOfShared()) || stack().dir !== dir) return;
  const names = join(sharedFolder(), 'names');
  mkdirSync(names, { recursive: true });
  try {
    writeFileSync(join(names, name), namespace, { flag: 'wx' });
  } catch {
    const first = readFileSync(join(names, name), 'utf8');
    if (first !== namespace)
      throw new Error(`${name} of ${namespace} is a name that tests of ${first} have: take another`);
  }
}

/** Starts a cluster with our CRDs, unless it is to be bare, and a Temporal server, both empty. */
export async function startStack({
  nodes = NODES,
  tools: names = STACK_TOOLS,
  ...options
}: StackOptions = {}): Promise<StackHandle> {
  sweepAbandoned();
  const tools = await ensureTools(names);
  const home = homeAt(createWorkspace());
  const startServer = options.temporal ?? developmentServer(options);
  const control = { home, tools, nodes, ports: await clusterPorts() };
  let server: TemporalServer;
  try {
    [server] = await Promise.all([
      startServer(home, tools),
      cluster.startCluster(control).then(() => (options.bare ? undefined : cluster.applyOurs(home, tools))),
    ]);
  } catch (error) {
    removeWorkspace(home.dir);
    throw error;
  }
  return {
    dir: home.dir,
    kubeconfig: home.kubeconfig,
    temporalAddress: server.address,
    temporalMetrics: server.metrics,
    ...(server.ui && { temporalUi: server.ui }),
    tools,
    async stop() {
      await server.stop?.();
      removeWorkspace(home.dir);
    },
    killApiServer: () => cluster.killComponent(home, 'kube-apiserver'),
    async startApiServer() {
      await cluster.startComponents(control, START_SECONDS);
      if (!options.bare) await cluster.untilOursTaken(home, tools);
    },
    killControllers: () => cluster.killComponent(home, 'kube-controller-manager'),
    startKilled: () => cluster.startComponents(control),
    killTemporal: server.kill,
    startTemporal: server.start,
  };
}

function developmentServer({ ui = false, dynamicConfig = [] }: StackOptions): StartTemporal {
  return async (home, tools) => {
    const server = { home, binary: tools.temporal!, ports: await temporalPorts(ui), dynamicConfig };
    await temporal.startTemporal(server);
    return {
      address: `127.0.0.1:${server.ports.frontend}`,
      metrics: `http://127.0.0.1:${server.ports.metrics}/metrics`,
      ...(ui && { ui: `http://127.0.0.1:${server.ports.ui}` }),
      kill: () => temporal.killTemporal(home),
      start: async () => void (await temporal.startTemporal(server)),
    };
  };
}

export interface TemporalHandle {
  /** host:port of the frontend. */
  address: string;
  stop(): Promise<void>;
}

/** A Temporal server alone, with the tuned flags: about a second. */
export async function startTemporal(): Promise<TemporalHandle> {
  sweepAbandoned();
  const tools = await ensureTools(['temporal']);
  const home = homeAt(createWorkspace());
  const ports = await temporalPorts(false);
  await temporal.startTemporal({ home, binary: tools.temporal!, ports });
  return { address: `127.0.0.1:${ports.frontend}`, stop: async () => removeWorkspace(home.dir) };
}

async function temporalPorts(ui: boolean): Promise<temporal.TemporalPorts> {
  return { frontend: await freePort(), metrics: await freePort(), ...(ui && { ui: await freePort() }) };
}

/** Free ones, of this machine. */
export async function clusterPorts(): Promise<ClusterPorts> {
  return {
    apiServer: await freePort(),
    etcd: await freePort(),
    etcdPeer: await freePort(),
    controllerManager: await freePort(),
    scheduler: await freePort(),
    kwok: await freePort(),
  };
}
