import { hasOpenSites } from '../../model/fleet/records.ts';
import { PHASE_LETTERS } from '../../model/fleet/report.ts';
import { LAYERS } from '../../model/layers.ts';
import { shardWorkflowId } from '../../model/shards.ts';
import type { FogShard, Owner } from '../../model/types.ts';

/** How many of a rollout's shards are looked at with its run. */
const MOST_SHARDS = 50;

/**
 * Ids of the workflows that may be at work on a rollout's shards, those with sites in flight first, cloud first. A run that
 * has become long goes on in a fresh one, to which Temporal does not count them. Few sites the run works itself, and then
 * there is no workflow of that id.
 *
 * @param shards - all records of objects of that name
 */
export function shardsAtWork(shards: readonly FogShard[], { namespace, name, uid }: Omit<Owner, 'created'>): string[] {
  const atWork = shards.filter((shard) => shard.spec.uid === uid && hasOpenSites(shard)).sort(byTurn);
  return atWork
    .slice(0, MOST_SHARDS)
    .map(({ spec: { layer, index } }) =>
      shardWorkflowId({ owner: { namespace, name, uid, created: '' }, layer, index }),
    );
}

function byTurn(a: FogShard, b: FogShard): number {
  const inFlight = ({ status }: FogShard) => Number(status?.phases.includes(PHASE_LETTERS.inFlight) ?? false);
  const layerOf = ({ spec }: FogShard) => LAYERS.indexOf(spec.layer);
  return inFlight(b) - inFlight(a) || layerOf(a) - layerOf(b) || a.spec.index - b.spec.index;
}
