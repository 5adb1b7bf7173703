import { FAILURE } from '../model/activities.ts';
import type { CheckStep } from '../model/run/steps.ts';
import { ownerOf } from '../model/run/work.ts';
import { withFailures } from '../model/status-fleet.ts';
import { checkLayers } from './activities.ts';
import type { StepContext, StepEnd } from './run.ts';

/** What ends a rollout before it has begun; all else is found out where it is written, and may pass until then. */
const FINAL: readonly string[] = [FAILURE.invalid, FAILURE.forbidden, FAILURE.notOurs, FAILURE.stale];

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
  const [failure] = refusals.filter(({ reason }) => FINAL.includes(reason));
  if (!failure) return {};
  reporter.amend((status) => withFailures(status, [failure]));
  return { failure };
}
