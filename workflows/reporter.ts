import type { OpenedRun } from '../model/activities.ts';
import { mayHaveRelease } from '../model/status.ts';
import type { FogRolloutStatus, LayerStatus } from '../model/types.ts';

/** A pure step from one status to the next; `now` is RFC 3339. */
export type StatusChange = (status: FogRolloutStatus, now: string) => FogRolloutStatus;

/**
 * How long a report stays apart from the one before, in ms. A workflow task that there is anyway costs next to nothing; one of
 * its own, that a timer brings, costs as much as the report.
 */
export interface ReportGap {
  /** From here on it goes out with the next news, in the workflow task of that. */
  withNewsMs: number;
  /** By then it goes out by itself. */
  latestMs: number;
}

export interface ReporterDeps {
  /** Writes the run's first status: the given one, or one made from the object's own. */
  open(how: { status?: FogRolloutStatus; number: number; last: boolean }): Promise<OpenedRun>;
  /**
   * @param after - the number of the report before
   * @param last - nothing follows: the run ends with this report
   */
  report(input: { status: FogRolloutStatus; after: number; last: boolean }): Promise<void>;
  /**
   * Where the run is, for the numbers of reports. Never less than before, and more whenever work is done again that the run
   * did before and has forgotten: what was reported then must not count as later.
   */
  position(): number;
  /** `cancel` lets `done` resolve at once. */
  pause(ms: number): { done: Promise<void>; cancel(): void };
  /** When the run began, RFC 3339. */
  startedAt: string;
  /** What to show while the object's own status is not known yet. */
  provisional: FogRolloutStatus;
  /**
   * Open at once, from the object's own status. Otherwise, for an object that has none anyone could take for the present
   * one, after the first gap or at the end of the run, whichever comes first: a quick rollout is reported once.
   */
  openAtOnce: boolean;
  /** The first gap, from the opening or the start of the run; the second; the last of them is all that come after it. */
  gaps: readonly [ReportGap, ...ReportGap[]];
  now(): string;
  /** Called with every new status, before it is written: the UI's stage table. */
  show(status: FogRolloutStatus): void;
  /** The FogRollout no longer exists. */
  onGone(): void;
  /** The number of the last report, of a run that goes on with the one before: then nothing is opened. */
  resumedAfter?: number;
  /** It is to be opened all the same: what the run is about has changed as the one before came to its end. */
  reopens?: boolean;
  /** The one before had no time to write all that had changed. */
  unreported?: boolean;
}

/**
 * Keeps the status of a run and writes it to the hub, off the path of promotion: at most one report is under way, what
 * happens within a gap goes out together with the first news after it, and the end of the run is reported at once.
 */
export class Reporter {
  private status: FogRolloutStatus;
  /** Changes made before the object's own status was known, to be made again on top of it. */
  private early: { change: StatusChange; now: string }[] | undefined = [];
  private dirty = false;
  private before: LayerStatus[] = [];
  private stopped = false;
  /** The run is at its end: no pauses any more. */
  private last = false;
  private isWriting = false;
  /** How often it was to be opened, and how often it was. */
  private opens = { asked: 1, done: 0 };
  private openings: (() => void)[] = [];
  /** The number of the last report. */
  private number = 0;
  /** When the gap before the next report began, ms since the epoch. */
  private gapSince: number;
  /** How many gaps there have been. */
  private gaps = 0;
  /** Until when news waits for more, ms since the epoch, and what ends that. */
  private pausing: { withNewsFrom: number; cancel(): void } | undefined;
  private readonly deps: ReporterDeps;
  private writing: Promise<void>;

  constructor(deps: ReporterDeps) {
    this.deps = deps;
    this.status = deps.provisional;
    this.gapSince = this.time();
    deps.show(this.status);
    if (deps.resumedAfter !== undefined) {
      this.early = undefined;
      this.opens.done = deps.reopens ? 0 : 1;
      this.dirty = this.mustOpen || (deps.unreported ?? false);
      this.number = deps.resumedAfter;
      this.writing = this.write();
      this.writing.catch(() => undefined);
      return;
    }
    this.dirty = !deps.openAtOnce;
    this.writing = this.write();
    this.writing.catch(() => undefined); // settled() hands it on; nobody may be waiting when a run is superseded
  }

  /** The number of the last report. */
  get reports(): number {
    return this.number;
  }

  /** Resolves when the run is opened: what it is about by now is kept, and the object's own status is known. */
  async opened(): Promise<void> {
    while (this.mustOpen && !this.stopped) {
      if (!this.early || !this.deps.openAtOnce) this.hurry();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.openings.push(resolve);
      await Promise.race([promise, this.writing]);
    }
  }

  /** What the run is about by now is not kept yet. */
  get mustOpen(): boolean {
    return this.opens.done < this.opens.asked;
  }

