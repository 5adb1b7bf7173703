import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { FOG_ROLLOUT_KIND } from '../../model/names.ts';
import type { FogRollout } from '../../model/types.ts';
import { collected, kubectlOf } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { KubectlError } from '../kubectl.ts';
import { paint, print } from '../terminal.ts';

interface Options {
  filename: string[];
  output?: 'json' | 'yaml';
  out?: string;
}

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description(
      'what would become of FogRollouts if they were applied now; changes nothing. Exit code 1: one would fail',
    )
    .requiredOption(
      '-f, --filename <file>',
      'a file, a folder, or - for the standard input; may be repeated',
      collected,
    )
    .addOption(new Option('-o, --output <format>', 'instead of a tree').choices(['json', 'yaml']))
    .option('--out <file>', 'writes the hashes of the plans there, a line each: the same plan has the same')
    .action(async ({ filename, output, out }: Options, command: Command) => {
      const [{ readManifests }, { pairsOf }, { planRollout }, { dryRun, readFacts }, { planLines }] = await Promise.all(
        [
          import('../manifests.ts'),
          import('../diff.ts'),
          import('../../model/plan/rollout-plan.ts'),
          import('../plan-facts.ts'),
          import('../plan.ts'),
        ],
      );
      const { manifests, unreadable } = readManifests(filename);
      for (const { file, line, message } of unreadable) process.stderr.write(`${file}:${line}: ${message}\n`);
      process.exitCode = EXIT.usage;
      if (unreadable.length > 0) return;
      const rollouts = manifests.map(({ object }) => object).filter(({ kind }) => kind === FOG_ROLLOUT_KIND);
      if (rollouts.length === 0) process.stderr.write('There is no FogRollout among them\n');
      const kubectl = kubectlOf(command);
      try {
        const plans = [];
        for (const { before, after } of await pairsOf(kubectl, rollouts, [])) {
          const wanted = after as unknown as FogRollout;
          const facts = await readFacts(kubectl, wanted, before as unknown as FogRollout | undefined);
          const plan = planRollout(wanted, facts);
          const asked = plan.change === 'none' ? { refusals: [], unknown: [] } : await dryRun(kubectl, wanted, facts);
          plan.refusals.push(...asked.refusals);
          plans.push({ plan, unknown: [...facts.unknown, ...asked.unknown] });
        }
        if (output === undefined) print(plans.flatMap(({ plan, unknown }) => planLines(plan, unknown, paint())));
        else
          await printAs(
            output,
            plans.map(({ plan, unknown }) => ({ ...plan, unknown })),
          );
        if (out !== undefined)
          writeFileSync(out, plans.map(({ plan }) => `${plan.namespace}/${plan.name} ${plan.hash}\n`).join(''));
        process.exitCode = plans.some(({ plan }) => plan.refusals.length > 0) ? EXIT.failed : EXIT.ok;
      } catch (error) {
        if (!(error instanceof KubectlError)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = EXIT.failed;
      }
    });
}

async function printAs(format: 'json' | 'yaml', plans: object[]): Promise<void> {
  const text = format === 'json' ? JSON.stringify(plans, null, 2) : (await import('yaml')).stringify(plans);
  print([text.trimEnd()]);
}
