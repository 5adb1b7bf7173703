import { CancellationScope, CancelledFailure, condition, isCancellation, patched } from '@temporalio/workflow';
import { type ShardLimits, ShardMachine } from '../model/fleet/shard.ts';
import { pauseLeft } from '../model/fleet/terms.ts';
import type { ContinuedShard, LoadedShard, ShardProgress, ShardWork, Skip } from '../model/shards.ts';
import { isImplicit, type Site } from '../model/site.ts';
import type { LayerContent, Owner, ShardNote, SiteFailure } from '../model/types.ts';
import { findSites } from './activities.ts';
import { ClosedSites } from './closed-sites.ts';
import { ContentFeed } from './content-feed.ts';
import { shardKey, siteKey, tell } from './parts.ts';
import { SiteNotes } from './site-notes.ts';
import { type Ended, goneFailure, heldFailure, outOfReach, skippedFailure, workAt } from './site-work.ts';

/** What is known of sites is asked for again before one has its turn, when it is older than this, in ms. */
const LOOK_AGAIN_MS = 2_000;

/** Sites that are asked for at once: those whose turn comes next. */
const LOOK_AHEAD = 50;

/** Shards that went on in another run before it did not look again at sites whose windows were closed. */
const LOOKS_AGAIN = 'looks-again-at-closed';

/** Shards that were begun before it took whatever answer came last. */
const NEWEST_ANSWERS = 'newest-answers';

export interface ShardRunnerInput {
  owner: Owner;
  /** Names it, in what it says: see {@link ShardProgress}. */
  key: Pick<ShardProgress, 'layer' | 'run' | 'index'>;
  loaded: LoadedShard;
  work: ShardWork;
  /** What its sites are given. */
  content?: LayerContent;
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
  /**
   * Nothing is under way, and nothing may be started here; told once.
   *
   * @param error - what ended it before its time: a CancelledFailure when it was cancelled
   */
  ended(error?: unknown): void;
}

/**
 * Works the sites of a shard as its machine says, in whichever workflow it is. Starts nothing by itself: who carries it asks
 * it to {@link decide} when all that a workflow task brings has been heard.
 */
export class ShardRunner {
  readonly machine: ShardMachine;
  private readonly input: ShardRunnerInput;
  private readonly listener: ShardListener;
  private readonly sites: readonly Site[];
  private readonly notes: SiteNotes;
  private readonly closed: ClosedSites;
  /** Of the sites under way, by their indexes. */
  private readonly scopes = new Map<number, CancellationScope>();
  /** Sites under way that are taken out of the stage. */
  private readonly taken = new Map<number, SiteFailure | undefined>();
  private readonly feed: ContentFeed | undefined;
  private lookedAt: number;
  /** The number of the last question of how sites are; and of the newest that is answered, by the indexes of sites. */
  private asked = 0;
  private readonly answered = new Map<number, number>();
  /** Nothing was recorded yet of what it starts. */
  private isUnrecorded = true;
  private isDraining = false;
  /** It was stopped so that it can go on elsewhere. */
  private isInterrupted = false;
  /** What ends it before its time. */
  private error: unknown;
  private hasEnded = false;
  /** What the next start waits for. */
  private preparation: CancellationScope | undefined;
  private isPrepared = false;
  /** It goes on with what an earlier run knew, and may have been told since. */
  private isToLookAgain: boolean;
  private wake = true;

  constructor(input: ShardRunnerInput, listener: ShardListener) {
    const { loaded, state, content } = input;
    const { phases, parents = {}, windows } = loaded;
    this.input = input;
    this.listener = listener;
    this.sites = loaded.sites;
    this.notes = new SiteNotes(loaded, state);
    this.machine = new ShardMachine({ phases, parents, ...(windows && { windows }) }, state?.machine);
    this.feed = content && new ContentFeed(content);
    this.lookedAt = input.lookedAt;
    this.isToLookAgain = state !== undefined;
    this.closed = new ClosedSites({
      ...{ machine: this.machine, sites: this.sites, notes: this.notes },
      changed: (isUrgent) => listener.changed(isUrgent),
      toRecord: () => listener.toRecord(),
      opens: () => {
        this.wake = true;
      },
    });
  }

