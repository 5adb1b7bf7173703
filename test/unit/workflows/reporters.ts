/** A reporter whose calls end when the test says so, and whose clock moves on a second with each look. */
import type { OpenedRun } from '../../../model/activities.ts';
import type { FogRolloutStatus } from '../../../model/types.ts';
import { Reporter, type ReportGap } from '../../../workflows/reporter.ts';

export const RUN = { workflowId: 'fogrollout/shop/web', runId: 'run-1', startedAt: '2026-11-22T10:00:00Z', reports: 1 };
export const PROVISIONAL: FogRolloutStatus = { observedGeneration: -1, phase: 'Progressing', run: RUN };
/** What the object's own status turns out to be: it knows of an earlier version. */
export const OWN: FogRolloutStatus = { ...PROVISIONAL, observedGeneration: 1, version: 'v1' };

/** Answers each call when the test says so, in the order of the calls. */
export class Answers<T> {
  readonly waiting: { resolve: (value: T) => void; reject: (error: unknown) => void }[] = [];

  ask(): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.waiting.push({ resolve, reject });
    return promise;
  }

  async give(value: T): Promise<void> {
    await ticks();
    this.waiting.shift()!.resolve(value);
    await ticks();
  }

  async fail(error: unknown): Promise<void> {
    await ticks();
    this.waiting.shift()!.reject(error);
    await ticks();
  }
}

interface Given {
  provisional?: FogRolloutStatus;
  openAtOnce?: boolean;
  gaps?: readonly [ReportGap, ...ReportGap[]];
  /** Left out: pauses pass at once. */
  pauses?: Answers<void>;
  position?: () => number;
  resumedAfter?: number;
  reopens?: boolean;
  unreported?: boolean;
}

export function aReporter({
  provisional = PROVISIONAL,
  openAtOnce = true,
  gaps = [onlyAfter(60_000)],
  pauses,
  position = () => 0,
  ...resumed
}: Given = {}) {
  const opening = new Answers<OpenedRun>();
  const writing = new Answers<void>();
  const reports: FogRolloutStatus[] = [];
  const shown: FogRolloutStatus[] = [];
  const seen = {
    gone: 0,
    openings: [] as object[],
    pauses: [] as number[],
    lasts: [] as boolean[],
    after: [] as number[],
  };
  let second = 0;
  const reporter = new Reporter({
    open: (how) => {
      seen.openings.push(how);
      return opening.ask();
    },
    report: ({ status, after, last }) => {
      reports.push(status);
      seen.after.push(after);
      seen.lasts.push(last);
      return writing.ask();
    },
    pause: (ms) => {
      seen.pauses.push(ms);
      return { done: pauses?.ask() ?? Promise.resolve(), cancel: () => pauses?.waiting.shift()?.resolve() };
    },
    position,
    ...resumed,
    startedAt: RUN.startedAt,
    provisional,
    openAtOnce,
    gaps,
    now: () => `2026-11-22T10:00:${String(++second).padStart(2, '0')}Z`,
    show: (status) => shown.push(status),
    onGone: () => {
      seen.gone++;
    },
  });
  const open = (status = OWN) => opening.give({ gone: false, status });
  return { reporter, opening, writing, reports, shown, seen, open };
}

/** A gap that news cuts no shorter. */
export const onlyAfter = (ms: number): ReportGap => ({ withNewsMs: ms, latestMs: ms });

export const version = (name: string) => (status: FogRolloutStatus) => ({ ...status, version: name });
export const phase = (name: FogRolloutStatus['phase']) => (status: FogRolloutStatus) => ({ ...status, phase: name });

/** Lets everything that is ready to go on do so. */
export async function ticks(): Promise<void> {
  for (let at = 0; at < 20; at++) await Promise.resolve();
}
