import type { Command } from 'commander';
import { typeName } from '../../kube/resources.ts';
import { conditionOf } from '../../model/conditions.ts';
import { FOG_ROLLOUTS } from '../../model/names.ts';
import { isSkipped } from '../../model/status.ts';
import type { FogRollout } from '../../model/types.ts';
import { kubectlOf, seconds } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { interrupted } from '../terminal.ts';

export function addWait(program: Command): void {
  program
    .command('wait')
    .description('until the present generation has succeeded (exit code 0), or failed (1); 3 when the time is over')
    .argument('<rollout>', 'name of the FogRollout')
    .option('--timeout <seconds>', 'how long; 0: for ever', seconds, 0)
    .action(async (name: string, { timeout }: { timeout: number }, command: Command) => {
      const stop = timeout > 0 ? AbortSignal.any([interrupted(), AbortSignal.timeout(timeout * 1000)]) : interrupted();
      let said = '';
      for await (const rollout of kubectlOf(command).watch<FogRollout>(typeName(FOG_ROLLOUTS), name, stop)) {
        const { metadata, status } = rollout;
        const message = conditionOf(status?.conditions, 'Ready')?.message ?? 'not begun yet';
        if (message !== said) process.stderr.write(`${status?.phase ?? 'Pending'}: ${message}\n`);
        said = message;
        const hasEnded = status?.observedGeneration === metadata.generation;
        if (hasEnded && (status?.phase === 'Succeeded' || status?.phase === 'Failed')) {
          // Rolled back by a person, or with layers passed over, it has succeeded too, with what spec does not say.
          const isWhole = !status.rollback && !status.layers?.some(isSkipped);
          process.exitCode = status.phase === 'Succeeded' && isWhole ? EXIT.ok : EXIT.failed;
          return;
        }
      }
      process.exitCode = EXIT.timeout;
    });
}
