import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import { parentNotReady } from '../model/fleet/parent-note.ts';
import { GIVEN, NOT_GIVEN } from '../model/fleet/records.ts';
import { PHASE_LETTERS } from '../model/fleet/report.ts';
import { type ShardLimits, ShardMachine } from '../model/fleet/shard.ts';
import type { ContinuedShard, LoadedShard, ShardProgress, ShardWork } from '../model/shards.ts';
import { isImplicit, type Site } from '../model/site.ts';
import { MAX_MESSAGE } from '../model/status-size.ts';
import { boundText } from '../model/text.ts';
import type { LayerContent, Owner, ShardNote, SiteFailure } from '../model/types.ts';
import { findSites } from './activities.ts';
import { ContentFeed } from './content-feed.ts';
import { type Ended, goneFailure, outOfReach, workAt } from './site-work.ts';

/** Failures that a shard hands on to the object's status at a time, the newest first. */
const TOLD_FAILURES = 20;

/** What is known of sites is asked for again before one has its turn, when it is older than this, in ms. */
const LOOK_AGAIN_MS = 2_000;

/** Sites that are asked for at once: those whose turn comes next. */
const LOOK_AHEAD = 50;

export interface ShardRunnerInput {
  owner: Owner;
  /** Names it, in what it says: see {@link ShardProgress}. */
  key: Pick<ShardProgress, 'layer' | 'run' | 'index'>;
  loaded: LoadedShard;
  work: ShardWork;
  /** What its sites are given. */
  content?: LayerContent;
  /** ms between two starts, where the sites of a minute are limited. */
  paceMs?: number;
  /** Where it was, when it goes on in another run. */
  state?: ContinuedShard;
  /** When what is known of its sites was learned, ms since the epoch. */
  lookedAt: number;
}

export interface ShardListener {
  /** Something has changed. @param isUrgent - it may end the stage */
  changed(isUrgent: boolean): void;
  /** What is to be kept of a site has changed. @param isFirst - before anything is given: it cannot wait */
  toRecord(isFirst?: boolean): void;
}

/** Works the sites of a shard as its machine says, in whichever workflow it is. */
export class ShardRunner {
  readonly machine: ShardMachine;
  private readonly input: ShardRunnerInput;
  private readonly listener: ShardListener;
  private readonly sites: readonly Site[];
  private readonly parents: (string | undefined)[] = [];
  private readonly given: string[];
  private readonly notes: Map<string, ShardNote>;
  private readonly scope = new CancellationScope();
  /** Of the sites under way, by their indexes. */
  private readonly scopes = new Map<number, CancellationScope>();
  /** Sites under way that are taken out of the stage. */
  private readonly taken = new Map<number, SiteFailure | undefined>();
  private readonly feed: ContentFeed | undefined;
  private untold: SiteFailure[] = [];
  private lookedAt: number;
  /** Nothing was recorded yet of what it starts. */
  private isUnrecorded = true;
  private isDraining = false;
  private wake = true;

  constructor(input: ShardRunnerInput, listener: ShardListener) {
    const { loaded, state, content } = input;
    const { phases, parents = {} } = loaded;
    this.input = input;
    this.listener = listener;
    this.sites = loaded.sites;
    this.given = [...(state?.given ?? NOT_GIVEN.repeat(loaded.sites.length))];
    this.notes = new Map((state?.notes ?? loaded.notes).map((note) => [note.site, note]));
    for (const [parent, places] of Object.entries(parents)) for (const at of places) this.parents[at] = parent;
    this.machine = new ShardMachine({ phases, parents }, state?.machine);
    this.feed = content && new ContentFeed(content);
    this.lookedAt = input.lookedAt;
  }

  allow(limits: ShardLimits): void {
    const { deferred, skipped, stopped, isLowered } = this.machine.take(limits);
    const { layer } = this.input.key;
    for (const at of deferred) this.note(parentNotReady(this.sites[at]!.name, layer, this.parents[at]));
    for (const at of skipped) this.note({ site: this.sites[at]!.name, ...SKIPPED });
    for (const at of stopped) this.takeOut(at, undefined);
    if (deferred.length + skipped.length > 0) this.listener.toRecord();
    // The stage counts on what it took back only when it hears that this has heard of it.
    if (isLowered || deferred.length + skipped.length > 0) this.listener.changed(false);
    this.wake = true;
  }

  halt(): void {
    this.machine.halt();
    this.wake = true;
  }

  /** Starts nothing more: what is under way comes to its end, and {@link run} returns. */
  drain(): void {
    this.isDraining = true;
    this.wake = true;
  }

