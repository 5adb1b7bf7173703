/** Fog Rollouts itself: all roles in one process. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from './errors.ts';
import { type Home, ROOT } from './home.ts';
import { NODE_FLAGS } from './node-flags.ts';
import { requireFree } from './ports.ts';
import { isRunning, type ProcessRecord, runningProcess, startDetached, stopByFile } from './processes.ts';
import { VARIABLES } from './settings.ts';

const READY_MS = 120_000;
const PROBE_MS = 2_000;
const PROBE_PAUSE_MS = 100;
/** The roles drain for some seconds before they end by themselves. */
const STOP_GRACE_MS = 20_000;

export interface ProductOptions {
  home: Home;
  port: number;
  kubeconfig: string;
  temporalAddress: string;
  /** Where its UI is, of the embedded one. */
  temporalUi?: string;
  /** The cluster is the embedded one: nobody else is bothered by what is turned on there. */
  isOurCluster: boolean;
}

/** What is turned on there: people act by the API, and other clusters may be on this machine too. */
const OF_OURS = { FOG_ROLLOUTS_API_ACTIONS: 'kubernetes', FOG_ROLLOUTS_CLUSTER_HOSTS: 'localhost,127.0.0.1' };

export const productPidFile = (home: Home): string => join(home.pids, 'fog-rollouts.pid');
export const productLog = (home: Home): string => join(home.logs, 'fog-rollouts.log');

/** Starts all roles, or finds them running (true). Resolves when `/readyz` says so. */
export async function startProduct(options: ProductOptions): Promise<boolean> {
  const running = runningProcess(productPidFile(options.home));
  if (running) {
    await awaitReady(options, running, 0);
    return true;
  }
  await requireProductPort(options);
  const logStart = existsSync(productLog(options.home)) ? statSync(productLog(options.home)).size : 0;
  const started = await startDetached({
    command: process.execPath,
    args: [...NODE_FLAGS, join(ROOT, 'entry', 'fog-rollouts.ts'), 'all'],
    cwd: ROOT,
    env: environmentOf(options),
    logFile: productLog(options.home),
    pidFile: productPidFile(options.home),
  });
  try {
    await awaitReady(options, started, logStart);
  } catch (error) {
    await stopProduct(options.home);
    throw error;
  }
  return false;
}

/** @throws StackError when somebody else has the API's port: to be asked before the slow parts are started. */
export async function requireProductPort({ home, port }: Pick<ProductOptions, 'home' | 'port'>): Promise<void> {
  if (runningProcess(productPidFile(home))) return;
  await requireFree([{ port, user: 'the API', variable: VARIABLES.apiPort }]);
}

export async function stopProduct(home: Home): Promise<void> {
  await stopByFile(productPidFile(home), STOP_GRACE_MS);
}

/** The user's settings for the product, without those that are for the stack alone. */
export function environmentOf(options: Omit<ProductOptions, 'home'>): NodeJS.ProcessEnv {
  const { port, kubeconfig, temporalAddress, temporalUi, isOurCluster } = options;
  const ofTheStack = new Set<string>(Object.values(VARIABLES));
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([key]) => !ofTheStack.has(key)));
  return {
    ...(isOurCluster && OF_OURS),
    ...(temporalUi !== undefined && { FOG_ROLLOUTS_TEMPORAL_UI_URL: temporalUi }),
    ...inherited,
    KUBECONFIG: kubeconfig,
    TEMPORAL_ADDRESS: temporalAddress,
    [VARIABLES.apiPort]: String(port),
  };
}

async function awaitReady({ home, port }: ProductOptions, product: ProcessRecord, logStart: number): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!(await isReady(port))) {
    if (!isRunning(product)) throw new StackError(`Fog Rollouts ended while starting: ${lastLog(home, logStart)}`);
    if (Date.now() > deadline)
      throw new StackError(`Fog Rollouts is not ready after ${READY_MS / 1000} s: see ${productLog(home)}`);
    await delay(PROBE_PAUSE_MS);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(PROBE_MS) });
    return ok;
  } catch {
    return false;
  }
}

/** What it said last, since the log had `start` bytes. */
function lastLog(home: Home, start: number): string {
  const lines = readFileSync(productLog(home)).subarray(start).toString('utf8').trim().split('\n');
  const said = lines.findLast((line) => line && !/^(Node\.js v|\s+at |})/.test(line)) ?? 'it said nothing';
  return `${messageIn(said)} (log: ${productLog(home)})`;
}

/** The message of a JSON log line; any other line as it is. */
export function messageIn(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message].filter(Boolean).join(': ') || line;
  } catch {
    return line;
  }
}
