import type { Layer } from '../model/layers.ts';
import type { RunMachine } from '../model/run/machine.ts';
import { isCatchUp } from '../model/run/work.ts';
import type { Work } from '../model/signals.ts';
import { failed, REASONS, repaired, rollingBack, succeeded } from '../model/status.ts';
import { stageFailed } from '../model/status-fleet.ts';
import type { FogRolloutStatus, SiteFailure, SucceededRevision } from '../model/types.ts';
import { StageFailed } from './failures.ts';
import type { Reporter } from './reporter.ts';

/** What the object says at the end of a run. */

/** All was brought about. */
export function endWell(work: Work, reporter: Reporter): void {
  if (work.kind === 'rollout') {
    const { revision } = work.change;
    reporter.update((status, now) => succeeded(status, revision, now));
  } else if (work.kind === 'repair') {
    const keepsStatus = isCatchUp(work);
    reporter.update((status, now) => (keepsStatus && isEnded(status) ? status : repaired(status, now)));
  }
}

/**
 * A step failed, and nothing goes on any more. What a layer runs is no worse for a gate that does not open.
 *
 * @param target - what it goes back to, by its strategy
 */
export function endFailed(
  failure: SiteFailure,
  machine: RunMachine,
  reporter: Reporter,
  target: SucceededRevision | undefined,
): StageFailed {
  for (const layer of machine.stoppedLayers) {
    const message = `${layer}: stopped, because the ${failure.layer} is not ready`;
    reporter.amend((status, now) => stageFailed(status, layer, message, now));
  }
  const { failedAtGate } = machine;
  reporter.update((status, now) => {
    const stopped = failedAtGate ? status : stageFailed(status, failure.layer, failure.message, now);
    return target ? rollingBack(stopped, failure, target.version, now) : failed(stopped, failure, now);
  });
  return new StageFailed(failure, target);
}

/** @param layers - that have their turn, or the next that would: at least one */
export function endAborted(
  { by, reason }: { by: string; reason?: string },
  layers: Layer[],
  reporter: Reporter,
): StageFailed {
  const message = `aborted by ${by}${reason === undefined ? '' : `: ${reason}`}`;
  const [layer] = layers as [Layer, ...Layer[]];
  const failure = { site: layer, layer, reason: REASONS.aborted, message };
  for (const one of layers) {
    reporter.amend((status, now) =>
      isUnderWay(status, one) ? stageFailed(status, one, `${one}: ${message}`, now) : status,
    );
  }
  reporter.update((status, now) => failed(status, failure, now));
  return new StageFailed(failure);
}

function isUnderWay({ layers = [] }: FogRolloutStatus, layer: Layer): boolean {
  return layers.some(({ name, phase }) => name === layer && phase === 'Progressing');
}

/** What was reached, and what failed on the way, stays as it is when some sites catch up. */
function isEnded({ phase }: FogRolloutStatus): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
