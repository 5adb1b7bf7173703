import type { Clock } from '../../../kube/clock.ts';

/** Waits for nothing, and remembers how long it was asked to. */
export class InstantClock implements Clock {
  readonly delays: number[] = [];

  now(): number {
    return this.delays.reduce((sum, ms) => sum + ms, 0);
  }

  date(): Date {
    return new Date(this.now());
  }

  after(ms: number, fn: () => void): () => void {
    this.delays.push(ms);
    const turn = setImmediate(fn);
    return () => clearImmediate(turn);
  }
}
