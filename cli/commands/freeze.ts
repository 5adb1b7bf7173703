import type { Command } from 'commander';
import { kubectlOf, seconds } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { type Kubectl, KubectlError } from '../kubectl.ts';
import { paint, print } from '../terminal.ts';

interface Place {
  all: boolean;
  home?: string;
}

/** `freeze` and `unfreeze`: a FogWindow that denies everything without an end. */
export function addFreeze(program: Command): void {
  withPlace(program.command('freeze'))
    .description('stops the line: no rollout of the namespace begins a further step or site, until unfreeze')
    .option('--reason <text>', 'for people; rollouts that wait say it')
    .option('--timeout <seconds>', 'how long to wait until Fog Rollouts has seen it', seconds, 30)
    .action(async (options: Place & { reason?: string; timeout: number }, command: Command) => {
      const { freeze } = await import('../freeze.ts');
      const { timeout, ...freezing } = options;
      const kubectl = await placedAt(kubectlOf(command), options);
      const { state, message } = await freeze(kubectl, { ...freezing, timeoutMs: timeout * 1000 });
      print([`${paint()(state === 'Frozen' ? 'green' : 'red', state)}: ${message}`]);
      process.exitCode = { Frozen: EXIT.ok, Refused: EXIT.failed, Waiting: EXIT.timeout }[state];
    });

  withPlace(program.command('unfreeze'))
    .description('lets rollouts go on that freeze has stopped')
    .action(async (options: Place, command: Command) => {
      const { unfreeze } = await import('../freeze.ts');
      const wasThere = await unfreeze(await placedAt(kubectlOf(command), options));
      print([wasThere ? 'Rollouts go on' : 'It was not frozen']);
    });
}

function withPlace(command: Command): Command {
  return command
    .option('--all', 'of all namespaces', false)
    .option('--home <namespace>', 'that Fog Rollouts runs in, for --all; else it is looked for');
}

async function placedAt(kubectl: Kubectl, { all, home }: Place): Promise<Kubectl> {
  if (!all) return kubectl;
  return kubectl.within(home ?? (await soughtHome(kubectl)));
}

/** @throws KubectlError, which says how to name it where it is not found */
async function soughtHome(kubectl: Kubectl): Promise<string> {
  const { HomeUnknown, homeOf } = await import('../freeze.ts');
  try {
    return await homeOf(kubectl);
  } catch (error) {
    if (!(error instanceof HomeUnknown)) throw error;
    throw new KubectlError(`Name the namespace that Fog Rollouts runs in by --home: ${error.message}`);
  }
}
