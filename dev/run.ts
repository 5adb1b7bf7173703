/** `make run`: the whole thing in the foreground, with the example rolled out before one's eyes. */
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { plainKubectl } from './cluster.ts';
import { type Output, paint } from './console.ts';
import { StackError } from './errors.ts';
import { follow } from './follow.ts';
import { type Home, ROOT } from './home.ts';
import { runningProcess } from './processes.ts';
import { productLog, productPidFile } from './product.ts';
import type { Settings } from './settings.ts';
import { addresses, down, type Running, up } from './stack.ts';

const EXAMPLE = join(ROOT, 'examples', 'nginx-rollout.yml');
const NAMESPACE = 'cloud';
const NAME = 'nginx-rollout';
const LOOK_AFTER_MS = 1_000;

export interface Until {
  signal: AbortSignal;
  /** Called when all parts are up: from then on the signal is heeded. */
  onUp: () => void;
}

/**
 * Starts everything, rolls the example out, and stays until the signal is aborted; then stops everything.
 * @throws StackError when a part cannot be started, or Fog Rollouts ends by itself
 */
export async function runInForeground(home: Home, settings: Settings, output: Output, until: Until): Promise<void> {
  const { signal, onUp } = until;
  const running = await up(home, settings, output);
  onUp();
  try {
    if (running.already) output.line('The stack was up already; Ctrl-C stops it');
    await rollOutExample(running, output, signal);
    output.line('');
    for (const line of addresses(home, settings)) output.line(line);
    output.line(`Logs         ${relative(process.cwd(), home.logs)}/\n\nRunning until Ctrl-C`);
    await productEnds(home, signal);
    throw new StackError(`Fog Rollouts has ended by itself: see ${productLog(home)}`);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await down(home, output);
  }
}

async function rollOutExample({ tools, kubeconfig }: Running, output: Output, signal: AbortSignal): Promise<void> {
  const kubectl = (args: string[], doing: string) => plainKubectl(tools, ['--kubeconfig', kubeconfig, ...args], doing);
  const namespaces = await kubectl(
    ['get', 'namespace', NAMESPACE, '--ignore-not-found', '-o', 'name'],
    'Looking for the namespace',
  );
  if (!namespaces) await kubectl(['create', 'namespace', NAMESPACE], `Creating namespace ${NAMESPACE}`);
  const file = relative(process.cwd(), EXAMPLE);
  await kubectl(['-n', NAMESPACE, 'apply', '-f', EXAMPLE], `Applying ${file}`);
  output.line(`\nkubectl apply -n ${NAMESPACE} -f ${file}`);
  const phase = await follow({ kubectl: tools.kubectl!, kubeconfig, namespace: NAMESPACE, name: NAME }, output, signal);
  output.line(phase === 'Succeeded' ? paint('green', `\n${NAME} has succeeded`) : paint('red', `\n${NAME} has failed`));
}

/** Resolves when the product is no longer there; it is not our child when `make up` started it. */
async function productEnds(home: Home, signal: AbortSignal): Promise<void> {
  while (runningProcess(productPidFile(home))) await delay(LOOK_AFTER_MS, undefined, { signal });
}