  /**
   * The layers as they were before the run: what may have been given where. Of an object that nobody ever reported of,
   * none.
   */
  async layersBefore(): Promise<LayerStatus[]> {
    if (this.deps.openAtOnce) await this.opened();
    return this.before;
  }

  /** The same where it is known by now. */
  get knownBefore(): LayerStatus[] | undefined {
    return this.early && this.deps.openAtOnce ? undefined : this.before;
  }

  /** Something has changed, and is not written yet. */
  get hasNews(): boolean {
    return this.dirty;
  }

  /** Records a change of what the run is about: written by opening it again, which keeps the content. */
  reopen(change: StatusChange): void {
    this.opens.asked += 1;
    this.update(change);
  }

  /** Writes what there is without waiting for the end of the gap. */
  private hurry(): void {
    this.pausing?.cancel();
  }

  get current(): FogRolloutStatus {
    return this.status;
  }

  /**
   * What the next run should believe before the object's own status. Before that was learned, only the layers this
   * run has touched: of the others the provisional status knows nothing.
   */
  get carried(): LayerStatus[] {
    const { layers = [] } = this.status;
    return this.early ? layers.filter(mayHaveRelease) : layers;
  }

  /** Records a change and sees to it that it is written. */
  update(change: StatusChange): void {
    this.amend(change);
    this.dirty = true;
    if (this.isWriting) {
      if (this.pausing && this.time() >= this.pausing.withNewsFrom) this.hurry();
      return;
    }
    this.writing = this.write();
    this.writing.catch(() => undefined);
  }

  /** Records a change that can wait for the next one to be written: a report is a billed action and a write. */
  amend(change: StatusChange): void {
    const now = this.deps.now();
    this.early?.push({ change, now });
    this.status = change(this.status, now);
    this.deps.show(this.status);
  }

  /** Writes a last change although the reporter was stopped. */
  async lastWord(change: StatusChange): Promise<void> {
    this.stopped = false;
    this.update(change);
    await this.settled();
  }

  /** Ends the pauses; resolves when everything recorded so far is written. */
  async settled(): Promise<void> {
    this.last = true;
    this.pausing?.cancel();
    let seen: Promise<void> | undefined;
    while (seen !== this.writing) {
      seen = this.writing;
      await seen;
    }
  }

  /** No further report is begun; the one under way may finish. */
  stop(): void {
    this.stopped = true;
    this.pausing?.cancel();
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    try {
      if (this.early && this.deps.openAtOnce) await this.open();
      while (this.dirty && !this.stopped) {
        await this.passGap();
        if (this.stopped) return;
        if (this.mustOpen) await this.open(this.status);
        else await this.report();
      }
    } finally {
      this.isWriting = false;
    }
  }

  /** @param status - what to write; left out, the object's own is learned, and what happened so far made again on it */
  private async open(status?: FogRolloutStatus): Promise<void> {
    if (status) this.dirty = false;
    this.gapSince = this.time();
    const { asked } = this.opens;
    const opened = await this.deps.open({ ...(status && { status }), number: this.nextNumber(), last: this.last });
    this.opens.done = asked;
    for (const resolve of this.openings.splice(0)) resolve();
    if (opened.gone) {
      this.early = undefined;
      this.stopped = true;
      this.deps.onGone();
      return;
    }
    const early = this.early ?? [];
    this.early = undefined;
    if (status) return;
    const { startedAt } = this.deps;
    // A stage that this very run has begun says nothing of what was there before.
    this.before = (opened.status.layers ?? []).map(({ startedAt: at, ...layer }) =>
      at !== undefined && at < startedAt ? { ...layer, startedAt: at } : layer,
    );
    this.status = early.reduce((own, { change, now }) => change(own, now), opened.status);
    this.deps.show(this.status);
  }

  private async report(): Promise<void> {
    this.dirty = false;
    this.gapSince = this.time();
    const after = this.number;
    this.nextNumber();
    await this.deps.report({ status: this.numbered(this.status), after, last: this.last });
  }

  private numbered(status: FogRolloutStatus): FogRolloutStatus {
    return { ...status, ...(status.run && { run: { ...status.run, reports: this.number } }) };
  }

  private nextNumber(): number {
    this.number = Math.max(this.number + 1, this.deps.position());
    return this.number;
  }

  private async passGap(): Promise<void> {
    const { gaps } = this.deps;
    const { withNewsMs, latestMs } = gaps[Math.min(this.gaps++, gaps.length - 1)]!;
    const now = this.time();
    const withNewsFrom = this.gapSince + withNewsMs;
    if (this.last || now >= withNewsFrom) return;
    const { done, cancel } = this.deps.pause(this.gapSince + latestMs - now);
    this.pausing = { withNewsFrom, cancel };
    try {
      await done;
    } finally {
      this.pausing = undefined;
    }
  }

  private time(): number {
    return Date.parse(this.deps.now());
  }
}
