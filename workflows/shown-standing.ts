import type { RunMachine } from '../model/run/machine.ts';
import { isFree, standingOf, withStanding } from '../model/run/standing.ts';
import type { Work } from '../model/signals.ts';
import type { Reporter } from './reporter.ts';

/** Says on the object what holds a run, or lets it go on. */
export class ShownStanding {
  private readonly machine: RunMachine;
  private readonly reporter: Reporter;
  /** What was last said. */
  private shown: string | undefined;

  constructor(machine: RunMachine, reporter: Reporter) {
    this.machine = machine;
    this.reporter = reporter;
  }

  /**
   * While it is held, also what has come to its end meanwhile: nothing else may follow.
   *
   * @param now - RFC 3339
   */
  show(work: Work, now: string): void {
    if (work.kind !== 'rollout') return;
    const { machine, reporter } = this;
    const { revision, rollback } = work.change;
    const standing = standingOf(machine, { version: revision.version, rollback }, now);
    const text = JSON.stringify([standing, machine.isHeld(now) && machine.active]);
    if (text === this.shown) return;
    const isFirst = this.shown === undefined;
    this.shown = text;
    // So it opens; the run before may have said otherwise.
    if (isFirst && isFree(standing) && reporter.current.phase === standing.phase) return;
    reporter.update((status, at) => withStanding(status, standing, at));
  }
}
