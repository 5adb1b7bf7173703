import { describe, expect, it } from '@jest/globals';
import type { OpenedRun } from '../../../model/activities.ts';
import type { FogRolloutStatus } from '../../../model/types.ts';
import { Reporter } from '../../../workflows/reporter.ts';
import { aLayer } from '../model/builders.ts';

const RUN = { workflowId: 'fogrollout/shop/web', runId: 'run-1', startedAt: '2026-11-22T10:00:00Z', reports: 1 };
const PROVISIONAL: FogRolloutStatus = { observedGeneration: -1, phase: 'Progressing', run: RUN };
/** What the object's own status turns out to be: it knows of an earlier version. */
const OWN: FogRolloutStatus = { ...PROVISIONAL, observedGeneration: 1, version: 'v1' };

/** Answers each call when the test says so, in the order of the calls. */
class Answers<T> {
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
  /** Left out: pauses pass at once. */
  pauses?: Answers<void>;
}

function aReporter({ provisional = PROVISIONAL, openAtOnce = true, pauses }: Given = {}) {
  const opening = new Answers<OpenedRun>();
  const writing = new Answers<void>();
  const reports: FogRolloutStatus[] = [];
  const shown: FogRolloutStatus[] = [];
  const seen = { gone: 0, openings: [] as object[], lasts: [] as boolean[] };
  let second = 0;
  const reporter = new Reporter({
    open: (how) => {
      seen.openings.push(how);
      return opening.ask();
    },
    report: ({ status, last }) => {
      reports.push(status);
      seen.lasts.push(last);
      return writing.ask();
    },
    pause: () => ({ done: pauses?.ask() ?? Promise.resolve(), cancel: () => pauses?.waiting.shift()?.resolve() }),
    provisional,
    openAtOnce,
    now: () => `2026-11-22T10:00:${String(++second).padStart(2, '0')}Z`,
    show: (status) => shown.push(status),
    onGone: () => {
      seen.gone++;
    },
  });
  const open = (status = OWN) => opening.give({ gone: false, status });
  return { reporter, opening, writing, reports, shown, seen, open };
}

const version = (name: string) => (status: FogRolloutStatus) => ({ ...status, version: name });
const phase = (name: FogRolloutStatus['phase']) => (status: FogRolloutStatus) => ({ ...status, phase: name });

