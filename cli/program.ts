import { Command, Option } from 'commander';
import { addActions } from './commands/actions.ts';
import { addCompletion } from './commands/completion.ts';
import { addDiff } from './commands/diff.ts';
import { addFreeze } from './commands/freeze.ts';
import { addGet } from './commands/get.ts';
import { addHistory } from './commands/history.ts';
import { addLint } from './commands/lint.ts';
import { addPlan } from './commands/plan.ts';
import { addStatus } from './commands/status.ts';
import { addWait } from './commands/wait.ts';
import { EXIT } from './exit-codes.ts';

/** The command with all its subcommands, as it stands on the command line. */
export function programOf(): Command {
  const program = new Command('kubectl fog')
    .description('Shows and steers FogRollouts, with your own kubectl and what it may do')
    .addOption(new Option('-n, --namespace <namespace>', 'of the FogRollout; else that of the context'))
    .addOption(new Option('--context <name>', 'of the kubeconfig'))
    .addOption(new Option('--kubeconfig <file>', 'else as kubectl finds it'))
    .addOption(new Option('--as <user>', 'acts as that user'))
    .configureHelp({ showGlobalOptions: true })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage));
  const commands = [
    addGet,
    addStatus,
    addHistory,
    addWait,
    addActions,
    addLint,
    addDiff,
    addPlan,
    addFreeze,
    addCompletion,
  ];
  for (const add of commands) add(program);
  return program;
}