  allow(limits: ShardLimits): void {
    const { deferred, skipped, stopped, isLowered } = this.machine.take(limits);
    for (const at of deferred) this.notes.parentLost(at);
    for (const at of skipped) this.notes.skipped(at);
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

  /** Starts nothing more: it has ended when what is under way has. */
  drain(): void {
    this.isDraining = true;
    this.wake = true;
  }

  /** Comes to rest at once: what is under way is stopped, and begun again where the shard goes on. */
  interrupt(): void {
    this.isInterrupted = true;
    this.isDraining = true;
    this.stopAll();
  }

  /** Looks at sites now, because something was said of them: what is under way at one that has gone is stopped. */
  async look(names: readonly string[]): Promise<void> {
    const open = this.openSites().filter((at) => names.includes(this.sites[at]!.name));
    if (open.length > 0) await this.find(open);
    this.wake = true;
  }

  /** A person takes sites out: they are passed over, and what is under way there is stopped. */
  skip({ site: name, ...who }: Skip): void {
    for (const at of this.openSites()) {
      const site = this.sites[at]!;
      if (name !== undefined && name !== site.name) continue;
      if (this.scopes.has(at)) this.takeOut(at, skippedFailure(site, who));
      else this.settled(at, { phase: 'skipped', failure: skippedFailure(site, who) });
    }
    this.wake = true;
  }

  /** Stops everything that is under way; it has ended when that has. */
  cancel(): void {
    this.fail(new CancelledFailure('The shard was cancelled'));
  }

  /** Something has changed that there is to {@link decide} by. */
  get isAwake(): boolean {
    return this.wake;
  }

  /** Starts what may be started now. */
  decide(): void {
    this.wake = false;
    this.machine.tick(Date.now());
    this.lookAgain();
    if (this.isStale) this.machine.doubtWindows();
    while (this.mayBegin && !this.preparation) {
      if (!this.isPrepared && this.prepare()) break;
      this.isPrepared = false;
      const [at] = this.machine.next(1);
      if (at !== undefined) this.begin(at); // else whoever was next has gone, or nothing may be started any more
    }
    if (!this.mayBegin) this.preparation?.cancel();
    this.closed.tell(this.goesOn);
    if (this.hasEnded || this.scopes.size > 0 || this.preparation) return;
    if (!this.machine.done && this.goesOn) return;
    this.hasEnded = true;
    if (this.machine.done) this.closed.waitNoMore();
    this.closed.sleepNoMore();
    this.listener.ended(this.error);
  }

  /** What there is to say now; failures that it has said before are not repeated, but in the last word. */
  said({ isLast = false, isAwaited = false } = {}): ShardProgress {
    const untold = this.notes.takeUntold();
    const failures = isLast ? this.notes.failuresOf(this.machine.in('failed')) : untold;
    const { holder: held, unready } = this.notes;
    const counts = this.machine.report();
    return {
      ...this.input.key,
      counts,
      applied: counts.ready + unready,
      heard: this.machine.heard,
      failures,
      ...(held !== undefined && { held }),
      ...this.closed.said,
      ...(isAwaited && { phases: this.machine.phases }),
      ...(isLast && { isLast }),
    };
  }

  /** What is to be kept of its sites. */
  get record(): { phases: string; given: string; notes: ShardNote[] } {
    const { machine, notes } = this;
    // Those that are about to start, too: whoever dies before the next record leaves nothing that it does not name.
    const mayGive = machine.mayStart && this.input.work.kind === 'release';
    const next = mayGive ? machine.openSites.slice(0, machine.slots) : [];
    return { phases: machine.phases, given: notes.givenWith(next), notes: notes.all };
  }

  private get mayBegin(): boolean {
    const { mayStart, unseen } = this.machine;
    return (mayStart || unseen.length > 0) && this.goesOn;
  }

  /** What is left may be begun here, and is not left to another run or to nobody. */
  private get goesOn(): boolean {
    return !this.isDraining && this.error === undefined;
  }

  private begin(at: number): void {
    const hasWaited = this.notes.shut(at, undefined);
    if (this.isUnrecorded || hasWaited) this.listener.toRecord(this.isUnrecorded);
    this.isUnrecorded = false;
    if (this.input.work.kind === 'release') this.notes.give(at);
    this.tellBegun(this.sites[at]!);
    const scope = new CancellationScope();
    this.scopes.set(at, scope);
    scope
      .run(() => this.workAt(at))
      .then(
        (ended) => this.leave(at, ended),
        (error: unknown) => this.stopped(at, error),
      );
    this.listener.changed(false);
  }

  private tellBegun(site: Site): void {
    const { layer, name } = site;
    const within = shardKey(this.input.key);
    tell((to) => to.began({ key: siteKey(site), name: `site ${layer}`, within, layer, site: name }));
  }

  private leave(at: number, ended?: Ended): void {
    this.scopes.delete(at);
    tell((to) => to.ended(siteKey(this.sites[at]!), ended));
    this.wake = true;
    try {
      if (ended) this.settled(at, ended);
    } catch (error) {
      this.fail(error); // nobody waits for the promise that this is called by
    }
  }

  /** Taken out of the stage; or stopped together with the shard, which says what becomes of it. */
  private stopped(at: number, error: unknown): void {
    if (!isCancellation(error) || !this.taken.has(at)) {
      if (!this.isInterrupted || !isCancellation(error)) this.fail(error);
      this.leave(at);
      return;
    }
    const failure = this.taken.get(at);
    this.leave(at, { phase: 'skipped', ...(failure && { failure }) });
  }

  private fail(error: unknown): void {
    this.error ??= error;
    this.stopAll();
  }

  private stopAll(): void {
    this.preparation?.cancel();
    for (const scope of this.scopes.values()) scope.cancel();
    this.wake = true;
  }

  private workAt(at: number): Promise<Ended> {
    const { owner, work } = this.input;
    const { feed, notes } = this;
    const listener = {
      onApplied: () => {
        notes.applied(at);
        this.listener.changed(false);
      },
      onHeld: (message: string) => {
        notes.held(at, message);
        this.listener.changed(false);
      },
    };
    const terms = this.machine.terms.site;
    return workAt({ site: this.sites[at]!, owner, work, listener, ...(feed && { feed }), ...(terms && { terms }) });
  }

  private settled(at: number, ended: Ended): void {
    const { phase } = ended;
    this.notes.settled(at, ended);
    this.machine.settled(at, phase);
    this.wake = true;
    this.listener.toRecord();
    // A failure may end the stage. That a slot is free for another shard can wait: each word is a task for both.
    this.listener.changed(phase === 'failed');
  }

  /** @returns whether there is something to wait for before the next start */
  private prepare(): boolean {
    const { paceMs } = this.machine.terms;
    if (paceMs === undefined && this.toLookAt().length === 0) return false;
    const scope = new CancellationScope();
    this.preparation = scope;
    scope
      .run(async () => {
        await this.keepPace();
        await this.lookAhead();
        this.isPrepared = true;
      })
      .catch((error: unknown) => {
        if (!isCancellation(error) || CancellationScope.current().consideredCancelled) this.fail(error);
      })
      .finally(() => {
        this.preparation = undefined;
        this.wake = true;
      });
    return true;
  }

  private async lookAhead(): Promise<void> {
    const next = this.toLookAt();
    if (this.isStale) this.machine.doubtWindows();
    if (next.length === 0) return;
    await this.find(next.slice(0, LOOK_AHEAD));
    this.lookedAt = Date.now();
  }

  private get isStale(): boolean {
    return Date.now() - this.lookedAt >= LOOK_AGAIN_MS;
  }

  /** Sites are looked at when their turn comes: one may have been held, moved or deleted since the stage began. */
  private toLookAt(): number[] {
    const { machine } = this;
    // Before it is begun, each one that has a window.
    if (!this.isStale) return machine.mayStart ? [] : machine.unseen;
    const isNext = (at: number) => !machine.shutAt(at) && (machine.hasWindow(at) || !isImplicit(this.sites[at]!));
    return machine.in('waiting').filter(isNext);
  }

  /** What an earlier run was told of sites as it came to rest, and could not find out any more. */
  private lookAgain(): void {
    if (!this.isToLookAgain) return;
    this.isToLookAgain = false;
    const shut = this.machine.shutSites;
    if (shut.length === 0 || !patched(LOOKS_AGAIN)) return;
    this.find(shut).then(
      () => {
        this.wake = true;
      },
      () => undefined, // cancelled with the shard
    );
  }

  private async find(indexes: number[]): Promise<void> {
    const { owner } = this.input;
    const asked = ++this.asked;
    const sites = indexes.map((at) => this.sites[at]!);
    const found = await findSites({ owner, sites, ...(this.mindsWindows && { windows: true }) });
    for (const [place, at] of indexes.entries()) {
      if (this.isOutdated(at, asked)) continue;
      this.answered.set(at, asked);
      this.judge(at, found[place] ?? {});
    }
  }

  /** Answers may come in another order than they were asked for; and a site may have come to its end in between. */
  private isOutdated(at: number, asked: number): boolean {
    const isOutdated = this.machine.isSettled(at) || asked < (this.answered.get(at) ?? 0);
    return isOutdated && patched(NEWEST_ANSWERS);
  }

  private judge(at: number, { gone, hold, away, window }: Awaited<ReturnType<typeof findSites>>[number]): void {
    const site = this.sites[at]!;
    const { work } = this.input;
    const { offline } = this.machine.terms.site ?? {};
    const isUnderWay = this.scopes.has(at);
    if (gone && work.kind === 'release') {
      if (isUnderWay) this.takeOut(at, goneFailure(site));
      else this.settled(at, { phase: 'skipped', failure: goneFailure(site) });
    } else if (hold !== undefined && !isUnderWay && !isLettingGo(work)) {
      this.settled(at, { phase: 'held', failure: heldFailure(site, hold) });
    } else if (away !== undefined && !isUnderWay && offline && offline.policy !== 'Wait') {
      this.settled(at, outOfReach(site, offline, away));
    } else if (this.mindsWindows && !isUnderWay) {
      this.machine.window(at, window);
      if (this.notes.shut(at, window?.text)) this.listener.toRecord();
    }
  }

  private get mindsWindows(): boolean {
    const { work } = this.input;
    return work.kind === 'release' && work.windows === true;
  }

  private takeOut(at: number, failure: SiteFailure | undefined): void {
    this.taken.set(at, failure);
    this.scopes.get(at)?.cancel();
  }

  private openSites(): number[] {
    return [...this.machine.in('waiting'), ...this.machine.in('inFlight'), ...this.machine.in('blocked')];
  }

  /**
   * Before each start, where the strategy limits the sites of a minute: shards that take turns keep it together. Another
   * pace holds at once.
   */
  private async keepPace(): Promise<void> {
    const since = Date.now();
    for (;;) {
      const { terms } = this.machine;
      const left = pauseLeft(terms, Date.now() - since);
      if (left === 0) return;
      const isOther = () => this.machine.terms.paceMs !== terms.paceMs;
      await condition(isOther, left, { summary: 'not more sites a minute than the strategy says' });
    }
  }
}

/** Of releases that stay as they are: a hold is about what runs. */
function isLettingGo(work: ShardWork): boolean {
  return work.kind === 'removal' && work.orphan === true;
}

/** Where a shard that has come to rest is, for the run that goes on with it. */
export function continuedOf(runner: ShardRunner, reports: number): ContinuedShard {
  const { given, notes } = runner.record;
  return { machine: runner.machine.stateAtRest, given, notes, reports };
}