  /** Comes to rest at once: what is under way is stopped, and begun again where the shard goes on. */
  interrupt(): void {
    this.isInterrupted = true;
    this.isDraining = true;
    this.scope.cancel();
  }

  /** It was stopped so that it can go on elsewhere. */
  private isInterrupted = false;

  /** Looks at sites now, because something was said of them: what is under way at one that has gone is stopped. */
  async look(names: readonly string[]): Promise<void> {
    const open = this.openSites().filter((at) => names.includes(this.sites[at]!.name));
    if (open.length > 0) await this.find(open);
    this.wake = true;
  }

  /** Ends everything that is under way; {@link run} rejects then. */
  cancel(): void {
    this.scope.cancel();
  }

  /**
   * Resolves when nothing is under way and nothing may be started, or what was under way when it was drained has ended.
   *
   * @throws CancelledFailure when it was cancelled, after all it had begun has stopped
   */
  async run(): Promise<void> {
    const underWay = new Set<Promise<void>>();
    try {
      await this.scope.run(async () => {
        while (!this.machine.done && !(this.isDraining && underWay.size === 0)) {
          this.wake = false;
          await this.startSome(underWay);
          await condition(() => this.wake);
        }
      });
    } catch (error) {
      if (!this.isInterrupted || CancellationScope.current().consideredCancelled) throw error;
    } finally {
      if (underWay.size > 0) await CancellationScope.nonCancellable(() => Promise.allSettled(underWay));
    }
  }

  /** What there is to say now; failures that it has said before are not repeated, but in the last word. */
  said({ isLast = false, isAwaited = false } = {}): ShardProgress {
    const failures = isLast ? this.failures() : this.untold;
    const [held] = this.held.values();
    this.untold = [];
    return {
      ...this.input.key,
      counts: this.machine.report(),
      applied: this.applied,
      heard: this.machine.heard,
      failures,
      ...(held !== undefined && { held }),
      ...(isAwaited && { phases: this.machine.phases }),
      ...(isLast && { isLast }),
    };
  }

  /** What is to be kept of its sites. */
  get record(): { phases: string; given: string; notes: ShardNote[] } {
    const given = [...this.given];
    // Those that are about to start, too: whoever dies before the next record leaves nothing that it does not name.
    if (this.machine.mayStart && this.input.work.kind === 'release') {
      for (const at of this.machine.in('waiting').slice(0, this.machine.slots)) given[at] = GIVEN;
    }
    return { phases: this.machine.phases, given: given.join(''), notes: [...this.notes.values()] };
  }

  private async startSome(underWay: Set<Promise<void>>): Promise<void> {
    while (this.machine.mayStart && !this.isDraining) {
      await this.lookAhead();
      await this.keepPace();
      if (this.isDraining) return;
      const [at] = this.machine.next(1);
      if (at === undefined) continue; // whoever was next has gone, or nothing may be started any more
      if (this.isUnrecorded) this.listener.toRecord(true);
      this.isUnrecorded = false;
      const one = this.settle(at).finally(() => underWay.delete(one));
      one.catch(() => this.scope.cancel());
      underWay.add(one);
      this.listener.changed(false);
    }
  }

  private async settle(at: number): Promise<void> {
    const site = this.sites[at]!;
    const scope = new CancellationScope();
    this.scopes.set(at, scope);
    if (this.input.work.kind === 'release') this.given[at] = GIVEN;
    let ended: Ended;
    try {
      ended = await scope.run(() => this.workAt(site));
    } catch (error) {
      if (!isCancellation(error) || !this.taken.has(at)) throw error;
      const failure = this.taken.get(at);
      ended = { phase: 'skipped', ...(failure && { failure }) };
    } finally {
      this.scopes.delete(at);
      this.wake = true;
    }
    this.settled(at, ended);
  }

  private workAt(site: Site): Promise<Ended> {
    const { owner, work } = this.input;
    const { feed } = this;
    const listener = {
      onApplied: () => this.onApplied(site.name),
      onHeld: (message: string) => this.onHeld(site.name, message),
    };
    return workAt({ site, owner, work, listener, ...(feed && { feed }) });
  }

  private settled(at: number, { phase, failure }: Ended): void {
    const site = this.sites[at]!;
    this.appliedOnly.delete(site.name);
    this.held.delete(site.name);
    this.notes.delete(site.name);
    if (failure) this.note({ site: failure.site, reason: failure.reason, message: failure.message });
    this.machine.settled(at, phase);
    this.wake = true;
    if (failure && phase === 'failed') {
      this.untold = [failureOf(failure), ...this.untold].slice(0, TOLD_FAILURES);
    }
    this.listener.toRecord();
    // A failure may end the stage. That a slot is free for another shard can wait: each word is a task for both.
    this.listener.changed(phase === 'failed');
  }

