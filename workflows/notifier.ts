import { CancellationScope, sleep } from '@temporalio/workflow';

export interface NotifierDeps {
  /** How far apart what is told should be, in ms. */
  gapMs: number;
  /** Tells what there is to tell now. */
  tell(): Promise<void>;
}

/**
 * Tells somebody of changes: one call under way at a time, what happens within the gap goes out together at its end,
 * and what cannot wait at once.
 */
export class Notifier {
  private readonly deps: NotifierDeps;
  /** When the gap before the next call began: at first the notifier itself. */
  private toldAt = Date.now();
  private dirty = false;
  private stopped = false;
  private gap: CancellationScope | undefined;
  private telling: Promise<void> | undefined;
  private urgent = false;

  constructor(deps: NotifierDeps) {
    this.deps = deps;
  }

  /** Something changed. */
  some(): void {
    this.dirty = true;
    this.telling ??= this.run().finally(() => {
      this.telling = undefined;
    });
    this.telling.catch(() => undefined); // ended by a cancellation: end() is what waits for it
  }

  /** Something changed that cannot wait. */
  soon(): void {
    this.urgent = true;
    this.gap?.cancel();
    this.some();
  }

  /** Nothing is told any more; resolves when what is under way has ended. */
  async end(): Promise<void> {
    this.stopped = true;
    this.gap?.cancel();
    await this.telling?.catch(() => undefined);
  }

  private async run(): Promise<void> {
    while (this.dirty && !this.stopped) {
      await this.passGap();
      if (this.stopped) return;
      this.dirty = false;
      this.urgent = false;
      this.toldAt = Date.now();
      await this.deps.tell();
    }
  }

  private async passGap(): Promise<void> {
    const left = this.toldAt + this.deps.gapMs - Date.now();
    if (this.urgent || left <= 0) return;
    const gap = new CancellationScope();
    this.gap = gap;
    try {
      await gap.run(() => sleep(left, { summary: 'gather what there is to report' }));
    } catch (error) {
      if (!this.urgent && !this.stopped) throw error;
    } finally {
      this.gap = undefined;
    }
  }
}