describe('A reporter', () => {
  it('has one report under way at a time, and sends what happened meanwhile as the next', async () => {
    const { reporter, writing, reports, open } = aReporter();
    await open();
    reporter.update(version('v2'));
    await ticks();
    reporter.update(version('v3'));
    reporter.update(version('v4'));
    expect(reports.map((status) => status.version)).toEqual(['v2']);
    await writing.give();
    await ticks();
    expect(reports.map((status) => status.version)).toEqual(['v2', 'v4']);
    await writing.give();
    await ticks();
    expect(reports).toHaveLength(2);
    await reporter.settled();
  });

  it('numbers its reports, the opening one being the first', async () => {
    const { reporter, writing, reports, open } = aReporter();
    await open();
    reporter.update(version('v2'));
    await writing.give();
    reporter.update(version('v3'));
    await writing.give();
    await ticks();
    expect(reports.map(({ run }) => run)).toEqual([
      { ...RUN, reports: 2 },
      { ...RUN, reports: 3 },
    ]);
  });

  it('writes nothing for an amendment, until something else is written', async () => {
    const { reporter, reports, open } = aReporter();
    await open();
    reporter.amend(version('v2'));
    await reporter.settled();
    await ticks();
    expect(reports).toEqual([]);
    reporter.update(phase('Succeeded'));
    await ticks();
    expect(reports).toMatchObject([{ version: 'v2', phase: 'Succeeded' }]);
  });

  it('makes what happened early again on top of the object’s own status, at the time it happened', async () => {
    const { reporter, reports, open } = aReporter();
    reporter.amend((status, now) => ({ ...status, layers: [aLayer('cloud', { startedAt: now })] }));
    reporter.update((status, now) => ({ ...status, layers: [...status.layers!, aLayer('fog', { startedAt: now })] }));
    await ticks();
    expect(reports).toEqual([]);
    expect(reporter.current.version).toBeUndefined();
    await open();
    await ticks();
    expect(reports).toMatchObject([
      {
        version: 'v1',
        observedGeneration: 1,
        layers: [{ startedAt: '2026-11-22T10:00:01Z' }, { startedAt: '2026-11-22T10:00:02Z' }],
      },
    ]);
  });

  it('reports nothing after opening when nothing but amendments were made', async () => {
    const { reporter, reports, open } = aReporter();
    reporter.amend(version('v2'));
    await open();
    await reporter.settled();
    await ticks();
    expect(reports).toEqual([]);
    expect(reporter.current.version).toBe('v2');
  });

  it('shows every status: the provisional one, each change, and the object’s own', async () => {
    const { reporter, shown, open } = aReporter();
    reporter.amend(version('v2'));
    await open();
    reporter.update(version('v3'));
    expect(shown.map((status) => [status.observedGeneration, status.version])).toEqual([
      [-1, undefined],
      [-1, 'v2'],
      [1, 'v2'],
      [1, 'v3'],
    ]);
  });

  it('says when the object is gone, and reports nothing any more', async () => {
    const { reporter, opening, reports, seen } = aReporter();
    reporter.update(version('v2'));
    await opening.give({ gone: true });
    reporter.update(version('v3'));
    await reporter.settled();
    expect(seen.gone).toBe(1);
    await ticks();
    expect(reports).toEqual([]);
  });

  it('settles only when what was recorded last is written', async () => {
    const { reporter, writing, open } = aReporter();
    let isSettled = false;
    const settled = reporter.settled().then(() => {
      isSettled = true;
    });
    reporter.update(version('v2'));
    await open();
    reporter.update(version('v3'));
    await writing.give();
    expect(isSettled).toBe(false);
    await writing.give();
    await settled;
  });

  it('begins no report once stopped, but lets the one under way finish', async () => {
    const { reporter, writing, reports, open } = aReporter();
    await open();
    reporter.update(version('v2'));
    await ticks();
    reporter.update(version('v3'));
    reporter.stop();
    await writing.give();
    await reporter.settled();
    await ticks();
    expect(reports.map((status) => status.version)).toEqual(['v2']);
  });

  it('has a last word although it was stopped, with all that was not written', async () => {
    const { reporter, writing, reports, open } = aReporter();
    await open();
    reporter.update(version('v2'));
    await ticks();
    reporter.update(version('v3'));
    reporter.stop();
    await writing.give();
    const last = reporter.lastWord(phase('Failed'));
    await ticks();
    await writing.give();
    await last;
    await ticks();
    expect(reports[1]).toMatchObject({ version: 'v3', phase: 'Failed' });
  });

  it('learns the object’s own status before its last word: it must not overwrite it', async () => {
    const { reporter, opening, writing, reports, open } = aReporter();
    await opening.fail(new Error('Cancelled'));
    reporter.stop();
    const last = reporter.lastWord(phase('Failed'));
    await open();
    await writing.give();
    await last;
    expect(reports).toMatchObject([{ version: 'v1', phase: 'Failed' }]);
  });

  it('hands a failing report on to who waits for it, and to nobody else', async () => {
    const { reporter, writing, open } = aReporter();
    await open();
    reporter.update(version('v2'));
    await writing.fail(new Error('Hub is away'));
    await expect(reporter.settled()).rejects.toThrow('Hub is away');
  });

  it('goes on reporting after one that failed', async () => {
    const { reporter, writing, reports, open } = aReporter();
    await open();
    reporter.update(version('v2'));
    await writing.fail(new Error('Hub is away'));
    reporter.update(version('v3'));
    await writing.give();
    await reporter.settled();
    await ticks();
    expect(reports.map((status) => status.version)).toEqual(['v2', 'v3']);
  });

  it('fails to settle when the run could not be opened', async () => {
    const { reporter, opening } = aReporter();
    await opening.fail(new Error('Hub is away'));
    await expect(reporter.settled()).rejects.toThrow('Hub is away');
  });

  it('carries over only the layers it touched, until it knows the others', async () => {
    const untouched = aLayer('fog');
    const touched = aLayer('cloud', { phase: 'Progressing', startedAt: '2026-11-22T10:00:00Z' });
    const { reporter, open } = aReporter({ provisional: { ...PROVISIONAL, layers: [touched, untouched] } });
    expect(reporter.carried).toEqual([touched]);
    await open({ ...OWN, layers: [touched, untouched] });
    expect(reporter.carried).toEqual([touched, untouched]);
  });
});

