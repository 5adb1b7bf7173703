import { FAILURE } from '../model/activities.ts';
import type { CheckStep } from '../model/run/steps.ts';
import { ownerOf } from '../model/run/work.ts';
import { checkLayers } from './activities.ts';
import { failedBy } from './failures.ts';
import type { StepContext, StepEnd } from './step.ts';

/** Refusals of what is at the site asked, not of the content. Where that is one of many, the strategy says what they cost. */
const OF_THE_SITE: readonly string[] = [FAILURE.forbidden, FAILURE.notOurs, FAILURE.stale];

/** Before the first write: what no API server would take in a lower layer keeps the upper ones as they are. */
export async function check(
  { layers }: CheckStep,
  { work, reporter }: Pick<StepContext, 'work' | 'reporter'>,
): Promise<StepEnd> {
  if (work.kind !== 'rollout') return {};
  const { revision, fleet = [] } = work.change;
  const { generation, attempt, version, hash, strategy } = revision;
  const refusals = await checkLayers({
    owner: ownerOf(work),
    revision: { generation, version, hash, ...(attempt !== undefined && { attempt }) },
    progressDeadlineSeconds: strategy.progressDeadlineSeconds,
    layers: layers.map((layer) => ({
      layer,
      content: revision.layers[layer]!,
      hash: revision.hashes[layer]!,
      isFleet: fleet.includes(layer),
      strategy: strategy.layers[layer] ?? {},
    })),
  });
  // All else is found out where it is written, and may pass until then.
  const failure = refusals.find(
    ({ layer, reason }) => reason === FAILURE.invalid || (OF_THE_SITE.includes(reason) && !fleet.includes(layer)),
  );
  return failure ? failedBy(failure, { reporter }) : {};
}