  /** Sites that were given the release and are not ready with it yet. */
  private readonly appliedOnly = new Set<string>();

  private onApplied(site: string): void {
    this.appliedOnly.add(site);
    this.listener.changed(false);
  }

  /** Who holds the releases of sites that are under way, by the site. */
  private readonly held = new Map<string, string>();

  private onHeld(site: string, message: string): void {
    if (message === '') this.held.delete(site);
    else this.held.set(site, boundText(message, MAX_MESSAGE));
    this.listener.changed(false);
  }

  private get applied(): number {
    return this.machine.report().ready + this.appliedOnly.size;
  }

  private note(note: ShardNote): void {
    this.notes.delete(note.site);
    this.notes.set(note.site, { ...note, message: boundText(note.message, MAX_MESSAGE) });
  }

  /** Of those that count as failed; what is only deferred is in the record. */
  private failures(): SiteFailure[] {
    const failed = new Set(this.machine.in('failed').map((at) => this.sites[at]!.name));
    const { layer } = this.input.key;
    const newest = [...this.notes.values()].reverse().filter(({ site }) => failed.has(site));
    return newest.slice(0, TOLD_FAILURES).map((note) => ({ ...note, layer }));
  }

  /** Sites are looked at when their turn comes: one may have been held, moved or deleted since the stage began. */
  private async lookAhead(): Promise<void> {
    if (Date.now() - this.lookedAt < LOOK_AGAIN_MS) return;
    const waiting = this.machine.in('waiting').filter((at) => !isImplicit(this.sites[at]!));
    if (waiting.length > 0) await this.find(waiting.slice(0, LOOK_AHEAD));
    this.lookedAt = Date.now();
  }

  private async find(indexes: number[]): Promise<void> {
    const { owner } = this.input;
    const found = await findSites({ owner, sites: indexes.map((at) => this.sites[at]!) });
    for (const [place, at] of indexes.entries()) this.judge(at, found[place] ?? {});
  }

  private judge(at: number, { gone, hold, away }: Awaited<ReturnType<typeof findSites>>[number]): void {
    const site = this.sites[at]!;
    const { work } = this.input;
    const isUnderWay = this.scopes.has(at);
    if (gone && work.kind === 'release') {
      if (isUnderWay) this.takeOut(at, goneFailure(site));
      else this.settled(at, { phase: 'skipped', failure: goneFailure(site) });
    } else if (hold !== undefined && !isUnderWay && !isLettingGo(work)) {
      const failure = {
        site: site.name,
        layer: site.layer,
        reason: 'Held',
        message: `${site.layer} ${site.name}: ${hold}`,
      };
      this.settled(at, { phase: 'held', failure });
    } else if (away !== undefined && !isUnderWay && work.kind === 'release' && work.offline.policy !== 'Wait') {
      this.settled(at, outOfReach(site, work.offline, away));
    }
  }

  private takeOut(at: number, failure: SiteFailure | undefined): void {
    this.taken.set(at, failure);
    this.scopes.get(at)?.cancel();
  }

  private openSites(): number[] {
    return [...this.machine.in('waiting'), ...this.machine.in('inFlight'), ...this.machine.in('blocked')];
  }

  /** Before each start, where the strategy limits the sites of a minute: shards that take turns keep it together. */
  private async keepPace(): Promise<void> {
    const { paceMs } = this.input;
    if (paceMs === undefined) return;
    await sleep(paceMs, { summary: 'not more sites a minute than the strategy says' });
  }
}

/** Of releases that stay as they are: a hold is about what runs. */
function isLettingGo(work: ShardWork): boolean {
  return work.kind === 'removal' && work.orphan === true;
}

const SKIPPED = { reason: 'Skipped', message: 'It was taken out of the stage' };

function failureOf(failure: SiteFailure): SiteFailure {
  return { ...failure, message: boundText(failure.message, MAX_MESSAGE) };
}

/** Where a shard that has come to rest is, for the run that goes on with it. */
export function continuedOf(runner: ShardRunner, reports: number): ContinuedShard {
  const { given, notes } = runner.record;
  return { machine: withoutFlights(runner.machine.state), given, notes, reports };
}

/** What was stopped while it was under way is begun again. */
function withoutFlights(state: ContinuedShard['machine']): ContinuedShard['machine'] {
  return { ...state, phases: state.phases.replaceAll(PHASE_LETTERS.inFlight, PHASE_LETTERS.waiting) };
}
