import { workflowInfo } from '@temporalio/workflow';

/** Events at which nothing is waited for any more: Temporal ends a workflow of 50,000. */
const TOO_LONG = 20_000;

export interface Rest {
  /** Begins nothing further; what is under way may come to its end. */
  drain(): void;
  /** Stops what is under way, too. */
  interrupt(): void;
}

/**
 * A history has an end: work that goes on for months, or of which very much is said, moves on to a fresh run. That begins
 * nothing twice, so what is under way may come to its end first; only what goes on and on is stopped for it.
 */
export class LongHistory {
  private readonly rest: Rest;
  /** As {@link lengthNow}. */
  private told = 0;

  constructor(rest: Rest) {
    this.rest = rest;
  }

  /** There is something to {@link tell}: part of what its run waits for. */
  get hasNews(): boolean {
    return this.told < lengthNow();
  }

  /** Tells whoever is to rest, once each. */
  tell(): void {
    const length = Math.max(this.told, lengthNow());
    if (this.told < 1 && length >= 1) this.rest.drain();
    if (this.told < 2 && length >= 2) this.rest.interrupt();
    this.told = length;
  }
}

/** 1: long, 2: too long. */
function lengthNow(): number {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  if (historyLength > TOO_LONG) return 2;
  return continueAsNewSuggested ? 1 : 0;
}
