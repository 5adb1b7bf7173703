import { describe, expect, it } from '@jest/globals';
import { untouched } from '../../../../model/fleet/report.ts';
import { AT_A_PACE, aStage, blocked, GENEROUS, of } from './stages.ts';

const failuresLeft = GENEROUS.maxFailures;
const start = (id: string, slots: number, news = {}) => ({ kind: 'start', id, seq: 1, slots, failuresLeft, ...news });
const grant = (id: string, seq: number, slots: number, news = {}) => ({
  kind: 'grant',
  id,
  seq,
  slots,
  failuresLeft,
  ...news,
});
const ready = (...parents: string[]) => ({ ready: parents, lost: [] });
const lost = (...parents: string[]) => ({ ready: [], lost: parents });

describe('Sites that were settled before the stage', () => {
  const SETTLED = { report: { ...untouched(0), ready: 3, held: 1 } };

  it('are not begun, and their shard counts as ended', () => {
    const stage = aStage({ waves: [[SETTLED, 2], [SETTLED]] });
    expect(stage.decide()).toEqual([start('b', 2)]);
    stage.ended('b', of(2, { ready: 2 }));
    expect([stage.decide(), stage.finished]).toEqual([[], true]);
    expect(stage.totals).toEqual({ ...untouched(0), ready: 8, held: 2 });
  });

  it('are all there is: the stage is finished', () => {
    const stage = aStage({ waves: [[SETTLED]], minSuccess: 3 });
    expect([stage.finished, stage.wave, stage.outcome()]).toEqual([true, undefined, { ok: true }]);
  });

  it('take no slots', () => {
    const stage = aStage({ waves: [[{ report: { ...untouched(2), ready: 8 } }, 5]], maxConcurrency: 4 });
    expect(stage.decide()).toEqual([start('a', 2), start('b', 2)]);
  });

  it('count for the ramp, and for what may fail', () => {
    const rampUp = { initial: 1, factor: 2 };
    const proven = aStage({ waves: [[{ report: { ...untouched(9), ready: 1 } }]], rampUp });
    expect(proven.decide()).toEqual([start('a', 2)]);
    const failed = aStage({ waves: [[{ report: { ...untouched(9), failed: 2 } }]], maxFailures: 1 });
    expect([failed.decide(), failed.finished]).toEqual([[], true]);
  });

  it('are not those that were in flight: these wait', () => {
    const stage = aStage({ waves: [[{ report: { ...untouched(1), inFlight: 2, ready: 1 } }]] });
    expect(stage.decide()).toEqual([start('a', 3)]);
    expect(stage.totals).toEqual({ ...untouched(3), ready: 1 });
  });
});

