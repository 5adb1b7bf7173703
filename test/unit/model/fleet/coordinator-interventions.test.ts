import { describe, expect, it } from '@jest/globals';
import type { StageLimits } from '../../../../model/fleet/coordinator.ts';
import { untouched } from '../../../../model/fleet/report.ts';
import { AT_A_PACE, aStage, blocked, GENEROUS, of } from './stages.ts';

const failuresLeft = GENEROUS.maxFailures;
const start = (id: string, slots: number, more = {}) => ({ kind: 'start', id, seq: 1, slots, failuresLeft, ...more });
const grant = (id: string, seq: number, slots: number, more = {}) => ({
  kind: 'grant',
  id,
  seq,
  slots,
  failuresLeft,
  ...more,
});
const halt = (id: string) => ({ kind: 'halt', id });

/** Limits as those of {@link aStage}, but for what is told. */
function limits({ terms = {}, ...budget }: Partial<StageLimits['budget'] & StageLimits> = {}): StageLimits {
  return { budget: { ...GENEROUS, ...budget }, terms };
}

describe('A stage that is stopped', () => {
  it('halts what runs, begins no shard, and finishes when those have ended', () => {
    const stage = aStage({ waves: [[2, 2], [2]], maxConcurrency: 2 });
    expect(stage.decide()).toEqual([start('a', 2)]);
    stage.stop();
    expect([stage.decide(), stage.decide(), stage.finished]).toEqual([[halt('a')], [], false]);
    stage.ended('a', of(2, { ready: 1 }));
    expect([stage.decide(), stage.finished]).toEqual([[], true]);
    expect(stage.outcome()).toMatchObject({ reason: 'TooFewReady', message: '5 of 6 sites did not come to an end' });
  });

  it('before it has begun is finished at once', () => {
    const stage = aStage({ waves: [[2]] });
    stage.stop();
    expect([stage.decide(), stage.finished]).toEqual([[], true]);
  });

  it('opens nothing for parents that become ready then', () => {
    const stage = aStage({ waves: [[blocked({ north: 1 }, { waiting: 1 })]] });
    stage.decide();
    stage.stop();
    stage.parents({ ready: ['north'], lost: [] });
    expect(stage.decide()).toEqual([halt('a')]);
  });
});

describe('A stage that is held', () => {
  it('takes back what was not begun, begins no shard, and goes on where it was when it is let', () => {
    const stage = aStage({ waves: [[3, 3]], maxConcurrency: 4 });
    expect(stage.decide()).toEqual([start('a', 3), start('b', 1)]);
    stage.report('a', of(3, { inFlight: 1 }), 1);
    stage.hold(true);
    expect([stage.decide(), stage.decide()]).toEqual([[grant('a', 2, 0), grant('b', 2, 0)], []]);
    stage.report('a', of(3, { ready: 1 }), 2);
    stage.report('b', of(3, {}), 2);
    expect([stage.decide(), stage.finished]).toEqual([[], false]);
    stage.hold(false);
    expect(stage.decide()).toEqual([grant('a', 3, 2), grant('b', 3, 2)]);
  });

  it('opens nothing meanwhile, and what became ready then once, when it is let', () => {
    const stage = aStage({ waves: [[blocked({ north: 1 }, { waiting: 1 })]], maxConcurrency: 4 });
    stage.decide();
    stage.report('a', { ...untouched(0), blocked: 1, inFlight: 1 }, 1);
    stage.hold(true);
    stage.parents({ ready: ['north'], lost: [] });
    expect(stage.decide()).toEqual([grant('a', 2, 0)]);
    stage.hold(false);
    expect(stage.decide()).toEqual([grant('a', 3, 2, { opened: ['north'] })]);
  });

  it('before it has begun begins when it is let', () => {
    const stage = aStage({ waves: [[2]] });
    stage.hold(true);
    expect([stage.decide(), stage.finished]).toEqual([[], false]);
    stage.hold(false);
    expect(stage.decide()).toEqual([start('a', 2)]);
  });

  it('tells of lost parents all the same', () => {
    const stage = aStage({ waves: [[blocked({ north: 1 }, { waiting: 1 })]] });
    stage.decide();
    stage.hold(true);
    stage.decide();
    stage.parents({ ready: [], lost: ['north'] });
    expect(stage.decide()).toEqual([grant('a', 3, 0, { lost: ['north'] })]);
  });

  it('may be stopped, and is finished then', () => {
    const stage = aStage({ waves: [[2], [2]] });
    stage.hold(true);
    stage.stop();
    expect([stage.decide(), stage.finished]).toEqual([[], true]);
  });
});

