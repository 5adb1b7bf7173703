import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { FOG_ROLLOUT_KIND } from '../../model/names.ts';
import type { RolloutPlan } from '../../model/plan/rollout-plan.ts';
import type { FogRollout } from '../../model/types.ts';
import { kubectlOf, withFilename } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { encoded, FORMATS, type Format } from '../formats.ts';
import { KubectlError } from '../kubectl.ts';
import { hashLines } from '../plan-hashes.ts';
import { paint, print } from '../terminal.ts';

interface Options {
  filename: string[];
  output?: Format;
  out?: string;
  diff: boolean;
}

export function addPlan(program: Command): void {
  withFilename(program.command('plan'))
    .description(
      'what would become of FogRollouts if they were applied now; changes nothing. Exit code 1: one would fail',
    )
    .addOption(new Option('-o, --output <format>', 'instead of a tree').choices(FORMATS))
    .option('--no-diff', 'leaves out what the objects at the sites change in')
    .option('--out <file>', 'writes the hashes of the plans there, a line each, for approve --plan')
    .action(async ({ filename, output, out, diff }: Options, command: Command) => {
      const [
        { complained, readManifests },
        { pairsOf },
        { planRollout },
        { dryRun, together, withAnswers },
        { planServer, readFacts },
        { planLines },
      ] = await Promise.all([
        import('../manifests.ts'),
        import('../diff.ts'),
        import('../../model/plan/rollout-plan.ts'),
        import('../../model/plan/dry-run.ts'),
        import('../plan-facts.ts'),
        import('../plan.ts'),
      ]);
      const read = readManifests(filename);
      process.exitCode = EXIT.usage;
      if (complained(read)) return;
      const rollouts = read.manifests.map(({ object }) => object).filter(({ kind }) => kind === FOG_ROLLOUT_KIND);
      if (rollouts.length === 0) process.stderr.write('There is no FogRollout among them\n');
      const kubectl = kubectlOf(command);
      try {
        const plans = [];
        for (const { before, after } of await pairsOf(kubectl, rollouts, [])) {
          const wanted = after as unknown as FogRollout;
          const facts = await readFacts(kubectl, wanted, before as unknown as FogRollout | undefined);
          const plan = planRollout(wanted, facts);
          const asked = plan.change === 'none' ? together([]) : await dryRun(planServer(kubectl), wanted, facts);
          const answered = withAnswers(plan, asked);
          plans.push({ plan: diff ? answered : withoutDiffs(answered), unknown: [...facts.unknown, ...asked.unknown] });
        }
        if (output === undefined) print(plans.flatMap(({ plan, unknown }) => planLines(plan, unknown, paint())));
        else
          print([
            await encoded(
              plans.map(({ plan, unknown }) => ({ ...plan, unknown })),
              output,
            ),
          ]);
        if (out !== undefined) writeFileSync(out, hashLines(plans.map(({ plan }) => plan)));
        process.exitCode = plans.some(({ plan }) => plan.refusals.length > 0) ? EXIT.failed : EXIT.ok;
      } catch (error) {
        if (!(error instanceof KubectlError)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = EXIT.failed;
      }
    });
}

function withoutDiffs(plan: RolloutPlan): RolloutPlan {
  const steps = plan.steps.map((step) => {
    if (step.kind !== 'stage') return step;
    const { diff: _, ...rest } = step;
    return rest;
  });
  return { ...plan, steps };
}