describe('Shards whose sites wait for parents', () => {
  it('are started when a parent is ready, with slots for its sites only', () => {
    const stage = aStage({ waves: [[blocked({ north: 2, south: 3 })]] });
    expect([stage.decide(), stage.finished]).toEqual([[], false]);
    stage.parents(ready('north'));
    expect(stage.decide()).toEqual([start('a', 2, { opened: ['north'] })]);
    expect(stage.decide()).toEqual([]);
  });

  it('are told while they run, with slots', () => {
    const stage = aStage({ waves: [[blocked({ north: 2, south: 3 }, { waiting: 1 })]] });
    expect(stage.decide()).toEqual([start('a', 1)]);
    stage.parents({ ready: ['south'], lost: ['north'] });
    expect(stage.decide()).toEqual([grant('a', 2, 4, { opened: ['south'], lost: ['north'] })]);
  });

  it('are told of lost parents at once while they run, whatever slots are free', () => {
    const stage = aStage({ waves: [[blocked({ north: 2, south: 3 }, { waiting: 1 })]], maxConcurrency: 1 });
    stage.decide();
    stage.parents(lost('north'));
    expect(stage.decide()).toEqual([grant('a', 2, 1, { lost: ['north'] })]);
  });

  it('are not started for lost parents alone while sites of them wait for others', () => {
    const stage = aStage({ waves: [[blocked({ north: 2, south: 3 })]] });
    stage.parents(lost('north'));
    expect(stage.decide()).toEqual([]);
    expect(stage.totals).toEqual({ ...untouched(0), blocked: 3, deferred: 2 });
    stage.parents(ready('south'));
    expect(stage.decide()).toEqual([start('a', 3, { opened: ['south'], lost: ['north'] })]);
  });

  it('are started without slots to write down that all their parents are lost, whatever the wave', () => {
    const stage = aStage({ waves: [[1], [blocked({ north: 2 })]] });
    stage.decide();
    stage.parents(lost('north'));
    expect(stage.decide()).toEqual([start('b', 0, { lost: ['north'] })]);
    stage.ended('a', of(1, { ready: 1 }));
    expect([stage.wave, stage.finished]).toEqual([undefined, false]);
    stage.ended('b', of(2, { deferred: 2 }));
    expect(stage.finished).toBe(true);
  });

  it('give their slots to others meanwhile, and get some back', () => {
    const stage = aStage({ waves: [[blocked({ north: 2 }, { waiting: 2 }), 4]], maxConcurrency: 2 });
    expect(stage.decide()).toEqual([start('a', 2)]);
    stage.report('a', { ...untouched(0), blocked: 2, ready: 2 }, 1);
    expect(stage.decide()).toEqual([start('b', 2)]);
    stage.parents(ready('north'));
    expect(stage.decide()).toEqual([]);
    stage.report('b', of(4, { inFlight: 1, ready: 3 }), 1);
    expect(stage.decide()).toEqual([grant('a', 2, 1, { opened: ['north'] })]);
  });

  it('are charged the slots until they are known to have heard of it', () => {
    const stage = aStage({ waves: [[blocked({ north: 2 }, { waiting: 1 }), 4]], maxConcurrency: 2 });
    stage.decide();
    stage.parents(ready('north'));
    stage.report('a', { ...untouched(0), blocked: 2, ready: 1 }, 1);
    expect(stage.decide()).toEqual([grant('a', 2, 1, { opened: ['north'] })]);
    const left = { ...untouched(0), ready: 1, skipped: 2 };
    stage.report('a', left, 1);
    expect(stage.decide()).toEqual([]);
    stage.report('a', left, 2);
    expect(stage.decide()).toEqual([grant('b', 2, 2)]);
  });

  it('hold the next wave', () => {
    const stage = aStage({ waves: [[blocked({ north: 1 })], [3]] });
    expect(stage.decide()).toEqual([]);
    stage.parents(ready('north'));
    expect(stage.decide()).toEqual([start('a', 1, { opened: ['north'] })]);
    stage.ended('a', of(1, { ready: 1 }));
    expect(stage.decide()).toEqual([start('b', 3)]);
  });

  it('are opened one at a time where starts are paced', () => {
    const north = blocked({ north: 1 }, { waiting: 1 });
    const stage = aStage({ waves: [[north, north]], paced: true });
    expect(stage.decide()).toEqual([start('a', 1, { terms: AT_A_PACE })]);
    stage.report('a', { ...untouched(0), blocked: 1, inFlight: 1 }, 1);
    expect(stage.decide()).toEqual([start('b', 1, { terms: AT_A_PACE })]);
    stage.parents(ready('north'));
    expect(stage.decide()).toEqual([grant('b', 2, 2, { opened: ['north'] })]);
    stage.report('b', { ...untouched(0), inFlight: 1, ready: 1 }, 2);
    expect(stage.decide()).toEqual([grant('a', 2, 2, { opened: ['north'] })]);
  });

  it('are opened no more after a breach', () => {
    const stage = aStage({ waves: [[2, blocked({ north: 1 })]], maxFailures: 0 });
    stage.decide();
    stage.ended('a', of(2, { ready: 1, failed: 1 }));
    stage.parents(ready('north'));
    expect([stage.decide(), stage.finished]).toEqual([[], true]);
  });

  it('count as failed, with what was blocked, when they are lost', () => {
    const stage = aStage({ waves: [[blocked({ north: 2 }, { waiting: 1 })]] });
    stage.decide();
    stage.ended('a');
    expect(stage.totals).toEqual({ ...untouched(0), failed: 3 });
  });
});

describe('What is said of a parent', () => {
  it.each([
    ['again', [ready('north'), ready('north')]],
    ['otherwise later', [ready('north'), lost('north')]],
    ['for sites that nobody waits for', [ready('west', 'constructor'), lost('east')]],
    ['when the shard has ended', [ready('north')]],
  ])('says nothing %s', (_, all) => {
    const stage = aStage({ waves: [[blocked({ north: 1 })], [1]] });
    stage.parents(ready('north'));
    stage.decide();
    stage.ended('a', of(1, { ready: 1 }));
    const { state } = stage;
    for (const news of all) stage.parents(news);
    expect(stage.state).toEqual(state);
  });
});
