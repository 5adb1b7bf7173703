#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander';
import { typeName } from '../kube/resources.ts';
import { conditionOf } from '../model/conditions.ts';
import { LAYERS } from '../model/layers.ts';
import { FOG_ROLLOUTS, FOG_SITES } from '../model/names.ts';
import type { FogActionSpec, FogRollout } from '../model/types.ts';
import { ask } from './act.ts';
import { type Access, Kubectl, KubectlError } from './kubectl.ts';
import { coloured, plain, statusLines } from './status.ts';

/** Exit codes: what `wait` says, and what went wrong. */
const EXIT = { ok: 0, failed: 1, refused: 1, usage: 2, timeout: 3 } as const;
const ROLLOUTS = typeName(FOG_ROLLOUTS);

const program = new Command('kubectl fog')
  .description('Shows and steers FogRollouts, with your own kubectl and what it may do')
  .addOption(new Option('-n, --namespace <namespace>', 'of the FogRollout; else that of the context'))
  .addOption(new Option('--context <name>', 'of the kubeconfig'))
  .addOption(new Option('--kubeconfig <file>', 'else as kubectl finds it'))
  .addOption(new Option('--as <user>', 'acts as that user'))
  .configureHelp({ showGlobalOptions: true })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage));

program
  .command('get')
  .description('the FogRollouts, as kubectl get shows them')
  .argument('[names...]')
  .option('-A, --all-namespaces', 'of all namespaces')
  .option('-w, --watch', 'and each change of them')
  .option('-o, --output <format>', 'as kubectl get takes it')
  .action(async (names: string[], { allNamespaces, watch, output }: Record<string, string | boolean | undefined>) => {
    const flags = [
      ...(allNamespaces ? ['--all-namespaces'] : []),
      ...(watch ? ['--watch'] : []),
      ...(output ? ['-o', String(output)] : []),
    ];
    process.exitCode = await kubectl().passThrough(['get', ROLLOUTS, ...names, ...flags]);
  });

program
  .command('sites')
  .description('the FogSites, as kubectl get shows them')
  .argument('[names...]')
  .option('-o, --output <format>', 'as kubectl get takes it')
  .action(async (names: string[], { output }: { output?: string }) => {
    process.exitCode = await kubectl().passThrough([
      'get',
      typeName(FOG_SITES),
      ...names,
      ...(output ? ['-o', output] : []),
    ]);
  });

program
  .command('status')
  .description('a FogRollout as a tree: its layers, gates and failures')
  .argument('<name>')
  .option('-w, --watch', 'and each change of it, until Ctrl-C')
  .option('-o, --output <format>', 'json or yaml: its status as it is')
  .action(async (name: string, { watch, output }: { watch?: boolean; output?: string }) => {
    if (output) {
      process.exitCode = await kubectl().passThrough(['get', ROLLOUTS, name, '-o', output]);
      return;
    }
    if (!watch) {
      print(statusLines(await kubectl().json<FogRollout>(['get', ROLLOUTS, name]), now(), paint()));
      return;
    }
    let shown = '';
    for await (const rollout of kubectl().watch<FogRollout>(ROLLOUTS, name, interrupted())) {
      const lines = statusLines(rollout, now(), paint());
      const text = lines.join('\n');
      if (text !== shown) print(process.stdout.isTTY ? ['\u001b[H\u001b[J', ...lines] : [...lines, '']);
      shown = text;
    }
  });

program
  .command('wait')
  .description('until the present generation has succeeded (exit code 0), or failed (1); 3 when the time is over')
  .argument('<name>')
  .option('--timeout <seconds>', 'how long; 0: for ever', seconds, 0)
  .action(async (name: string, { timeout }: { timeout: number }) => {
    const stop = timeout > 0 ? AbortSignal.any([interrupted(), AbortSignal.timeout(timeout * 1000)]) : interrupted();
    let said = '';
    for await (const { metadata, status } of kubectl().watch<FogRollout>(ROLLOUTS, name, stop)) {
      const message = conditionOf(status?.conditions, 'Ready')?.message ?? 'not begun yet';
      if (message !== said) process.stderr.write(`${status?.phase ?? 'Pending'}: ${message}\n`);
      said = message;
      const hasEnded = status?.observedGeneration === metadata.generation;
      if (hasEnded && (status?.phase === 'Succeeded' || status?.phase === 'Failed')) {
        process.exitCode = status.phase === 'Succeeded' ? EXIT.ok : EXIT.failed;
        return;
      }
    }
    process.exitCode = EXIT.timeout;
  });

const ACTIONS: [string, FogActionSpec['action'], string][] = [
  ['approve', 'Approve', 'says yes at an approval gate'],
  ['reject', 'Reject', 'says no at an approval gate: the run fails'],
  ['pause', 'Pause', 'begins no further step and no further site, until it is resumed'],
  ['resume', 'Resume', 'lets a paused rollout, or a gate that waited in vain, go on'],
  ['abort', 'Abort', 'ends the run as failed; sites stay as they are'],
  ['retry', 'Retry', 'rolls out again what failed'],
];
for (const [command, action, description] of ACTIONS) {
  const isAtGate = action === 'Approve' || action === 'Reject';
  const acting = program.command(command).description(description).argument('<name>');
  if (isAtGate) {
    acting.addOption(new Option('--layer <layer>', 'whose gate').choices(LAYERS));
    acting.option('--gate <name>', 'which gate, where several wait');
  }
  acting
    .option('--revision <generation>', 'the generation that is meant; with another under way it is refused', generation)
    .option('--reason <text>', 'for people')
    .option('--timeout <seconds>', 'how long to wait for the answer', seconds, 30)
    .action(async (rollout: string, options: Omit<FogActionSpec, 'rollout' | 'action'> & { timeout: number }) => {
      const { timeout, ...more } = options;
      const { state, message } = await ask(kubectl(), { rollout, action, ...more }, timeout * 1000);
      const style = state === 'Accepted' ? 'green' : 'red';
      print([`${paint()(style, state)}: ${message}`]);
      process.exitCode = { Accepted: EXIT.ok, Refused: EXIT.refused, Waiting: EXIT.timeout }[state];
    });
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof KubectlError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.failed;
}

function kubectl(): Kubectl {
  return new Kubectl(program.opts<Access>());
}

function interrupted(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  return stop.signal;
}

function paint() {
  return process.stdout.isTTY && !process.env.NO_COLOR ? coloured : plain;
}

function print(lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function now(): string {
  return new Date().toISOString();
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0) || text.trim() === '') throw new InvalidArgumentError('It has to be a number of seconds.');
  return value;
}

function generation(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It has to be a generation, from 1 on.');
  return value;
}
