/** Everything that must never happen to a rollout and did, whether its layers have FogSites or not. Pure. */
import type { Version } from '../recorder.ts';
import { type Event, eventsIn, type Fault, textOf } from './events.ts';
import { fenceFaults } from './fence.ts';
import { orderFaults } from './order.ts';
import { ownerFaults } from './owner.ts';

export interface CheckOptions {
  /** uids of FogRollouts of which only the end was seen, so that nothing can be said of them. */
  before?: ReadonlySet<string>;
  /** With `promotion: Branch`, the Deployment that one waits for in place of the layer above: `fog-1/web-fog`. */
  parentOf?: (key: string) => string | undefined;
}

/** How many events a fault shows. */
const SHOWN = 16;

/** @returns of each fault a sentence that names the object, and below it the events that led there */
export function faultsIn(versions: readonly Version[], { before = new Set(), parentOf }: CheckOptions = {}): string[] {
  const events = eventsIn(versions, before);
  const faults = [...orderFaults(events, parentOf), ...fenceFaults(events), ...ownerFaults(events)];
  return faults.map((fault) => [`${fault.what}; the events:`, ...eventsOf(fault, events).map(textOf)].join('\n  '));
}

/** The last ones up to the fault. */
function eventsOf({ about, at }: Fault, events: readonly Event[]): Event[] {
  return events
    .slice(0, events.indexOf(at) + 1)
    .filter(({ key }) => about.includes(key))
    .slice(-SHOWN);
}