describe('A reporter’s pauses', () => {
  it('gather what happens meanwhile in one report', async () => {
    const pauses = new Answers<void>();
    const { reporter, reports, open } = aReporter({ pauses });
    await open();
    reporter.update(version('v2'));
    reporter.update(version('v3'));
    await ticks();
    expect(reports).toEqual([]);
    await pauses.give();
    expect(reports.map((status) => status.version)).toEqual(['v3']);
  });

  it('end with the run, whose last report says that it is the last', async () => {
    const pauses = new Answers<void>();
    const { reporter, writing, reports, seen, open } = aReporter({ pauses });
    await open();
    reporter.update(version('v2'));
    await ticks();
    const settled = reporter.settled();
    await writing.give();
    await settled;
    expect(reports.map((status) => status.version)).toEqual(['v2']);
    expect(seen.lasts).toEqual([true]);
  });

  it('end when it is stopped, and then nothing is reported', async () => {
    const pauses = new Answers<void>();
    const { reporter, reports, open } = aReporter({ pauses });
    await open();
    reporter.update(version('v2'));
    await ticks();
    reporter.stop();
    await reporter.settled();
    expect(reports).toEqual([]);
  });
});

describe('A reporter of an object without a status', () => {
  const OPENED: FogRolloutStatus = { ...OWN, run: { ...RUN, reports: 0 } };

  it('opens the run after a pause, and reports at once what there is', async () => {
    const pauses = new Answers<void>();
    const { reporter, writing, reports, seen, open } = aReporter({ pauses, openAtOnce: false });
    reporter.amend(version('v2'));
    await ticks();
    expect(seen.openings).toEqual([]);
    await pauses.give();
    await open(OPENED);
    await writing.give();
    expect(seen.openings).toEqual([{ write: false, last: false }]);
    expect(reports).toMatchObject([{ version: 'v2', run: { reports: 1 } }]);
  });

  it('opens a run that is quicker than the pause at its end, and reports it once', async () => {
    const pauses = new Answers<void>();
    const { reporter, writing, reports, seen, open } = aReporter({ pauses, openAtOnce: false });
    reporter.update(phase('Succeeded'));
    const settled = reporter.settled();
    await open(OPENED);
    await writing.give();
    await settled;
    expect(seen.openings).toEqual([{ write: false, last: true }]);
    expect(reports).toMatchObject([{ phase: 'Succeeded', run: { reports: 1 } }]);
    expect(seen.lasts).toEqual([true]);
  });

  it('never opens a run that was superseded before', async () => {
    const pauses = new Answers<void>();
    const { reporter, seen } = aReporter({ pauses, openAtOnce: false });
    reporter.update(version('v2'));
    reporter.stop();
    await reporter.settled();
    expect(seen.openings).toEqual([]);
  });
});

/** Lets everything that is ready to go on do so. */
async function ticks(): Promise<void> {
  for (let at = 0; at < 20; at++) await Promise.resolve();
}
