import type { Work } from '../signals.ts';
import type { Owner } from '../types.ts';

export function ownerOf(work: Work): Owner {
  if (work.kind === 'rollout') return work.change.owner;
  return work.kind === 'repair' ? work.repair.owner : work.remove.owner;
}

/** A repair of nothing but layers with FogSites, or of what is left over: what the rollout has reached, it has reached. */
export function isCatchUp(work: Work): boolean {
  return (
    work.kind === 'repair' && work.repair.layers.every(({ fleet, generation }) => fleet || generation === undefined)
  );
}
