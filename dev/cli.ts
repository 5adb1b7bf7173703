#!/usr/bin/env node
/** The commands behind `make run`, `demo`, `up`, `down`, `clean` and the tools' paths. */
import { Argument, Command } from 'commander';
import { consoleOutput, paint } from './console.ts';
import { runDemo } from './demo/demo.ts';
import { StackError } from './errors.ts';
import { userHome } from './home.ts';
import { runInForeground } from './run.ts';
import { settingsFrom, VARIABLES } from './settings.ts';
import { addresses, clean, down, kill, up } from './stack.ts';
import { STACK_TOOLS, TOOL_NAMES, type ToolName } from './tools/catalog.ts';
import { ensureTools } from './tools/ensure.ts';
import { thisMachine } from './tools/lookup.ts';

/** By convention: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

const home = userHome();
const output = consoleOutput();
const interruption = new AbortController();
/** What a signal does now: stop in order, take down what is half started, or just end. */
let onInterrupt: 'stop' | 'kill' | 'exit' = 'exit';

const program = new Command('dev').description(
  'The embedded stack: Kubernetes, Temporal and Fog Rollouts on this machine',
);

program
  .command('run')
  .description('start everything, roll the example out, stay until Ctrl-C')
  .action(async () => {
    onInterrupt = 'kill';
    const onUp = () => {
      onInterrupt = 'stop';
    };
    await runInForeground(home, settingsFrom(process.env, home), output, { signal: interruption.signal, onUp });
  });

program
  .command('demo')
  .description('lead through what it does, with the commands printed as they run')
  .action(async () => {
    onInterrupt = 'kill';
    const onUp = () => {
      onInterrupt = 'stop';
    };
    await runDemo(home, settingsFrom(process.env, home), output, { signal: interruption.signal, onUp });
  });

program
  .command('up')
  .description('start everything in the background; returns when it is ready')
  .action(async () => {
    onInterrupt = 'kill';
    const settings = settingsFrom(process.env, home);
    const { already } = await up(home, settings, output);
    if (already) output.line('It was up already');
    for (const line of addresses(home, settings)) output.line(line);
  });

program
  .command('down')
  .description('stop everything; the state is kept')
  .action(() => down(home, output));

program
  .command('clean')
  .description('stop everything and remove the state')
  .action(() => clean(home, output));

program
  .command('tools')
  .description('find, download or build the tools, and print where they are')
  .addArgument(new Argument('[names...]', 'which tools; all that the stack needs when left out').choices(TOOL_NAMES))
  .action(async (chosen: ToolName[]) => {
    const names = chosen.length > 0 ? chosen : STACK_TOOLS;
    const paths = await ensureTools(names, thisMachine(), consoleOutput(process.stderr));
    for (const name of names) output.line(chosen.length === 1 ? paths[name]! : `${name.padEnd(24)}${paths[name]}`);
  });

program.addHelpText(
  'after',
  `
Environment: ${Object.values(VARIABLES).join(', ')}.
KUBECONFIG and TEMPORAL_ADDRESS name a cluster and a Temporal server to use instead of embedded ones.`,
);

async function interrupt(): Promise<void> {
  if (onInterrupt === 'stop' && !interruption.signal.aborted) {
    interruption.abort();
    return;
  }
  if (onInterrupt !== 'exit') await kill(home);
  process.exit(INTERRUPTED);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof StackError)) throw error;
  process.stderr.write(`${paint('red', 'Error:', process.stderr)} ${error.message}\n`);
  process.exitCode = 1;
}
