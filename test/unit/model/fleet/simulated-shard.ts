import type { Command } from '../../../../model/fleet/coordinator.ts';
import type { ShardRef } from '../../../../model/fleet/known-shard.ts';
import { reportOf, type SettledPhase, type ShardReport } from '../../../../model/fleet/report.ts';
import { ShardMachine, type Shut } from '../../../../model/fleet/shard.ts';
import type { SiteWindow } from '../../../../model/fleet/site-windows.ts';
import type { SimulatedSite } from './simulation.ts';

/** What a shard says; without a report that it is lost. */
export interface Word {
  id: string;
  /** Its index. */
  shard: number;
  report?: ShardReport;
  phases?: string;
  heard: number;
  shut?: Shut;
  isLast: boolean;
}

/** A shard's workflow: starts sites by its machine, and has something to say whenever that has changed. */
export class SimulatedShard {
  readonly ref: ShardRef;
  readonly sites: SimulatedSite[];
  state: 'unstarted' | 'live' | 'ended' | 'lost' = 'unstarted';
  machine: ShardMachine;
  /** It was told to start nothing more. */
  isHalted = false;
  /** Something has changed that it has not said. */
  isUnsaid = false;
  /** Sites that are taken out of the stage, by the number of what tells it. */
  private readonly toldOut = new Map<number, readonly number[]>();

  constructor(ref: ShardRef, sites: SimulatedSite[]) {
    this.ref = ref;
    this.sites = sites;
    this.machine = new ShardMachine(inputOf(sites));
  }

  /** Where its sites begin. */
  get letters(): string {
    return this.sites.map(({ letter }) => letter).join('');
  }

  /** Sites that it has heard are taken out of the stage. */
  get takenOut(): Set<number> {
    return new Set([...this.toldOut].flatMap(([seq, indexes]) => (seq <= this.machine.heard ? indexes : [])));
  }

  /** Whether it lives on with it; else nobody hears it. */
  hear(command: Command): boolean {
    if (command.kind === 'start') this.state = 'live';
    if (this.state !== 'live') return false;
    if (command.kind === 'halt') {
      this.machine.halt();
      this.isHalted = true;
      return true;
    }
    if (command.skip) this.toldOut.set(command.seq, command.skip);
    const { deferred, skipped, isLowered } = this.machine.take(command);
    // Else what follows from it will be said: there are sites to start, or nothing has changed.
    if (deferred.length + skipped.length > 0 || command.opened || isLowered) this.isUnsaid = true;
    return true;
  }

  settle(index: number, fate: SettledPhase): void {
    this.machine.settled(index, fate);
    this.isUnsaid = true;
  }

  /** Indexes of sites that it starts now. */
  start(): number[] {
    const started = this.machine.next();
    if (started.length > 0) this.isUnsaid = true;
    return started;
  }

  /** Made anew from its state as JSON. */
  renew(now: number): void {
    this.machine = new ShardMachine(inputOf(this.sites), copied(this.machine.state));
    this.machine.tick(now);
  }

  tick(now: number): void {
    const { seq } = this.machine.shut;
    this.machine.tick(now);
    if (this.machine.shut.seq !== seq) this.isUnsaid = true;
  }

  /** Sees how the windows are of some of the sites that are to be looked at. */
  look(now: number, at: number): void {
    const { unseen } = this.machine;
    for (const index of unseen.slice(at % unseen.length)) this.machine.window(index, windowAt(this.sites[index]!, now));
    this.tick(now);
  }
}

/** How the window of a site is, in truth. */
export function windowAt({ window }: SimulatedSite, now: number): SiteWindow | undefined {
  if (!window) return undefined;
  const next = window.find((time) => time > now);
  const open = window.filter((time) => time <= now).length % 2 === 0;
  return { open, ...(next !== undefined && { until: new Date(next).toISOString() }) };
}

function inputOf(sites: SimulatedSite[]) {
  const windows = sites.flatMap(({ window }, index) => (window ? [index] : []));
  const parents = new Map<string, number[]>();
  sites.forEach(({ letter, parent }, index) => {
    if (letter === 'b') parents.set(parent!, [...(parents.get(parent!) ?? []), index]);
  });
  return { phases: sites.map(({ letter }) => letter).join(''), parents: Object.fromEntries(parents), windows };
}

/** The shard as the stage gets it. */
export function refOf(sites: SimulatedSite[], id: string, wave: number): ShardRef {
  const { phases, parents } = inputOf(sites);
  const counts = Object.entries(parents).map(([parent, places]) => [parent, places.length]);
  return { id, wave, report: reportOf(phases), ...(counts.length > 0 && { parents: Object.fromEntries(counts) }) };
}

export function copied<T>(state: T): T {
  return JSON.parse(JSON.stringify(state)) as T;
}
