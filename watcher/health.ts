import type { KubeClient } from '../kube/client.ts';
import { isInvalid, isNotFound } from '../kube/errors.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { type LayerHealth, withHealth, withSummaries } from '../model/status.ts';
import type { FogRollout } from '../model/types.ts';

/**
 * Brings the status of a settled rollout up to what its releases are now, when they are no longer, or again, ready.
 * Written only if no run has written since: a run's own report is always the newer truth.
 */
export async function reportHealth(
  client: KubeClient,
  rollout: FogRollout,
  health: LayerHealth[],
  now: string,
): Promise<void> {
  const { metadata, status } = rollout;
  const changed = status && withHealth(status, health, now);
  if (!changed) return;
  const body = [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/metadata/generation', value: metadata.generation },
    ...(status.run ? [{ op: 'test', path: '/status/run', value: status.run }] : []),
    { op: 'test', path: '/status/phase', value: status.phase },
    { op: 'test', path: '/status/layers', value: status.layers },
    { op: 'add', path: '/status', value: withSummaries(changed) },
  ];
  try {
    await client.patch(FOG_ROLLOUTS, metadata, { type: 'json', body, subresource: 'status' });
  } catch (error) {
    if (!isInvalid(error) && !isNotFound(error)) throw error; // it has moved on, and its next event comes
  }
}
