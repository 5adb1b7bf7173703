/** The cluster: the real control plane with simulated nodes, run by kwok's own tool, kwokctl. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { type ClusterPorts, clusterConfig, type ToolPaths } from './cluster-config.ts';
import { run } from './commands.ts';
import { StackError } from './errors.ts';
import { type Home, ROOT } from './home.ts';
import { identityOf, runningCommands } from './identity.ts';
import { requireFree } from './ports.ts';
import { isRunning, killAllOf, killProcess, type ProcessRecord } from './processes.ts';

const NAME = 'fog';
const CREATE_MS = 300_000;
const COMMAND_MS = 120_000;
/** How much longer than it was told kwokctl may take. */
const KWOKCTL_SPARE_SECONDS = 15;
const ESTABLISHED_PAUSE_MS = 100;
/** Each look is a process, and the schemas are read again every 5 s only. */
const TAKEN_PAUSE_MS = 500;
/** What policies/ writes into every FogRollout. */
const FILLED_IN = 'fog-rollouts.paguos.io/changed-by';

export type Component = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok-controller';
const COMPONENTS: readonly Component[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok-controller',
];

export interface ClusterOptions {
  home: Home;
  tools: ToolPaths;
  ports: ClusterPorts;
  /** Simulated nodes; each takes 110 pods. */
  nodes: number;
  /** What to set to move the API server's port, for the error when it is taken. */
  portVariable?: string;
}

/** Starts the cluster with the state it had, or makes it. True when it was running already. */
export async function startCluster(options: ClusterOptions): Promise<boolean> {
  const { home } = options;
  if (wasCreated(home)) {
    requireSamePort(options);
    if (COMPONENTS.every((component) => runningComponent(home, component))) return true;
    await stopCluster(options);
    await requirePorts(options);
    await startComponents(options);
    await takeNodesOver(options);
    return false;
  }
  await deleteCluster(options); // what an interrupted creation left
  await requirePorts(options);
  await createCluster(options);
  return false;
}

/**
 * kwok leaves a node alone while another kwok has its lease, and the one that was stopped has them for 200 s more: pods
 * would stay Pending so long. A kwok that starts without any leases takes the nodes at once.
 */
async function takeNodesOver({ home, tools }: ClusterOptions): Promise<void> {
  await killComponent(home, 'kwok-controller');
  const leases = ['delete', 'leases', '--namespace', 'kube-node-lease', '--all'];
  await kubectl(home, tools, leases, 'Freeing the simulated nodes');
  await startComponents({ home, tools });
}

/** Stops every component, whatever crashed before; state is kept. */
export async function stopCluster({ home }: Pick<ClusterOptions, 'home'>): Promise<void> {
  // kwokctl kills by pid file and believes what the file says; so verify, kill and forget ourselves.
  for (const component of COMPONENTS.toReversed()) await killComponent(home, component);
  killAllOf(home.kwok);
}

/** Stops the cluster and removes its state. */
export async function deleteCluster({ home }: Pick<ClusterOptions, 'home'>): Promise<void> {
  await stopCluster({ home });
  rmSync(home.kwok, { recursive: true, force: true });
  rmSync(home.kubeconfig, { force: true });
}

/** kill -9 of one component; kwokctl starts it again with {@link startComponents}. */
export async function killComponent(home: Home, component: Component): Promise<void> {
  const record = runningComponent(home, component);
  if (record) await killProcess(record);
  rmSync(pidFile(home, component), { force: true });
}

/**
 * Starts every component that is not running, with the arguments it was created with, and waits until served.
 *
 * @param waitSeconds - how long at most; what has ended by then, as when its port was still held, is started by another call
 */
export async function startComponents(
  { home, tools }: Pick<ClusterOptions, 'home' | 'tools'>,
  waitSeconds = 120,
): Promise<void> {
  for (const component of COMPONENTS) runningComponent(home, component);
  // kwokctl itself waits for ever for a component that has ended at once.
  const timeoutMs = (waitSeconds + KWOKCTL_SPARE_SECONDS) * 1000;
  await kwokctl(home, tools, ['start', 'cluster', '--wait', `${waitSeconds}s`], 'Starting the cluster', timeoutMs);
}

/** Applies our object definitions and admission policies, and waits until the API server takes objects of ours. */
export async function applyOurs(home: Home, tools: ToolPaths): Promise<void> {
  await applyDefinitions(home, tools, join(ROOT, 'crds'));
  const policies = ['apply', '--server-side', '--force-conflicts', '-f', join(ROOT, 'policies')];
  await kubectl(home, tools, policies, 'Applying the admission policies');
  await untilOursTaken(home, tools);
}

/** Applies every object definition of a folder and waits until the API server serves them. */
async function applyDefinitions(home: Home, tools: ToolPaths, folder: string): Promise<void> {
  await kubectl(home, tools, ['apply', '--server-side', '--force-conflicts', '-f', folder], 'Applying the CRDs');
  const deadline = Date.now() + COMMAND_MS;
  // Not `kubectl wait`: that fails while a new object has no conditions at all.
  while (!allEstablished(await kubectl(home, tools, ['get', '-f', folder, '-o', 'json'], 'Reading the CRDs'))) {
    if (Date.now() > deadline)
      throw new StackError(`The CRDs of ${folder} are not served after ${COMMAND_MS / 1000} s`);
    await delay(ESTABLISHED_PAUSE_MS);
  }
}

/**
 * Waits until the first example is taken, and who sends it is filled in: policies are in force some time after they were
 * applied, or the API server has started, and then need the schemas of our definitions, which it reads every 5 s; it refuses
 * these objects until then.
 */
