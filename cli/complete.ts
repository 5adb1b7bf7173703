/** What could stand where the user is typing: for shells, by way of {@link completionScript}, and for `kubectl fog <TAB>`. */
import type { Command, Option } from 'commander';
import { typeName } from '../kube/resources.ts';
import { FOG_ROLLOUTS, FOG_SITES } from '../model/names.ts';

export interface Candidate {
  word: string;
  /** What it is, for shells that show it. */
  description: string;
}

export interface Completion {
  candidates: Candidate[];
  /** Names of files may stand there too. */
  files: boolean;
}

/** Arguments to kubectl that list names, with `-o name` or of themselves, by what is to be named. */
const LISTS: Record<string, string[]> = {
  rollout: ['get', typeName(FOG_ROLLOUTS), '-o', 'name'],
  rollouts: ['get', typeName(FOG_ROLLOUTS), '-o', 'name'],
  sites: ['get', typeName(FOG_SITES), '-o', 'name'],
  namespace: ['get', 'namespaces', '-o', 'name'],
  context: ['config', 'get-contexts', '-o', 'name'],
};

/** Asks kubectl; a cluster that does not answer soon has no names. */
export type Lister = (args: string[], access: string[]) => Promise<string>;

/**
 * @param words - those after the command's name; the last is the one that is being typed, and may be empty
 */
export async function complete(program: Command, words: readonly string[], list: Lister): Promise<Completion> {
  const typed = words.at(-1) ?? '';
  const { command, given, open } = readWords(program, words.slice(0, -1));
  const options = [...command.options, ...(command === program ? [] : program.options)];
  const option = open ?? options.find(({ long }) => long !== undefined && typed.startsWith(`${long}=`));
  const fitting = (candidates: Candidate[], files = false) => ({
    candidates: candidates.filter(({ word }) => word.startsWith(typed)),
    files,
  });
  if (option) {
    const prefix = option === open ? '' : `${option.long}=`;
    const values = option.argChoices ?? (await namesOf(option.attributeName()));
    const isFile = ['filename', 'kubeconfig', 'out', 'plan'].includes(option.attributeName());
    return fitting(
      values.map((word) => ({ word: `${prefix}${word}`, description: option.description })),
      isFile,
    );
  }
  if (typed.startsWith('-')) return fitting(options.filter(({ hidden }) => !hidden).map(flagOf));
  if (command === program) return fitting(program.commands.map(commandOf));
  const { registeredArguments } = command;
  const argument = registeredArguments[given] ?? registeredArguments.findLast(({ variadic }) => variadic);
  if (!argument) return fitting([]);
  const values = argument.argChoices ?? (await namesOf(argument.name()));
  return fitting(values.map((word) => ({ word, description: argument.description })));

  async function namesOf(what: string): Promise<string[]> {
    const args = LISTS[what];
    if (!args) return [];
    const output = await list(args, accessIn(program, words.slice(0, -1)));
    const lines = output.split('\n').filter((line) => line !== '');
    // `fogrollout.paguos.io/web`; a context may have slashes of its own.
    return args[0] === 'get' ? lines.map((line) => line.slice(line.indexOf('/') + 1)) : lines;
  }
}

/** As shells and kubectl read it: https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md */
export function completionLines({ candidates, files }: Completion): string[] {
  return [...candidates.map(({ word, description }) => `${word}\t${description}`), files ? ':0' : ':4'];
}

interface Read {
  command: Command;
  /** How many arguments it has already. */
  given: number;
  /** An option whose value comes next. */
  open?: Option;
}

function readWords(program: Command, words: readonly string[]): Read {
  const read: Read = { command: program, given: 0 };
  for (const word of words) {
    if (read.open) {
      delete read.open;
    } else if (word.startsWith('-')) {
      const option = [...read.command.options, ...program.options].find(
        ({ long, short }) => word === long || word === short,
      );
      if (option?.required) read.open = option;
    } else if (read.command === program) {
      const command = program.commands.find((one) => one.name() === word);
      if (command) read.command = command;
    } else {
      read.given += 1;
    }
  }
  return read;
}

/** The options among the words by which the cluster is reached. */
function accessIn(program: Command, words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    const option = program.options.find(({ long, short }) => word === long || word === short);
    if (option) return words[at + 1] === undefined ? [] : [option.long!, words[at + 1]!];
    return program.options.some(({ long }) => word.startsWith(`${long}=`)) ? [word] : [];
  });
}

function flagOf({ long, short, description }: Option): Candidate {
  return { word: long ?? short ?? '', description };
}

function commandOf(command: Command): Candidate {
  return { word: command.name(), description: command.description() };
}
