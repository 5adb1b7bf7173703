import { describe, expect, it } from '@jest/globals';
import { aLayer } from '../model/builders.ts';
import { aReporter, OWN, PROVISIONAL, phase, RUN, ticks, version } from './reporters.ts';

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

  it('numbers them by where the run is: what is done again after it was lost comes after what was said then', async () => {
    let position = 46;
    const { reporter, writing, reports, seen, open } = aReporter({ position: () => position });
    await open();
    expect(seen.openings).toMatchObject([{ number: 46 }]);
    for (const at of [46, 51]) {
      position = at;
      reporter.update(version(`v${at}`));
      await writing.give();
    }
    expect(reports.map(({ run }) => run?.reports)).toEqual([47, 51]);
    expect(seen.after).toEqual([46, 47]);
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
    const { version: known, layers } = reporter.current;
    expect(known).toBeUndefined();
    await ticks();
    expect(reports).toEqual([]);
    await open();
    await ticks();
    expect(reports).toMatchObject([{ version: 'v1', observedGeneration: 1, layers }]);
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
