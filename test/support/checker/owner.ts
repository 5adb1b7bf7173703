import type { Event, Fault, ReleaseEvent } from './events.ts';

/** A release is of one FogRollout for as long as it is there, and nothing becomes a release that was made by somebody else. */
export function ownerFaults(events: readonly Event[]): Fault[] {
  const faults: Fault[] = [];
  /** FogRollouts by uid. */
  const rollouts = new Map<string, string>();
  /** Whose each object is, by its uid: a FogRollout, or nobody of ours. */
  const holders = new Map<string, string | undefined>();
  for (const event of events) {
    if (event.type === 'rollout') {
      rollouts.set(event.uid, event.key);
      continue;
    }
    const { uid, mark } = event;
    const isNew = !holders.has(uid);
    const holder = holders.get(uid);
    if (isNew) holders.set(uid, mark?.rollout);
    if (!mark?.rollout) continue; // somebody took a label off, or all of them: it is put right, or let go
    if (!isNew && holder === undefined) {
      faults.push(fault(event, `which was made by somebody else, was taken by ${mark.rollout}`));
    } else if (!isNew && holder !== mark.rollout) {
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
