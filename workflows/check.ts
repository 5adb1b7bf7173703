import { FAILURE } from '../model/activities.ts';
import { revisionIdIn } from '../model/order.ts';
import type { CheckStep } from '../model/run/steps.ts';
import { ownerOf } from '../model/run/work.ts';
import type { SiteFailure } from '../model/types.ts';
import { checkLayers, checkRelease } from './activities.ts';
import { failedBy, failureAt } from './failures.ts';
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
  const { strategy } = revision;
  const given = {
    owner: ownerOf(work),
    revision: revisionIdIn(revision),
    progressDeadlineSeconds: strategy.progressDeadlineSeconds,
  };
  const { refusals, beyond } = await checkLayers({
    ...given,
    layers: layers.map((layer) => ({
      layer,
      content: revision.layers[layer]!,
      hash: revision.hashes[layer]!,
      isFleet: fleet.includes(layer),
      strategy: strategy.layers[layer] ?? {},
    })),
  });
  const more = await Promise.all(
    beyond.map(async (site): Promise<SiteFailure[]> => {
      const { layer } = site;
      try {
        await checkRelease({ ...given, site, hash: revision.hashes[layer]!, content: revision.layers[layer]! });
        return [];
      } catch (error) {
        return [failureAt(site, error)];
      }
    }),
  );
  // All else is found out where it is written, and may pass until then.
  const failure = [...refusals, ...more.flat()].find(
    ({ layer, reason }) => reason === FAILURE.invalid || (OF_THE_SITE.includes(reason) && !fleet.includes(layer)),
  );
  return failure ? failedBy(failure, { reporter }) : {};
}
