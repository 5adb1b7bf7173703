import { describe, expect, it } from '@jest/globals';
import { Answers, aReporter, onlyAfter, PROVISIONAL, phase, ticks, version } from './reporters.ts';

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

describe('A reporter’s gap', () => {
  it('is kept from the report before, not from what happens', async () => {
    const { reporter, writing, seen, open } = aReporter({ gaps: [onlyAfter(10_000)] }); // the clock moves on a second a look
    await open();
    reporter.update(version('v2'));
    await writing.give();
    for (let at = 0; at < 3; at++) reporter.amend(version('v3'));
    reporter.update(version('v4'));
    await writing.give();
    const [first, second] = seen.pauses;
    expect(first).toBeLessThan(10_000);
    expect(second).toBeLessThan(first!);
    expect(second).toBeGreaterThan(0);
  });

  it('is another one after the first', async () => {
    const { reporter, writing, seen, open } = aReporter({ gaps: [onlyAfter(10_000), onlyAfter(50_000)] });
    await open();
    for (const said of ['v2', 'v3', 'v4']) {
      reporter.update(version(said));
      await writing.give();
    }
    const [first, ...later] = seen.pauses;
    expect(first).toBeLessThan(10_000);
    expect(later.map((ms) => ms > 10_000 && ms < 50_000)).toEqual([true, true]);
  });

  it('that has passed already is not waited for', async () => {
    const { reporter, writing, reports, seen, open } = aReporter({ gaps: [onlyAfter(2_000)] });
    await open();
    for (let at = 0; at < 3; at++) reporter.amend(version('v2'));
    reporter.update(version('v3'));
    await writing.give();
    expect(seen.pauses).toEqual([]);
    expect(reports).toHaveLength(1);
  });
});

describe('Within a gap', () => {
  it('news that comes early waits for its end, and later news takes it along', async () => {
    const gaps = [{ withNewsMs: 8_000, latestMs: 60_000 }] as const; // the clock moves on a second a look
    const pauses = new Answers<void>();
    const { reporter, reports, seen, open } = aReporter({ pauses, gaps });
    await open();
    reporter.update(version('v2'));
    await ticks();
    expect(seen.pauses.map((ms) => ms > 50_000 && ms <= 60_000)).toEqual([true]);
    reporter.update(version('v3'));
    await ticks();
    expect(reports).toEqual([]);
    for (let at = 0; at < 4; at++) reporter.amend(version('v4')); // what can wait starts no report
    await ticks();
    expect(reports).toEqual([]);
    reporter.update(version('v5'));
    await ticks();
    expect(reports.map((status) => status.version)).toEqual(['v5']);
  });

  it('nothing is lost that happens while a report is under way: it begins the next gap', async () => {
    const gaps = [
      { withNewsMs: 0, latestMs: 0 },
      { withNewsMs: 30_000, latestMs: 60_000 },
    ] as const;
    const pauses = new Answers<void>();
    const { reporter, writing, reports, seen, open } = aReporter({ pauses, gaps });
    await open();
    reporter.update(version('v2'));
    await ticks();
    reporter.update(version('v3'));
    await writing.give();
    await ticks();
    expect(reports.map((status) => status.version)).toEqual(['v2']);
    expect(seen.pauses).toHaveLength(1);
    await pauses.give();
    expect(reports.map((status) => status.version)).toEqual(['v2', 'v3']);
  });
});

describe('A reporter of an object without a status', () => {
  it('opens the run with what there is, after the gap', async () => {
    const pauses = new Answers<void>();
    const { reporter, reports, seen, open } = aReporter({ pauses, openAtOnce: false });
    reporter.amend(version('v2'));
    await ticks();
    expect(seen.openings).toEqual([]);
    await pauses.give();
    await open();
    expect(seen.openings).toMatchObject([{ status: { version: 'v2' }, last: false }]);
    expect(reports).toEqual([]);
    expect(reporter.current.version).toBe('v2');
  });

  it('opens a run that is quicker than the gap at its end, and reports it once', async () => {
    const pauses = new Answers<void>();
    const { reporter, reports, seen, open } = aReporter({ pauses, openAtOnce: false });
    reporter.update(phase('Succeeded'));
    const settled = reporter.settled();
    await open();
    await settled;
    expect(seen.openings).toMatchObject([{ status: { phase: 'Succeeded' }, last: true }]);
    expect(reports).toEqual([]);
  });

  it('reports as the second what happened while the run was being opened', async () => {
    const pauses = new Answers<void>();
    const { reporter, writing, reports, open } = aReporter({ pauses, openAtOnce: false });
    await pauses.give();
    reporter.update(version('v3'));
    const settled = reporter.settled();
    await open();
    await writing.give();
    await settled;
    expect(reports).toMatchObject([{ version: 'v3', run: { reports: 2 } }]);
  });

  it('is opened when what it is about by now is, without waiting for what happens beside that', async () => {
    const { reporter, writing, open, seen } = aReporter({ pauses: new Answers<void>() });
    await open();
    reporter.reopen(version('v2'));
    let isOpened = 0;
    void reporter.opened().then(() => isOpened++);
    await ticks();
    reporter.reopen(version('v3')); // while it is opened as v2
    reporter.update(phase('Failed'));
    await open();
    await ticks();
    expect([isOpened, seen.openings.length]).toEqual([0, 3]);
    reporter.update(phase('Succeeded'));
    await open();
    expect([isOpened, writing.waiting.length]).toEqual([1, 0]);
  });

  it('opens a run that goes on with the one before only where that had no time to', async () => {
    const steady = aReporter({ resumedAfter: 7 });
    await steady.reporter.opened();
    expect(steady.seen.openings).toEqual([]);
    const { reporter, open, seen } = aReporter({ resumedAfter: 7, reopens: true });
    expect(reporter.mustOpen).toBe(true);
    const opened = reporter.opened();
    await open();
    await opened;
    expect(seen.openings).toMatchObject([{ number: 8, status: PROVISIONAL }]);
    expect(reporter.mustOpen).toBe(false);
  });

  it('writes in the run that goes on what the one before had no time to', async () => {
    const pauses = new Answers<void>();
    const { reporter, open, reports } = aReporter({ pauses });
    await open();
    expect(reporter.hasNews).toBe(false);
    reporter.update(version('v2'));
    await ticks();
    reporter.stop();
    await reporter.settled();
    expect([reports, reporter.hasNews]).toEqual([[], true]);
    const provisional = reporter.current;
    const next = aReporter({ provisional, resumedAfter: reporter.reports, unreported: reporter.hasNews });
    await ticks();
    expect(next.reports).toMatchObject([{ version: 'v2', run: { reports: 2 } }]);
    await next.writing.give();
    expect(next.reporter.hasNews).toBe(false);
  });

  it('opens the run again with its last word, when it could not be opened before', async () => {
    const { reporter, opening, seen, open } = aReporter({ openAtOnce: false });
    await opening.fail(new Error('Hub is away'));
    reporter.stop();
    const last = reporter.lastWord(phase('Failed'));
    await open();
    await last;
    expect(seen.openings).toMatchObject([{ last: false }, { status: { phase: 'Failed' }, last: true }]);
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
