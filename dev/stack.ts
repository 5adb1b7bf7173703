/** The embedded stack as a whole: up, down, clean. */
import { existsSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { LAYERS } from '../model/layers.ts';
import * as cluster from './cluster.ts';
import { portsFrom, type ToolPaths } from './cluster-config.ts';
import { killUnfinished, run } from './commands.ts';
import { type Output, paint } from './console.ts';
import { StackError } from './errors.ts';
import { type Home, ROOT } from './home.ts';
import { withLock } from './lock.ts';
import { killAllOf, killProcess, runningProcess } from './processes.ts';
import { productPidFile, requireProductPort, startProduct, stopProduct } from './product.ts';
import { type Settings, VARIABLES } from './settings.ts';
import * as temporal from './temporal.ts';
import type { ToolName } from './tools/catalog.ts';
import { ensureTools } from './tools/ensure.ts';
import { thisMachine } from './tools/lookup.ts';

const LOCK_MS = 10 * 60_000;
/** Where the API looks for it, beside its sources. */
const PAGE = join(ROOT, 'dist', 'page');
const CLUSTER_TOOLS: ToolName[] = [
  'etcd',
  'kwok',
  'kwokctl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
];

export interface Running {
  tools: ToolPaths;
  kubeconfig: string;
  temporalAddress: string;
  /** Everything was running before we came. */
  already: boolean;
}

/** Starts what is not running yet. When a part cannot be started, nothing of the stack is left running. */
export async function up(home: Home, settings: Settings, output: Output): Promise<Running> {
  const tools = await ensureTools(toolsFor(settings), thisMachine(), output);
  return exclusively(home, output, async () => {
    try {
      return await startAll(home, settings, tools, output);
    } catch (error) {
      await stopAll(home);
      throw error;
    }
  });
}

/** Stops everything, whatever state it is in; what it stored is kept. */
export async function down(home: Home, output: Output): Promise<void> {
  await exclusively(home, output, async () => {
    const step = output.step('Stopping');
    await stopAll(home);
    step.done('Stopped; the state is kept (make clean removes it)');
  });
}

/** Stops everything and removes what it stored. */
export async function clean(home: Home, output: Output): Promise<void> {
  await exclusively(home, output, () => stopAll(home));
  rmSync(home.dir, { recursive: true, force: true });
  output.line(`Removed ${basename(home.dir)}/`);
}

/** Kills the stack in whatever state it is, at once: for a Ctrl-C while it starts, and for a second one. */
export async function kill(home: Home): Promise<void> {
  killUnfinished();
  const records = [productPidFile(home), temporal.temporalPidFile(home)].flatMap((file) => runningProcess(file) ?? []);
  await Promise.all(records.map(killProcess));
  killAllOf(home.dir);
}

/** Where to find everything, for people. */
export function addresses(home: Home, settings: Settings): string[] {
  const kubeconfig = settings.givenKubeconfig ?? relative(process.cwd(), home.kubeconfig);
  return [
    `Page         http://localhost:${settings.apiPort}`,
    `API          http://localhost:${settings.apiPort}/api/v1/rollouts`,
    settings.givenTemporal ? `Temporal     ${settings.givenTemporal}` : `Temporal UI  ${temporalUiOf(settings)}`,
    `kubectl      ${paint('bold', `export KUBECONFIG=${kubeconfig}`)}`,
  ];
}

function temporalUiOf({ temporalUiPort }: Settings): string {
  return `http://localhost:${temporalUiPort}`;
}

async function startAll(home: Home, settings: Settings, tools: ToolPaths, output: Output): Promise<Running> {
  const kubeconfig = settings.givenKubeconfig ?? home.kubeconfig;
  const temporalAddress = settings.givenTemporal ?? `127.0.0.1:${settings.temporalPort}`;
  await requireProductPort({ home, port: settings.apiPort });
  const [hadCluster, hadTemporal] = await bothSettled([
    settings.givenKubeconfig
      ? requireDefinitions(tools, settings.givenKubeconfig)
      : startCluster(home, settings, tools, output),
    settings.givenTemporal ? true : startTemporal(home, settings, tools, output),
  ]);
  const step = output.step('Starting Fog Rollouts');
  try {
    await bundlePage(output);
    const isOurCluster = settings.givenKubeconfig === undefined;
    const hadProduct = await startProduct({
      ...{ home, port: settings.apiPort, kubeconfig, temporalAddress, isOurCluster },
      ...(!settings.givenTemporal && { temporalUi: temporalUiOf(settings) }),
    });
    step.done('Fog Rollouts is ready');
    return { tools, kubeconfig, temporalAddress, already: hadCluster && hadTemporal && hadProduct };
  } catch (error) {
    step.failed();
    throw error;
  }
}

/** Of the sources as they are now: it takes less than a second. Nothing else needs the page. */
async function bundlePage(output: Output): Promise<void> {
  const doing = 'Bundling the page';
  try {
    await run(process.execPath, [join(ROOT, 'scripts', 'bundle-page.ts'), PAGE], {
      doing,
      timeoutMs: 60_000,
      cwd: ROOT,
    });
  } catch (error) {
    output.line(`${(error as Error).message}; the API goes on without it`);
  }
}

async function startCluster(home: Home, settings: Settings, tools: ToolPaths, output: Output): Promise<boolean> {
  const ports = portsFrom(settings.kubePort);
  const { nodes } = settings;
  const had = await cluster.startCluster({ home, tools, ports, nodes, portVariable: VARIABLES.kubePort });
  await cluster.applyOurs(home, tools);
  // The product makes them with the first rollout; people put that one into the cloud's.
  await cluster.makeNamespaces(home, tools, LAYERS);
  output.line(`${paint('green', '✔')} Kubernetes is ready`);
  return had;
}

async function startTemporal(home: Home, settings: Settings, tools: ToolPaths, output: Output): Promise<boolean> {
  const ports = {
    frontend: settings.temporalPort,
    ui: settings.temporalUiPort,
    metrics: settings.temporalMetricsPort,
  };
  const had = await temporal.startTemporal({ home, binary: tools.temporal!, ports });
  output.line(`${paint('green', '✔')} Temporal is ready`);
  return had;
}

/** Somebody else's cluster is not ours to change: it has to have the object definitions already. */
async function requireDefinitions(tools: ToolPaths, kubeconfig: string): Promise<boolean> {
  if (!existsSync(kubeconfig)) throw new StackError(`KUBECONFIG names ${kubeconfig}, which does not exist`);
  const args = ['--kubeconfig', kubeconfig, 'get', 'crd', 'fogrollouts.paguos.io', '-o', 'name'];
  await cluster.plainKubectl(tools, args, 'Looking for the CRDs on the cluster of KUBECONFIG (kubectl apply -f crds/)');
  return true;
}

/** Like Promise.all, but waits for both: a failure must not leave the other one starting behind our back. */
async function bothSettled<A, B>(work: [A | Promise<A>, B | Promise<B>]): Promise<[A, B]> {
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return Promise.all(work);
}

async function stopAll(home: Home): Promise<void> {
  await stopProduct(home);
  await temporal.stopTemporal(home);
  await cluster.stopCluster({ home });
  killAllOf(home.dir);
}

function toolsFor(settings: Settings): ToolName[] {
  return [
    ...(settings.givenKubeconfig ? [] : CLUSTER_TOOLS),
    'kubectl',
    ...(settings.givenTemporal ? [] : (['temporal'] as const)),
  ];
}

function exclusively<T>(home: Home, output: Output, work: () => Promise<T>): Promise<T> {
  const onWait = ({ pid }: { pid: number }) =>
    output.line(`Waiting for process ${pid}, which is starting or stopping the stack`);
  return withLock(join(home.dir, 'lock'), { timeoutMs: LOCK_MS, onWait }, work);
}
