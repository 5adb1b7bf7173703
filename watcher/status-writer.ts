import type { KubeClient } from '../kube/client.ts';
import { isInvalid, isNotFound } from '../kube/errors.ts';
import { conditionOf } from '../model/conditions.ts';
import { freed, type Hindrance, hindered, hindranceIn } from '../model/hindrance.ts';
import { FOG_ROLLOUTS } from '../model/names.ts';
import { type LayerHealth, unreadyIn, withSummaries } from '../model/status.ts';
import type { Condition, FogRollout, FogRolloutStatus } from '../model/types.ts';

/**
 * All that the watcher writes into the status of a FogRollout. Each is written only if no run has written since: a run's own
 * report is always the newer truth.
 */

/**
 * Brings the status of a settled rollout up to what its releases are now, when they are no longer, or again, ready.
 *
 * @param changed - its status with that health
 */
export async function reportHealth(
  client: KubeClient,
  rollout: FogRollout,
  health: LayerHealth[],
  changed: FogRolloutStatus,
): Promise<void> {
  const { status } = rollout;
  // Something is in the way of what it should be: that its pods are ready does not end that.
  if (status && hindranceIn(status) && !isReady(status) && unreadyIn(status, health).length === 0) return;
  await patch(client, rollout, [
    { op: 'test', path: '/status/layers', value: status?.layers },
    { op: 'add', path: '/status', value: withSummaries(changed) },
  ]);
}

/**
 * The conditions that say what keeps the rollout from going on; without a hindrance, those that say so no longer.
 *
 * @returns undefined when the object says that already
 */
export function conditionsAbout(
  { metadata, status = UNSEEN }: FogRollout,
  hindrance: Hindrance | undefined,
  now: string,
): Condition[] | undefined {
  const { generation } = metadata;
  return hindrance ? hindered(status, hindrance, generation, now) : freed(status, generation, now);
}

const UNSEEN: FogRolloutStatus = { observedGeneration: -1, phase: 'Pending' };

/** Replaces the conditions, and nothing else of the status. */
export async function writeConditions(client: KubeClient, rollout: FogRollout, conditions: Condition[]): Promise<void> {
  await patch(client, rollout, [
    { op: 'test', path: '/status/conditions', value: rollout.status?.conditions ?? null },
    { op: 'add', path: '/status/conditions', value: conditions },
  ]);
}

async function patch(client: KubeClient, { metadata, status }: FogRollout, changes: object[]): Promise<void> {
  const body = [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: '/metadata/generation', value: metadata.generation },
    { op: 'test', path: '/status/run', value: status?.run ?? null },
    { op: 'test', path: '/status/phase', value: status?.phase ?? null },
    ...changes,
  ];
  try {
    await client.patch(FOG_ROLLOUTS, metadata, { type: 'json', body, subresource: 'status' });
  } catch (error) {
    if (!isInvalid(error) && !isNotFound(error)) throw error; // it has moved on, and its next event comes
  }
}

function isReady({ conditions }: FogRolloutStatus): boolean {
  return conditionOf(conditions, 'Ready')?.status === 'True';
}
