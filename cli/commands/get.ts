import type { Command } from 'commander';
import { type ResourceType, typeName } from '../../kube/resources.ts';
import { FOG_ROLLOUTS, FOG_SITES } from '../../model/names.ts';
import { kubectlOf } from '../arguments.ts';

interface Options {
  allNamespaces?: boolean;
  watch?: boolean;
  output?: string;
  selector?: string;
}

/** `get` and `sites`: kubectl's own lists, by names that people remember. */
export function addGet(program: Command): void {
  const rollouts = program
    .command('get')
    .description('the FogRollouts, as kubectl get shows them')
    .argument('[rollouts...]', 'names of FogRollouts')
    .option('-A, --all-namespaces', 'of all namespaces');
  const sites = program
    .command('sites')
    .description('the FogSites, as kubectl get shows them')
    .argument('[sites...]', 'names of FogSites');
  lists(rollouts, FOG_ROLLOUTS);
  lists(sites, FOG_SITES);
}

function lists(command: Command, type: ResourceType): void {
  command
    .option('-w, --watch', 'and each change of them')
    .option('-o, --output <format>', 'as kubectl get takes it')
    .option('-l, --selector <labels>', 'those with these labels')
    .action(async (names: string[], options: Options) => {
      process.exitCode = await kubectlOf(command).passThrough(argsOf(typeName(type), names, options));
    });
}

function argsOf(type: string, names: string[], { allNamespaces, watch, output, selector }: Options): string[] {
  return [
    'get',
    type,
    ...names,
    ...(allNamespaces ? ['--all-namespaces'] : []),
    ...(watch ? ['--watch'] : []),
    ...(output ? ['-o', output] : []),
    ...(selector ? ['-l', selector] : []),
  ];
}
