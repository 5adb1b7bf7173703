import { type Command, Option } from 'commander';
import { CONTROLLER_REVISIONS, type KubeObject, typeName } from '../../kube/resources.ts';
import { type KeptGeneration, keptGeneration, keptSelector } from '../../model/history/kept.ts';
import { type PastRun, pastRuns } from '../../model/history/past.ts';
import { revisionIn } from '../../model/kept-revision.ts';
import { FOG_ROLLOUTS } from '../../model/names.ts';
import type { FogRollout } from '../../model/types.ts';
import { generation, kubectlOf } from '../arguments.ts';
import { encoded, FORMATS, type Format } from '../formats.ts';
import { historyLines, runLines } from '../history.ts';
import { type Kubectl, KubectlError } from '../kubectl.ts';
import { now, paint, print } from '../terminal.ts';

interface Options {
  revision?: number;
  output?: Format;
}

/** How the runs went, read from what is kept in the cluster. */
export function addHistory(program: Command): void {
  program
    .command('history')
    .description('how the runs of a FogRollout went, newest first')
    .argument('<name>', 'of the FogRollout')
    .option('--revision <generation>', 'that one alone: its layers, gates, and what people asked', generation)
    .addOption(new Option('-o, --output <format>', 'all that is recorded, for programs').choices(FORMATS))
    .action(async (name: string, { revision, output }: Options, command: Command) => {
      const all = await historyOf(kubectlOf(command), name);
      const runs = revision === undefined ? all : all.filter((run) => run.generation === revision);
      if (revision !== undefined && runs.length === 0) {
        throw new KubectlError(`Generation ${revision} of the FogRollout ${name} is not kept`);
      }
      if (output) print([await encoded({ name, runs }, output)]);
      else if (revision === undefined) print(historyLines(runs, now(), paint()));
      else print(runs.flatMap((run, at) => [...(at > 0 ? [''] : []), ...runLines(run, now(), paint())]));
    });
}

/** @throws KubectlError also where there is neither such an object nor anything left of one */
async function historyOf(kubectl: Kubectl, name: string): Promise<PastRun[]> {
  const list = ['get', typeName(CONTROLLER_REVISIONS), '--selector', keptSelector(name)];
  const [revisions, found] = await Promise.all([
    kubectl.json<{ items: Kept[] }>(list),
    kubectl.run(['get', typeName(FOG_ROLLOUTS), name, '--ignore-not-found', '-o', 'json']),
  ]);
  const rollout = found.trim() === '' ? undefined : (JSON.parse(found) as FogRollout);
  const kept = revisions.items.flatMap((item) => keptIn(name, item) ?? []);
  if (!rollout && kept.length === 0) {
    throw new KubectlError(`There is no FogRollout ${name}, and nothing is kept of one`);
  }
  return pastRuns(kept, rollout);
}

interface Kept extends KubeObject {
  data?: unknown;
}

/** Of what was kept before the annotation was there, the version stands in the content only. */
function keptIn(rollout: string, { metadata, data }: Kept): KeptGeneration | undefined {
  const kept = keptGeneration(rollout, metadata);
  const version: unknown = kept?.version ?? revisionIn(data)?.version;
  return kept && { ...kept, ...(typeof version === 'string' && { version }) };
}