describe('A stage whose rest is to be planned anew', () => {
  it('goes on to the end of the wave under way, and is spent then', () => {
    const stage = aStage({ waves: [[2], [1]], maxConcurrency: 1 });
    stage.decide();
    stage.replan();
    stage.report('a', of(2, { ready: 1 }), 1);
    expect([stage.decide(), stage.isSpent, stage.lastWave]).toEqual([[], false, 0]);
    stage.ended('a', of(2, { ready: 2 }));
    stage.replan(); // said again, it keeps no further wave
    expect([stage.decide(), stage.isSpent, stage.finished]).toEqual([[], true, false]);
  });

  it('in its last wave only ends what is under way', () => {
    const stage = aStage({ waves: [[1], [3, 3]], maxConcurrency: 2 });
    stage.decide();
    stage.ended('a', of(1, { ready: 1 }));
    expect(stage.decide()).toEqual([start('b', 2)]);
    stage.report('b', of(3, { inFlight: 2 }), 1);
    stage.replan();
    expect([stage.decide(), stage.decide(), stage.isSpent]).toEqual([[halt('b')], [], false]);
    stage.report('b', of(3, { inFlight: 1, ready: 1 }), 1);
    expect([stage.decide(), stage.isSpent]).toEqual([[], false]);
    stage.ended('b', of(3, { ready: 2 }));
    expect([stage.decide(), stage.isSpent, stage.finished]).toEqual([[], true, false]);
  });

  it('in a later wave goes on to the end of that one, of whose shards some are not begun yet', () => {
    const stage = aStage({ waves: [[1], [2, 2], [1]], maxConcurrency: 1 });
    stage.decide();
    stage.ended('a', of(1, { ready: 1 }));
    expect(stage.decide()).toEqual([start('b', 1)]);
    stage.replan();
    expect([stage.lastWave, stage.isSpent]).toEqual([1, false]);
    stage.ended('b', of(2, { ready: 2 }));
    expect([stage.decide(), stage.isSpent]).toEqual([[start('c', 1)], false]);
    stage.ended('c', of(2, { ready: 2 }));
    expect([stage.decide(), stage.isSpent, stage.lastWave]).toEqual([[], true, 1]);
  });

  it('asked again in a wave that is left keeps none of it', () => {
    const stage = aStage({ waves: [[1], [1], [1]] });
    stage.decide();
    stage.replan();
    stage.ended('a', of(1, { ready: 1 }));
    stage.replan();
    expect([stage.decide(), stage.isSpent, stage.lastWave]).toEqual([[], true, 0]);
  });

  it('while it is held is not spent before its wave is over: nothing runs, and that is to come yet', () => {
    const stage = aStage({ waves: [[1], [1]] });
    stage.hold(true);
    stage.replan();
    expect([stage.decide(), stage.isSpent]).toEqual([[], false]);
    stage.hold(false);
    expect(stage.decide()).toEqual([start('a', 1)]);
  });

  it('opens nothing to who is to end, whose sites are taken out or whose parents are lost', () => {
    const stage = aStage({ waves: [[blocked({ north: 1, south: 1 }, { waiting: 1, inFlight: 0 })]] });
    stage.decide();
    stage.replan();
    stage.decide();
    stage.parents({ ready: ['north'], lost: ['south'] });
    expect([stage.decide(), stage.decide()]).toEqual([[grant('a', 2, 1, { lost: ['south'] })], []]);
  });

  it('counts a wave that nothing is left to do after as the last', () => {
    const stage = aStage({ waves: [[2], [{ report: { ...untouched(0), ready: 2 } }]] });
    stage.decide();
    stage.replan();
    expect(stage.decide()).toEqual([halt('a')]);
  });

  it('is planned anew also where all had begun: who has a part may be others', () => {
    const stage = aStage({ waves: [[1]] });
    stage.decide();
    stage.report('a', of(1, { inFlight: 1 }), 1);
    stage.replan();
    stage.decide();
    stage.ended('a', of(1, { ready: 1 }));
    expect([stage.isSpent, stage.finished]).toEqual([true, false]);
  });

  it('before it has begun is spent at once, where it has one wave', () => {
    const stage = aStage({ waves: [[1]] });
    stage.replan();
    expect([stage.decide(), stage.isSpent]).toEqual([[], true]);
  });

  it('tells who is to end of sites that are taken out meanwhile', () => {
    const stage = aStage({ waves: [[2]] });
    stage.decide();
    stage.report('a', of(2, { inFlight: 2 }), 1);
    stage.replan();
    stage.decide();
    stage.skip('a', [1]);
    expect([stage.decide(), stage.decide()]).toEqual([[grant('a', 2, 2, { skip: [1] })], []]);
  });

  it('is finished, and not planned anew, when it is stopped or too many fail', () => {
    const stage = aStage({ waves: [[2], [1]], maxFailures: 0 });
    stage.decide();
    stage.replan();
    stage.report('a', of(2, { inFlight: 1, failed: 1 }), 1);
    expect(stage.decide()).toEqual([halt('a')]);
    stage.ended('a', of(2, { ready: 1, failed: 1 }));
    expect([stage.decide(), stage.isSpent, stage.finished, stage.outcome().ok]).toEqual([[], false, true, false]);
  });

  it('goes on the same from its state', () => {
    const stage = aStage({ waves: [[1], [1]] });
    stage.replan();
    expect(JSON.parse(JSON.stringify(stage.state))).toMatchObject({ lastWave: 0 });
  });
});

