import { Argument, type Command } from 'commander';
import { complete, completionLines } from '../complete.ts';
import { completionScript, SHELLS, type Shell } from '../completion-scripts.ts';
import { Kubectl, KubectlError } from '../kubectl.ts';
import { print } from '../terminal.ts';

/** Shells, and kubectl by `kubectl_complete-fog`, ask by this word what could stand next. */
export const COMPLETE = '__complete';

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('a script by which a shell completes kubectl-fog: source <(kubectl fog completion bash)')
    .addArgument(new Argument('<shell>', 'which one').choices(SHELLS))
    .addHelpText(
      'after',
      '\nkubectl itself completes `kubectl fog` where a command kubectl_complete-fog is on the path; npm brings it, else:\n' +
        '  printf \'#!/bin/sh\\nexec kubectl-fog __complete "$@"\\n\' > ~/.local/bin/kubectl_complete-fog\n' +
        '  chmod +x ~/.local/bin/kubectl_complete-fog',
    )
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell));
    });
}

/** @param words - those after the command's name, the last of which is being typed */
export async function printCompletion(program: Command, words: readonly string[]): Promise<void> {
  print(completionLines(await complete(program, words, names)));
}

/** Nobody who types waits for a cluster that is away, and nobody wants its errors there. */
async function names(args: string[], access: string[]): Promise<string> {
  try {
    return await new Kubectl({}).run([...access, '--request-timeout=3s', ...args]);
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    return '';
  }
}
