import { orderIn } from '../model/order.ts';
import type { ChangeSignal, Rollback } from '../model/signals.ts';
import type { FogRollout, FogRolloutStatus } from '../model/types.ts';
import { changeOf } from './decide.ts';
import type { Releases } from './releases.ts';

/**
 * What the present generation of a rollout stands for: what spec says, or what was given under it later, by a rollback or a
 * restart. Where that is no longer kept, spec is all there is.
 */
export async function presentChange(rollout: FogRollout, releases: Pick<Releases, 'kept'>): Promise<ChangeSignal> {
  const { metadata, status } = rollout;
  const bySpec = changeOf(rollout);
  const given = status?.revision;
  if (given?.generation !== metadata.generation || !given.attempt) return bySpec;
  const revision = await releases.kept(metadata, given);
  if (!revision) return { ...bySpec, revision: { ...bySpec.revision, attempt: given.attempt + 1 } };
  const rollback = status?.rollback && rollbackIn(status.rollback);
  return { ...bySpec, revision: { ...revision, ...orderIn(given) }, ...(rollback && { rollback }) };
}

/** Spec is promoted, after whatever was given under its generation. */
export function changeBySpec(rollout: FogRollout): ChangeSignal {
  const change = changeOf(rollout);
  const { generation, attempt = 0 } = rollout.status?.revision ?? change.revision;
  if (generation !== change.revision.generation) return change;
  return { ...change, revision: { ...change.revision, attempt: attempt + 1 } };
}

function rollbackIn({ version: _, done: __, ...rollback }: NonNullable<FogRolloutStatus['rollback']>): Rollback {
  return rollback;
}
