import { CancellationScope, patched, sleep } from '@temporalio/workflow';
import type { ShardMachine } from '../model/fleet/shard.ts';
import type { ShardProgress } from '../model/shards.ts';
import type { Site } from '../model/site.ts';
import type { SiteNotes } from './site-notes.ts';

/** Shards that were begun before it did not say that their sites wait for another reason than before. */
const TELLS_WHY = 'tells-why-closed';

export interface ClosedSitesInput {
  machine: ShardMachine;
  sites: readonly Site[];
  notes: SiteNotes;
  /** The stage is to hear of it. @param isUrgent - it may end the stage, or free slots for others */
  changed(isUrgent: boolean): void;
  /** What is to be kept of a site has changed. */
  toRecord(): void;
  /** A window opens now. */
  opens(): void;
}

/**
 * The sites of a shard that wait for their windows. Of these the stage is told, which gives their slots to others; and the shard
 * wakes when one opens.
 */
export class ClosedSites {
  private readonly input: ClosedSitesInput;
  /** The number of what the stage was last told. */
  private told: number;
  /** Why the first of them waits, as the stage was told. */
  private whyTold: string | undefined;
  /** Until when it sleeps for the next window that opens, RFC 3339. */
  private alarm: { until: string; scope: CancellationScope } | undefined;

  constructor(input: ClosedSitesInput) {
    this.input = input;
    this.told = input.machine.shut.seq > 0 ? -1 : 0; // what an earlier run was told it may not have passed on
  }

  /** What there is to say of them. */
  get said(): Pick<ShardProgress, 'shut'> {
    const { shut } = this.input.machine;
    if (shut.seq === 0) return {};
    const text = this.whyShut(this.inOrder[0]);
    return { shut: { ...shut, ...(text !== undefined && { text }) } };
  }

  /** Says what is another than before. @param mayWake - something may still be begun when a window opens */
  tell(mayWake: boolean): void {
    const { machine, sites, changed } = this.input;
    machine.tick(Date.now());
    const { shut } = machine;
    const [first] = shut.sites > 0 ? this.inOrder : [];
    const why = this.whyShut(first);
    if (shut.seq !== this.told) {
      this.told = shut.seq;
      this.noteOpened();
      changed(true);
    } else if (why !== this.whyTold && patched(TELLS_WHY)) changed(false);
    this.whyTold = why;
    const next = mayWake ? first : undefined;
    const until = next === undefined ? undefined : machine.shutAt(next)?.until;
    if (until === this.alarm?.until) return;
    this.sleepNoMore();
    if (until !== undefined) this.sleepUntil(until, sites[next!]!.name);
  }

  /** Those that were not let begin do not wait for their windows now. */
  waitNoMore(): void {
    this.noteOpen(this.input.machine.in('waiting'));
  }

  sleepNoMore(): void {
    this.alarm?.scope.cancel();
    this.alarm = undefined;
  }

  /** For people. @param at - a site that waits for its window, if one does */
  private whyShut(at: number | undefined): string | undefined {
    const { machine, sites } = this.input;
    const text = at === undefined ? undefined : machine.shutAt(at)?.text;
    return text === undefined ? undefined : `${sites[at!]!.name}: ${text}`;
  }

  /** Those first that open first. */
  private get inOrder(): number[] {
    const { machine } = this.input;
    const opens = (at: number) => {
      const { until } = machine.shutAt(at) ?? {};
      return until === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(until);
    };
    return machine.shutSites.sort((a, b) => opens(a) - opens(b) || a - b);
  }

  /** What was closed until now, and has yet to have its turn. */
  private noteOpened(): void {
    const { machine } = this.input;
    this.noteOpen(machine.in('waiting').filter((at) => !machine.shutAt(at)));
  }

  private noteOpen(sites: number[]): void {
    const noted = sites.filter((at) => this.input.notes.shut(at, undefined));
    if (noted.length > 0) this.input.toRecord();
  }

  private sleepUntil(until: string, name: string): void {
    const scope = new CancellationScope();
    const alarm = { until, scope };
    this.alarm = alarm;
    const summary = `the window of ${name} opens`;
    scope
      .run(() => sleep(Math.max(1, Date.parse(until) - Date.now()), { summary }))
      .then(
        () => {
          if (this.alarm === alarm) this.alarm = undefined;
          this.input.opens();
        },
        () => undefined, // it sleeps no longer
      );
  }
}
