import { type Event, type Fault, givenText, type Mark, type ReleaseEvent } from './events.ts';

/** Nothing is given what is older than it had: neither an earlier generation, nor that of an earlier FogRollout of the name. */
export function fenceFaults(events: readonly Event[]): Fault[] {
  const faults: Fault[] = [];
  /** What each object was given, whatever became of it since, and the newest that it had of each FogRollout. */
  const last = new Map<string, Mark>();
  const newest = new Map<string, Mark>();
  const adoptable = new Set<string>();
  for (const event of events) {
    if (event.type !== 'release' || event.isDeleted || !event.mark) continue;
    const { mark } = event;
    const what = `${event.kind} ${event.key}`;
    const before = last.get(what);
    const known = newest.get(`${what} ${mark.uid}`);
    const isOlder = known !== undefined && isBefore(mark, known);
    const isOfOlder = before !== undefined && before.uid !== mark.uid && mark.created < before.created;
    const isAdopted = (isOlder || isOfOlder) && adoptable.delete(what);
    if (isOlder && !isAdopted) faults.push(fault(event, `was given ${givenText(mark)} after ${givenText(known)}`));
    if (isOfOlder && !isAdopted) faults.push(fault(event, 'was given back to an earlier FogRollout of the name'));
    last.set(what, mark);
    newest.set(`${what} ${mark.uid}`, mark); // said once
    if (event.isAdoptable) for (const each of ofRelease(event)) adoptable.add(each);
  }
  return faults;
}

function isBefore(a: Mark, b: Mark): boolean {
  return a.generation < b.generation || (a.generation === b.generation && a.attempt < b.attempt);
}

function fault(event: ReleaseEvent, did: string): Fault {
  return { what: `${event.kind} ${event.key} ${did}`, about: [event.key], at: event };
}

/** What a person says of a Deployment holds for the Service beside it too. */
function ofRelease({ kind, key, mark }: ReleaseEvent): string[] {
  const [namespace] = key.split('/');
  const [, name] = mark?.rollout?.split('/') ?? [];
  return [`${kind} ${key}`, `Service ${namespace}/${name}`];
}
