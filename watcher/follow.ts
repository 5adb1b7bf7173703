/** Which changes of what is watched let a rollout be looked at. */
import type { Informer } from '../kube/informer.ts';
import { type KubeObject, keyOf } from '../kube/resources.ts';
import { tellsOfAdoption } from '../model/adoption.ts';
import { wasRewritten } from '../model/drift.ts';
import { WINDOW_CLOSED } from '../model/fleet/report.ts';
import type { FogRollout, FogShard, FogSite } from '../model/types.ts';
import { decide } from './decide.ts';
import { ownerIndex, presentReadiness, type Releases } from './releases.ts';

type Deployments = Releases['informers']['deployments'];
/** Told of the key of a rollout. */
type Tell = (key: string) => void;
type Stop = () => void;

/** Releases only matter when someone deletes or writes them; their status changes all the time. */
export function followReleases<T extends KubeObject>(informer: Informer<T>, look: Tell): Stop {
  const lookAtOwners = (release: T) => {
    for (const key of ownerIndex(release)) look(key);
  };
  return informer.subscribe({
    onAdd: lookAtOwners,
    onUpdate: (old, now) => {
      if (!wasRewritten(old, now)) return;
      lookAtOwners(old);
      lookAtOwners(now);
    },
    onDelete: lookAtOwners,
  });
}

/** A release that is no longer ready (`lost`, too), or ready again. */
export function followHealth(deployments: Deployments, { changed, lost }: { changed: Tell; lost: Tell }): Stop {
  return deployments.subscribe({
    onUpdate: (old, now) => {
      const { state } = presentReadiness(now);
      if (presentReadiness(old).state === state) return;
      for (const key of ownerIndex(now)) {
        if (state !== 'ready') lost(key);
        changed(key);
      }
    },
  });
}

/** Whatever becomes of its releases is a sign that a run is on the move. */
export function followMoves(deployments: Deployments, moved: Tell): Stop {
  const tell = (release: KubeObject) => {
    for (const key of ownerIndex(release)) moved(key);
  };
  return deployments.subscribe({ onAdd: tell, onUpdate: (_old, now) => tell(now) });
}

interface RecordsDeps {
  rollouts: Informer<FogRollout & KubeObject>;
  shards: Informer<FogShard & KubeObject>;
}

/**
 * Records come in flocks; those that belong to no live object are somebody's who is gone (`isLeft`). Of a rollout that is under way
 * they say nothing new, but that sites wait for their windows, which may be open by then.
 */
export function followRecords({ rollouts, shards }: RecordsDeps, tell: { isLeft: Tell; changed: Tell }): Stop {
  const changed = (shard: FogShard) => {
    const { metadata, spec } = shard;
    const key = keyOf(metadata.namespace, spec.rollout);
    const rollout = rollouts.get(metadata.namespace, spec.rollout);
    if (!rollout) tell.isLeft(key);
    else if (decide(rollout, undefined).kind !== 'change' || waitsForWindows(shard)) tell.changed(key);
  };
  return shards.subscribe({ onAdd: changed, onUpdate: (_old, shard) => changed(shard), onDelete: changed });
}

function waitsForWindows({ status }: FogShard): boolean {
  return status?.notes?.some(({ reason }) => reason === WINDOW_CLOSED) ?? false;
}

/** A release beyond the hub that a person wants to be taken over. */
export function followTakeOvers(sites: Informer<FogSite & KubeObject>, look: Tell): Stop {
  const told = ({ status }: FogSite) =>
    (status?.drifted ?? [])
      .filter(({ message }) => tellsOfAdoption(message))
      .map((one) => keyOf(one.namespace, one.name));
  return sites.subscribe({
    onAdd: (site) => told(site).forEach(look),
    onUpdate: (old, site) => {
      const before = new Set(told(old));
      for (const key of told(site)) if (!before.has(key)) look(key);
    },
  });
}
