import { type Managed, uncovered } from '../model/coverage.ts';
import { generationOf, isOurs, type Labelled } from '../model/fence.ts';
import type { Layer } from '../model/layers.ts';
import { ANNOTATIONS, FIELD_MANAGER } from '../model/names.ts';
import type { Release } from '../model/release.ts';
import type { Owner } from '../model/types.ts';

/** What is live at a site of a rollout. */
export interface LiveRelease {
  deployment: LiveObject | undefined;
  service: LiveObject | undefined;
}

export interface LiveObject {
  metadata?: Labelled['metadata'] & Managed['metadata'];
}

/** What is wrong with a release, for the log; undefined when nothing is. */
export type Drift = string | undefined;

/**
 * Compares what a site was last given with what is there. A field counts as changed when the API server no longer
 * records it as ours (see model/coverage.ts), so neither defaults nor what others add is mistaken for drift.
 *
 * @param given - the generation the layer was last given
 * @param expected - that generation's release; undefined when its content is no longer kept
 */
export function driftOf(owner: Owner, given: number, live: LiveRelease, expected: Release | undefined): Drift {
  if (!live.deployment) return 'the Deployment is missing';
  const deployment = judge(owner, given, live.deployment, expected?.deployment, 'Deployment');
  if (deployment) return deployment;
  if (!expected?.service) return undefined;
  if (!live.service) return 'the Service is missing';
  return judge(owner, given, live.service, expected.service, 'Service');
}

function judge(owner: Owner, given: number, live: LiveObject, expected: object | undefined, kind: string): Drift {
  if (!isOurs(live, owner)) return `the ${kind} is no longer ours`;
  // Another writer of ours was there after what we know of: its own run will say so.
  if (live.metadata?.annotations?.[ANNOTATIONS.uid] === owner.uid && generationOf(live) > given) return undefined;
  if (!expected) return undefined;
  const paths = uncovered(live, FIELD_MANAGER, expected);
  return paths.length > 0 ? `the ${kind} was changed at ${paths.slice(0, 5).join(', ')}` : undefined;
}

export interface DriftedLayer {
  layer: Layer;
  generation: number;
  drift: string;
}
