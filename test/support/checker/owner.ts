import { LAYERS } from '../../../model/layers.ts';
import type { Event, Fault, ReleaseEvent } from './events.ts';

/**
 * A release is of one FogRollout for as long as it is there, and nothing becomes a release that was made by somebody else, unless a
 * person has said so.
 */
export function ownerFaults(events: readonly Event[]): Fault[] {
  const faults: Fault[] = [];
  /** FogRollouts by uid. */
  const rollouts = new Map<string, string>();
  /** Whose each object is, by its uid: a FogRollout, or nobody of ours. */
  const holders = new Map<string, string | undefined>();
  /** Keys of what a person has given us; of a release, its Deployment is enough. */
  const given = new Set<string>();
  const isGiven = ({ kind, key }: ReleaseEvent) =>
    given.has(key) || (kind === 'Service' && LAYERS.some((layer) => given.has(`${key}-${layer}`)));
  for (const event of events) {
    if (event.type === 'rollout') {
      rollouts.set(event.uid, event.key);
      continue;
    }
    const { uid, mark } = event;
    if (event.isAdoptable) given.add(event.key);
    const isNew = !holders.has(uid);
    const holder = holders.get(uid);
    if (isNew) holders.set(uid, mark?.rollout);
    if (!mark?.rollout) continue; // somebody took a label off, or all of them: it is put right, or let go
    if (!isNew && holder === undefined && !isGiven(event)) {
      faults.push(fault(event, `which was made by somebody else, was taken by ${mark.rollout}`));
    } else if (!isNew && holder !== undefined && holder !== mark.rollout) {
      faults.push(fault(event, `a release of ${holder}, was taken by ${mark.rollout}`));
    }
    const named = rollouts.get(mark.uid);
    if (named !== undefined && named !== mark.rollout) {
      faults.push(fault(event, `a release of ${mark.rollout}, has the uid of ${named}`));
    }
    holders.set(uid, mark.rollout);
  }
  return faults;
}

function fault(event: ReleaseEvent, did: string): Fault {
  return { what: `${event.kind} ${event.key}, ${did}`, about: [event.key], at: event };
}