export async function untilOursTaken(home: Home, tools: ToolPaths): Promise<void> {
  const manifest = join(ROOT, 'examples', 'nginx-rollout.yml');
  const how = ['--server-side', '--dry-run=server', '--force-conflicts', '-n', 'default', '-o', 'json'];
  const args = ['apply', ...how, '-f', manifest];
  const deadline = Date.now() + COMMAND_MS;
  for (;;) {
    let said: string;
    try {
      said = await kubectl(home, tools, args, 'Trying the first example');
      if (said.includes(FILLED_IN)) return;
    } catch (error) {
      said = String(error);
      if (!said.includes('There can be a delay')) throw error;
    }
    if (Date.now() > deadline)
      throw new StackError(`The admission policies are not in force after ${COMMAND_MS / 1000} s: ${said}`);
    await delay(TAKEN_PAUSE_MS);
  }
}

/** Makes the namespaces that are not there yet; those that are stay as they are. */
export async function makeNamespaces(home: Home, tools: ToolPaths, names: readonly string[]): Promise<void> {
  const answer = await kubectl(home, tools, ['get', 'namespaces', '-o', 'name'], 'Reading the namespaces');
  const there = new Set(answer.split('\n'));
  const items = names
    .filter((name) => !there.has(`namespace/${name}`))
    .map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  if (items.length === 0) return;
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await kubectl(home, tools, ['create', '-f', '-'], 'Making the namespaces of the layers', list);
}

/** Reads what `kubectl get -o json` prints for one definition or several. */
function allEstablished(output: string): boolean {
  const read = JSON.parse(output) as Definition | { items: Definition[] };
  return ('items' in read ? read.items : [read]).every(({ status }) =>
    status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'),
  );
}

interface Definition {
  status?: { conditions?: { type: string; status: string }[] };
}

/** What kubectl and kwokctl remember of a cluster: not among what they remember of the user's. */
function cacheOf(home: Home): string {
  return join(home.dir, 'kubectl-cache');
}

/** Standard output of our own kubectl against the stack's cluster. */
export function kubectl(home: Home, tools: ToolPaths, args: string[], doing: string, input?: string): Promise<string> {
  const flags = ['--kubeconfig', home.kubeconfig, '--cache-dir', cacheOf(home)];
  return plainKubectl(tools, [...flags, ...args], doing, input);
}

/** Standard output of our own kubectl against the cluster that `args` name. */
export function plainKubectl(tools: ToolPaths, args: string[], doing: string, input?: string): Promise<string> {
  return run(tools.kubectl!, args, { doing, timeoutMs: COMMAND_MS, input });
}

async function createCluster({ home, tools, ports, nodes }: ClusterOptions): Promise<void> {
  mkdirSync(home.kwok, { recursive: true });
  const config = join(home.kwok, 'cluster.yaml');
  writeFileSync(config, clusterConfig(ports, tools));
  const create = ['create', 'cluster', '--config', config, '--wait', '120s', '--kubeconfig', home.kubeconfig];
  try {
    await kwokctl(home, tools, create, 'Creating the cluster', CREATE_MS);
    await kwokctl(home, tools, ['scale', 'node', '--replicas', String(nodes)], 'Adding nodes', COMMAND_MS);
  } catch (error) {
    await stopCluster({ home });
    throw error;
  }
  writeFileSync(createdMark(home), new Date().toISOString());
}

function kwokctl(home: Home, tools: ToolPaths, args: string[], doing: string, timeoutMs: number): Promise<string> {
  // KWOK_* of the user's shell would change our cluster.
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('KWOK_') && key !== 'KUBECONFIG');
  const env = { ...Object.fromEntries(inherited), KWOK_WORKDIR: home.kwok, KUBECACHEDIR: cacheOf(home) };
  return run(tools.kwokctl!, ['--name', NAME, ...args], { doing, timeoutMs, env });
}

async function requirePorts({ ports, portVariable }: ClusterOptions): Promise<void> {
  const variable = portVariable ?? 'another base port';
  await requireFree(Object.entries(ports).map(([part, port]) => ({ port, user: `the cluster (${part})`, variable })));
}

/** The created cluster's port is written into its certificates' kubeconfig and its components' arguments. */
function requireSamePort({ home, ports, portVariable }: ClusterOptions): void {
  const [config] = parseAllDocuments(readFileSync(join(clusterDir(home), 'kwok.yaml'), 'utf8'));
  const created = config?.getIn(['options', 'kubeApiserverPort']);
  if (created !== ports.apiServer)
    throw new StackError(
      `The cluster in ${basename(home.dir)}/ was made for port ${created}, not ${ports.apiServer}: run "make clean" first, or set ${portVariable}=${created}`,
    );
}

/** The component's process; a pid file whose process is another one now is removed. */
function runningComponent(home: Home, component: Component): ProcessRecord | undefined {
  const file = pidFile(home, component);
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8'));
  const binary = join(clusterDir(home), 'bin', component);
  const process = runningCommands().find((running) => running.pid === pid && running.command.startsWith(`${binary} `));
  const record = process && { pid, identity: identityOf(pid) ?? 'ended' };
  if (record && isRunning(record)) return record;
  rmSync(file, { force: true });
  return undefined;
}

const clusterDir = (home: Home): string => join(home.kwok, 'clusters', NAME);
const pidFile = (home: Home, component: Component): string => join(clusterDir(home), 'pids', `${component}.pid`);
const createdMark = (home: Home): string => join(home.kwok, 'created');
const wasCreated = (home: Home): boolean => existsSync(createdMark(home));
