import { type Command, Option } from 'commander';
import { LAYERS } from '../../model/layers.ts';
import type { FogActionSpec } from '../../model/types.ts';
import { ask } from '../act.ts';
import { generation, kubectlOf, seconds } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import type { Access } from '../kubectl.ts';
import { planHashBy } from '../plan-hashes.ts';
import { paint, print } from '../terminal.ts';

const ACTIONS: [string, FogActionSpec['action'], string][] = [
  ['approve', 'Approve', 'says yes at an approval gate'],
  ['reject', 'Reject', 'says no at an approval gate: the run fails'],
  ['pause', 'Pause', 'begins no further step and no further site, until it is resumed'],
  ['resume', 'Resume', 'lets a paused rollout, a gate that waited in vain, or what was rolled back, go on'],
  ['abort', 'Abort', 'ends the run as failed; sites stay as they are'],
  ['retry', 'Retry', 'rolls out again what failed'],
  ['skip', 'Skip', 'passes over a site, what is left of a wave, or a whole layer'],
  ['rollback', 'Rollback', 'takes all layers back to an earlier revision, edge first'],
  ['restart', 'Restart', 'makes the pods of all layers anew, layer by layer and wave by wave'],
];

/** What people ask of a rollout, each a FogAction. */
export function addActions(program: Command): void {
  for (const [command, action, description] of ACTIONS) {
    const isAtGate = action === 'Approve' || action === 'Reject';
    const acting = program.command(command).description(description).argument('<rollout>', 'name of the FogRollout');
    if (isAtGate) {
      acting.addOption(new Option('--layer <layer>', 'whose gate').choices(LAYERS));
      acting.option('--wave <name>', 'after which of its waves');
      acting.option('--gate <name>', 'which gate, where several wait');
    }
    if (action === 'Approve') {
      acting.option('--plan <file|hash>', 'which plan: with another under way it is refused');
    }
    if (action === 'Skip') {
      acting.option('--site <name>', 'which FogSite');
      acting.option('--wave <name>', 'or which wave');
      acting.addOption(
        new Option('--layer <layer>', 'of which layer, where several have their turn; alone: all of it').choices(
          LAYERS,
        ),
      );
    }
    acting
      .option(
        '--revision <generation>',
        action === 'Rollback'
          ? 'the generation it goes back to; else what last succeeded'
          : 'the generation that is meant; with another under way it is refused',
        generation,
      )
      .option('--reason <text>', 'for people')
      .option('--timeout <seconds>', 'how long to wait for the answer', seconds, 30)
      .action(async (rollout: string, options: Options, self: Command) => {
        const { timeout, ...more } = options;
        const spec = { rollout, action, ...more, ...planIn(more.plan, rollout, self) };
        const { state, message } = await ask(kubectlOf(self), spec, timeout * 1000);
        const style = state === 'Accepted' ? 'green' : 'red';
        print([`${paint()(style, state)}: ${message}`]);
        process.exitCode = { Accepted: EXIT.ok, Refused: EXIT.failed, Waiting: EXIT.timeout }[state];
      });
  }
}

type Options = Omit<FogActionSpec, 'rollout' | 'action'> & { timeout: number };

function planIn(given: string | undefined, rollout: string, command: Command): Pick<FogActionSpec, 'plan'> {
  if (given === undefined) return {};
  try {
    return { plan: planHashBy(given, { rollout, namespace: command.optsWithGlobals<Access>().namespace }) };
  } catch (error) {
    return command.error(`error: ${(error as Error).message}`);
  }
}
