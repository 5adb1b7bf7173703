import { type Command, Option } from 'commander';
import { kubectlOf } from '../arguments.ts';
import { follow, type Look, look } from '../follow.ts';
import { encoded, FORMATS, type Format } from '../formats.ts';
import { statusLines } from '../status.ts';
import { interrupted, now, paint, print, printAnew } from '../terminal.ts';

interface Options {
  watch?: boolean;
  all: boolean;
  output?: Format;
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('a FogRollout as a tree: layers, gates, waves, sites, Deployments and pods, the worst first')
    .argument('<rollout>', 'name of the FogRollout')
    .option('-w, --watch', 'again at each change and every few seconds, until Ctrl-C')
    .option('--all', 'every site and every pod, nothing folded', false)
    .addOption(new Option('-o, --output <format>', 'the whole tree for programs').choices(FORMATS))
    .action(async (name: string, options: Options, command: Command) => {
      const kubectl = kubectlOf(command);
      if (!options.watch) {
        print(await textOf(await look(kubectl, name), now(), options));
        return;
      }
      const began = now();
      let shown = '';
      for await (const next of follow(kubectl, name, interrupted())) {
        // In a pipe, that everything is older now is no news.
        const news = process.stdout.isTTY ? now() : began;
        const text = (await textOf(next, news, options)).join('\n');
        if (text === shown) continue;
        shown = text;
        const lines = await textOf(next, now(), options);
        if (options.output) print(lines);
        else printAnew(lines);
      }
    });
}

/** @param at - RFC 3339; ages are until then */
async function textOf({ rollout, around }: Look, at: string, { output, all }: Options): Promise<string[]> {
  // Loaded when it is needed: other commands start without.
  const { treeOf } = await import('../../model/rollout-tree.ts');
  const tree = treeOf(rollout, around, at);
  return output ? [await encoded(tree, output)] : statusLines(tree, { now: at, all, paint: paint() });
}
