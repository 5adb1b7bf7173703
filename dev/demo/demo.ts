/** `make demo`: leads through what Fog Rollouts does, with the commands printed as they run. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { plainKubectl } from '../cluster.ts';
import type { ToolPaths } from '../cluster-config.ts';
import { type Output, paint } from '../console.ts';
import { StackError } from '../errors.ts';
import { type Home, ROOT } from '../home.ts';
import type { Settings } from '../settings.ts';
import { addresses, down, type Running, up } from '../stack.ts';
import { NAMESPACE, SCENES, type Scene, SITES, type Step } from './scenes.ts';

/** How long a scene's words stand before its commands run, on a terminal, in ms. */
const READING_MS = 2_500;

export interface Until {
  signal: AbortSignal;
  /** Called when all parts are up: from then on the signal is heeded. */
  onUp: () => void;
}

/**
 * Starts what is not running yet, shows all scenes, and stops what it has started.
 *
 * @throws StackError when a command ends otherwise than it should
 */
export async function runDemo(home: Home, settings: Settings, output: Output, { signal, onUp }: Until): Promise<void> {
  const running = await up(home, settings, output);
  onUp();
  try {
    for (const line of addresses(home, settings)) output.line(line);
    await tidy(running);
    const env = environment(home, running.tools, running.kubeconfig);
    for (const [at, scene] of SCENES.entries()) await show(scene, at + 1, env, output, signal);
    output.line(paint('green', '\nThat was it. docs/ has the rest: actions.md, windows.md, sites.md'));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (!running.already) await down(home, output);
  }
}

/** What a demo that was broken off has left. */
async function tidy({ tools, kubeconfig }: Running): Promise<void> {
  const kubectl = (...args: string[]) =>
    plainKubectl(tools, ['--kubeconfig', kubeconfig, ...args], 'Removing what an earlier demo has left');
  if ((await kubectl('get', 'namespace', NAMESPACE, '--ignore-not-found', '-o', 'name')) === '') return;
  await kubectl('delete', 'fogwindows,fogrollouts', '--all', '-n', NAMESPACE, '--timeout=60s');
  await kubectl('delete', '-f', join(ROOT, SITES), '--ignore-not-found');
  await kubectl('delete', 'namespace', NAMESPACE, '--timeout=60s');
}

/** kubectl, and kubectl-fog as its plugin, on the path. */
function environment(home: Home, tools: ToolPaths, kubeconfig: string): NodeJS.ProcessEnv {
  const bin = join(home.dir, 'bin');
  mkdirSync(bin, { recursive: true });
  const plugin = join(bin, 'kubectl-fog');
  writeFileSync(plugin, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'cli/kubectl-fog.ts')}' "$@"\n`);
  chmodSync(plugin, 0o755);
  try {
    symlinkSync(tools.kubectl!, join(bin, 'kubectl'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const path = [bin, dirname(tools.kubectl!), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, KUBECONFIG: kubeconfig, KUBECTL: tools.kubectl };
}

async function show(
  { title, words, steps }: Scene,
  number: number,
  env: NodeJS.ProcessEnv,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  output.line(`\n${paint('bold', `${number}. ${title}`)}`);
  for (const line of words) output.line(line);
  if (process.stdout.isTTY) await delay(READING_MS, undefined, { signal });
  for (const step of steps) {
    output.line(`\n${paint('cyan', `$ ${step.command}`)}`);
    await type(step, env, signal);
  }
}

async function type({ command, fails = false }: Step, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const child = spawn('/bin/sh', ['-c', command], { cwd: ROOT, env, signal, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  if ((code !== 0) !== fails) throw new StackError(`This ended with ${code}, which it should not: ${command}`);
}
