import type { Command } from 'commander';
import { kubectlOf, withFilename } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { KubectlError } from '../kubectl.ts';
import { paint, print } from '../terminal.ts';

interface Options {
  filename: string[];
  serverSide?: boolean;
}

export function addDiff(program: Command): void {
  withFilename(program.command('diff'))
    .description('what manifests would change, by layer; exit code 0: nothing, 1: something, 2: an error')
    .option('--server-side', 'as kubectl apply --server-side would')
    .action(async ({ filename, serverSide }: Options, command: Command) => {
      const [{ complained, isOurs, readManifests }, { diffLines, pairsOf }] = await Promise.all([
        import('../manifests.ts'),
        import('../diff.ts'),
      ]);
      const read = readManifests(filename);
      process.exitCode = EXIT.usage;
      if (complained(read)) return;
      const ours = read.manifests.map(({ object }) => object).filter(isOurs);
      const others = read.manifests.length - ours.length;
      if (others > 0) process.stderr.write(`${others} of them are not ours: kubectl diff shows those\n`);
      try {
        const drawn = (await pairsOf(kubectlOf(command), ours, serverSide ? ['--server-side'] : [])).map((pair) =>
          diffLines(pair, paint()),
        );
        print(drawn.flatMap(({ lines }) => lines));
        process.exitCode = drawn.some(({ differs }) => differs) ? EXIT.failed : EXIT.ok;
      } catch (error) {
        if (!(error instanceof KubectlError)) throw error;
        process.stderr.write(`${error.message}\n`);
      }
    });
}
