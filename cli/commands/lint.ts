import type { Command } from 'commander';
import { counted } from '../../model/text.ts';
import { kubectlOf, withFilename } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import type { Found } from '../lint.ts';
import type { Paint } from '../paint.ts';
import { paint, print } from '../terminal.ts';

interface Options {
  filename: string[];
  offline?: boolean;
  strict?: boolean;
}

export function addLint(program: Command): void {
  withFilename(program.command('lint'))
    .description('what is wrong with manifests, and what is hardly meant; exit code 1 when something is wrong')
    .option('--offline', 'asks no cluster; else a server-side dry run tells what only the API server knows')
    .option('--strict', 'warnings count as errors')
    .action(async ({ filename, offline, strict }: Options, command: Command) => {
      const [{ isOurs, readManifests }, { lint, lintByServer }] = await Promise.all([
        import('../manifests.ts'),
        import('../lint.ts'),
      ]);
      const read = readManifests(filename);
      const found = lint(read);
      const isSound = !found.some(({ level }) => level === 'error');
      const ours = read.manifests.filter(({ object }) => isOurs(object));
      if (isSound && !offline) found.push(...(await lintByServer(kubectlOf(command), ours)));
      print([...found.map((one) => lineOf(one, paint())), summaryOf(found, read.manifests.length)]);
      const counts = strict ? ['error', 'warning'] : ['error'];
      process.exitCode = found.some(({ level }) => counts.includes(level)) ? EXIT.failed : EXIT.ok;
    });
}

const STYLES = { error: 'red', warning: 'yellow', note: 'dim' } as const;

function lineOf({ file, line, level, message }: Found, style: Paint): string {
  return `${file}:${line}: ${style(STYLES[level], level)}: ${message}`;
}

function summaryOf(found: Found[], objects: number): string {
  const numberOf = (level: Found['level']) => found.filter((one) => one.level === level).length;
  const [errors, warnings] = [numberOf('error'), numberOf('warning')];
  return `${counted(objects, 'object')}, ${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
}