describe('Sites that are taken out', () => {
  it('are told at once where their shard runs, whatever slots are free, and once', () => {
    const stage = aStage({ waves: [[3]], maxConcurrency: 1 });
    stage.decide();
    stage.skip('a', [1, 2]);
    stage.skip('a', [2]);
    expect([stage.decide(), stage.decide()]).toEqual([[grant('a', 2, 1, { skip: [1, 2] })], []]);
  });

  it('are told with the first word where it does not run yet', () => {
    const stage = aStage({ waves: [[1], [2]] });
    stage.decide();
    stage.skip('b', [0]);
    expect(stage.decide()).toEqual([]);
    stage.ended('a', of(1, { ready: 1 }));
    expect(stage.decide()).toEqual([start('b', 2, { skip: [0] })]);
  });

  it('say nothing of a shard that has ended, or is none', () => {
    const stage = aStage({ waves: [[1]] });
    stage.decide();
    stage.ended('a', of(1, { ready: 1 }));
    stage.skip('a', [0]);
    stage.skip('z', [0]);
    expect([stage.decide(), stage.finished]).toEqual([[], true]);
  });
});

describe('Other limits', () => {
  it('that are lower take back what was not begun, of whoever has it, and no more is started before there is room', () => {
    const stage = aStage({ waves: [[4, 4, 4]], maxConcurrency: 8 });
    expect(stage.decide()).toEqual([start('a', 4), start('b', 4)]);
    stage.report('a', of(4, { inFlight: 4 }), 1);
    stage.report('b', of(4, { inFlight: 1 }), 1);
    stage.adjust(limits({ maxConcurrency: 3 }));
    // Four are under way at a, and b may have begun the others before it hears of it.
    expect([stage.decide(), stage.decide()]).toEqual([[grant('a', 2, 0), grant('b', 2, 0)], []]);
    stage.report('b', of(4, { ready: 1 }), 2);
    stage.report('a', of(4, { inFlight: 2, ready: 2 }), 2);
    expect(stage.decide()).toEqual([grant('b', 3, 1)]);
    stage.ended('a', of(4, { ready: 4 }));
    expect(stage.decide()).toEqual([grant('b', 4, 3)]);
  });

  it('that were lowered while nobody had begun anything keep nobody waiting once all have heard', () => {
    const stage = aStage({ waves: [[3, 2]], maxConcurrency: 5 });
    stage.decide();
    stage.hold(true);
    stage.decide();
    stage.adjust(limits({ maxConcurrency: 1 }));
    stage.hold(false);
    expect(stage.decide()).toEqual([]);
    stage.report('a', of(3, {}), 2);
    expect(stage.decide()).toEqual([grant('b', 3, 1)]);
    stage.report('b', of(2, {}), 2);
    expect(stage.decide()).toEqual([]);
    stage.ended('b', of(2, { ready: 2 }));
    expect(stage.decide()).toEqual([grant('a', 3, 1)]);
  });

  it('that are higher are given away at once', () => {
    const stage = aStage({ waves: [[4, 4]], maxConcurrency: 1 });
    stage.decide();
    stage.adjust(limits({ maxConcurrency: 6 }));
    expect(stage.decide()).toEqual([grant('a', 2, 4), start('b', 2)]);
  });

  it('with starts paced from now on leave them to one shard', () => {
    const stage = aStage({ waves: [[4, 4]], maxConcurrency: 4 });
    expect(stage.decide()).toEqual([start('a', 4)]);
    stage.adjust(limits({ maxConcurrency: 8 }));
    expect(stage.decide()).toEqual([start('b', 4)]);
    stage.adjust(limits({ maxConcurrency: 8, terms: AT_A_PACE }));
    const told = { terms: AT_A_PACE };
    expect([stage.decide(), stage.decide()]).toEqual([[grant('a', 2, 4, told), grant('b', 2, 0, told)], []]);
    stage.report('a', of(4, { inFlight: 4 }), 1);
    stage.report('b', of(4, { inFlight: 1 }), 2);
    expect(stage.decide()).toEqual([grant('b', 3, 4)]);
  });

  it('with other terms are told at once, once, to whoever has sites to start yet, whoever they wait for', () => {
    const stage = aStage({ waves: [[2, blocked({ north: 1 }, { waiting: 1 }), 2]], maxConcurrency: 5 });
    expect(stage.decide()).toEqual([start('a', 2), start('b', 1), start('c', 2)]);
    stage.report('a', of(2, { ready: 2 }), 1);
    stage.report('b', { ...untouched(0), blocked: 1, ready: 1 }, 1);
    const terms = { site: { progressDeadlineSeconds: 9, offline: { policy: 'Wait' as const, afterSeconds: 60 } } };
    stage.adjust(limits({ maxConcurrency: 5, terms }));
    expect([stage.decide(), stage.decide()]).toEqual([[grant('b', 2, 0, { terms }), grant('c', 2, 2, { terms })], []]);
    stage.adjust(limits({ maxConcurrency: 5 }));
    expect(stage.decide()).toEqual([grant('b', 3, 0, { terms: {} }), grant('c', 3, 2, { terms: {} })]);
  });

  it('with other terms are what a later shard starts by', () => {
    const stage = aStage({ waves: [[1], [1]], paced: true });
    expect(stage.decide()).toEqual([start('a', 1, { terms: AT_A_PACE })]);
    stage.ended('a', of(1, { ready: 1 }));
    stage.adjust(limits({ terms: { paceMs: 5 } }));
    expect(stage.decide()).toEqual([start('b', 1, { terms: { paceMs: 5 } })]);
  });

  it('that let more sites fail are told at once: a shard with too many goes on', () => {
    const stage = aStage({ waves: [[4]], maxConcurrency: 2, maxFailures: 0 });
    expect(stage.decide()).toEqual([start('a', 2, { failuresLeft: 0 })]);
    stage.adjust(limits({ maxConcurrency: 2, maxFailures: 2 }));
    expect([stage.decide(), stage.decide()]).toEqual([[grant('a', 2, 2, { failuresLeft: 2 })], []]);
    stage.report('a', of(4, { failed: 1, inFlight: 1 }), 1);
    expect([stage.breached, stage.decide()]).toEqual([false, []]);
  });

  it('that let fewer fail end the stage where more have', () => {
    const stage = aStage({ waves: [[4, 4]], maxConcurrency: 4, maxFailures: 3 });
    stage.decide();
    stage.report('a', of(4, { failed: 1, inFlight: 3 }), 1);
    stage.adjust(limits({ maxConcurrency: 4, maxFailures: 0 }));
    expect(stage.decide()).toEqual([halt('a')]);
  });

  it('do not begin anew what was ended by a breach', () => {
    const stage = aStage({ waves: [[2, 2]], maxConcurrency: 2, maxFailures: 0 });
    stage.decide();
    stage.report('a', of(2, { failed: 1, inFlight: 1 }), 1);
    expect(stage.decide()).toEqual([halt('a')]);
    stage.adjust(limits({ maxFailures: 9 }));
    expect([stage.breached, stage.decide()]).toEqual([false, []]);
    stage.ended('a', of(2, { failed: 1, ready: 1 }));
    expect([stage.finished, stage.outcome().ok]).toEqual([true, false]);
  });

  it('judge the stage in the end', () => {
    const stage = aStage({ waves: [[2]], minSuccess: 2 });
    stage.decide();
    stage.ended('a', of(2, { ready: 1, deferred: 1 }));
    expect(stage.outcome().ok).toBe(false);
    stage.adjust(limits({ minSuccess: 1 }));
    expect([stage.outcome(), stage.totals]).toEqual([{ ok: true }, { ...untouched(0), ready: 1, deferred: 1 }]);
  });
});
