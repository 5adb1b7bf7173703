import type { OpenedRun } from '../model/activities.ts';
import { mayHaveRelease } from '../model/status.ts';
import type { FogRolloutStatus, LayerStatus } from '../model/types.ts';

/** A pure step from one status to the next; `now` is RFC 3339. */
export type StatusChange = (status: FogRolloutStatus, now: string) => FogRolloutStatus;

export interface ReporterDeps {
  /** Reads the object's own status, writes the run's first one. */
  open(): Promise<OpenedRun>;
  report(input: { status: FogRolloutStatus }): Promise<void>;
  /** What to show while the object's own status is not known yet. */
  provisional: FogRolloutStatus;
  now(): string;
  /** Called with every new status, before it is written: the UI's stage table. */
  show(status: FogRolloutStatus): void;
  /** The FogRollout no longer exists. */
  onGone(): void;
}

/**
 * Keeps the status of a run and writes it to the hub, off the path of promotion: at most one report is under way,
 * and what happens meanwhile goes out together as the next one.
 */
export class Reporter {
  private status: FogRolloutStatus;
  /** Changes made before the object's own status was known, to be made again on top of it. */
  private early: { change: StatusChange; now: string }[] | undefined = [];
  private dirty = false;
  private stopped = false;
  private isWriting = false;
  private reports = 1; // opening the run writes the first
  private readonly deps: ReporterDeps;
  private writing: Promise<void>;

  constructor(deps: ReporterDeps) {
    this.deps = deps;
    this.status = deps.provisional;
    deps.show(this.status);
    this.writing = this.open();
    this.writing.catch(() => undefined); // settled() hands it on; nobody may be waiting when a run is superseded
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
    if (!this.early) this.writeSoon();
  }

  /** Records a change that can wait for the next one to be written: a report is a billed action and a write. */
  amend(change: StatusChange): void {
    const now = this.deps.now();
    this.early?.push({ change, now });
    this.status = change(this.status, now);
    this.deps.show(this.status);
  }

  /** Writes a last change although the reporter was stopped, unless the object's own status was never learned. */
  async lastWord(change: StatusChange): Promise<void> {
    if (this.early) return;
    this.stopped = false;
    this.update(change);
    await this.settled();
  }

  /** Resolves when everything recorded so far is written. */
  async settled(): Promise<void> {
    let seen: Promise<void> | undefined;
    while (seen !== this.writing) {
      seen = this.writing;
      await seen;
    }
  }

  /** No further report is begun; the one under way may finish. */
  stop(): void {
    this.stopped = true;
  }

  private async open(): Promise<void> {
    const opened = await this.deps.open();
    const early = this.early ?? [];
    this.early = undefined;
    if (opened.gone) {
      this.stopped = true;
      this.deps.onGone();
      return;
    }
    this.status = early.reduce((status, { change, now }) => change(status, now), opened.status);
    this.deps.show(this.status);
    await this.drain();
  }

  private writeSoon(): void {
    if (this.isWriting) return;
    this.writing = this.drain();
    this.writing.catch(() => undefined);
  }

  private async drain(): Promise<void> {
    this.isWriting = true;
    try {
      while (this.dirty && !this.stopped) {
        this.dirty = false;
        this.reports += 1;
        const run = this.status.run && { ...this.status.run, reports: this.reports };
        await this.deps.report({ status: { ...this.status, ...(run && { run }) } });
      }
    } finally {
      this.isWriting = false;
    }
  }
}
