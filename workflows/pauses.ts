import { CancellationScope, isCancellation } from '@temporalio/workflow';

/** Pauses between two rounds of steps that go on until nothing is left; cut short when somebody waits or has news. */
export class Pauses {
  private readonly scopes = new Set<CancellationScope>();
  private readonly isResting: () => boolean;
  /** Something was said of sites since the last round of a removal began. */
  private hasNews = false;

  constructor(isResting: () => boolean) {
    this.isResting = isResting;
  }

  /** Somebody waits. */
  end(): void {
    for (const scope of this.scopes) scope.cancel();
  }

  /** Something was said of sites. */
  heard(): void {
    this.hasNews = true;
    this.end();
  }

  /** @returns false when the run is to rest */
  async take(sleeping: () => Promise<void>): Promise<boolean> {
    if (this.isResting()) return false;
    const scope = new CancellationScope();
    this.scopes.add(scope);
    try {
      if (!this.hasNews) await scope.run(sleeping);
      return true;
    } catch (error) {
      if (isCancellation(error) && !CancellationScope.current().consideredCancelled) return !this.isResting();
      throw error;
    } finally {
      this.scopes.delete(scope);
      this.hasNews = false;
    }
  }
}
