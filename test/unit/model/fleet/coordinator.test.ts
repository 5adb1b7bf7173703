import { describe, expect, it } from '@jest/globals';
import { Coordinator } from '../../../../model/fleet/coordinator.ts';
import { untouched } from '../../../../model/fleet/report.ts';
import { AT_A_PACE, aStage, GENEROUS, of } from './stages.ts';

const ANY = GENEROUS.maxFailures;
const start = (id: string, slots: number, failuresLeft = ANY) => ({ kind: 'start', id, seq: 1, slots, failuresLeft });
const grant = (id: string, slots: number, failuresLeft = ANY, seq = 2) => ({
  kind: 'grant',
  id,
  seq,
  slots,
  failuresLeft,
});
const halt = (id: string) => ({ kind: 'halt', id });

describe('Slots', () => {
  it('go to the shards in order, no shard gets more than it has sites', () => {
    const stage = aStage({ waves: [[3, 3, 3, 3]], maxConcurrency: 7 });
    expect(stage.decide()).toEqual([start('a', 3), start('b', 3), start('c', 1)]);
  });

  it('are handed out once', () => {
    const stage = aStage({ waves: [[3, 3]], maxConcurrency: 4 });
    stage.decide();
    expect(stage.decide()).toEqual([]);
  });

  it('stay with a shard as long as sites of it wait', () => {
    const stage = aStage({ waves: [[10, 3]], maxConcurrency: 4 });
    stage.decide();
    stage.report('a', of(10, { inFlight: 1, ready: 3 }), 1);
    expect(stage.decide()).toEqual([]);
  });

  it('come back one by one when none of its sites waits', () => {
    const stage = aStage({ waves: [[5, 3]], maxConcurrency: 4 });
    stage.decide();
    stage.report('a', of(5, { inFlight: 4, ready: 1 }), 1);
    expect(stage.decide()).toEqual([]);
    stage.report('a', of(5, { inFlight: 2, ready: 3 }), 1);
    expect(stage.decide()).toEqual([start('b', 2)]);
    stage.ended('a', of(5, { ready: 5 }));
    expect(stage.decide()).toEqual([grant('b', 3)]);
  });

  it('come back all at once when it ends', () => {
    const stage = aStage({ waves: [[4, 6]], maxConcurrency: 4 });
    stage.decide();
    stage.ended('a', of(4, { ready: 4 }));
    expect(stage.decide()).toEqual([start('b', 4)]);
  });

  it('go to running shards before new ones, and no further than they can use', () => {
    const stage = aStage({ waves: [[4, 4, 4]], maxConcurrency: 5 });
    expect(stage.decide()).toEqual([start('a', 4), start('b', 1)]);
    stage.report('b', of(4, { inFlight: 1, ready: 1 }), 1);
    stage.ended('a', of(4, { ready: 4 }));
    expect(stage.decide()).toEqual([grant('b', 3), start('c', 2)]);
  });

  it.each([
    ['deferred', of(4, { inFlight: 1, deferred: 3 })],
    ['held', of(4, { inFlight: 1, held: 3 })],
    ['skipped', of(4, { inFlight: 1, skipped: 3 })],
  ])('are not taken by %s sites', (_, report) => {
    const stage = aStage({ waves: [[4, 4]], maxConcurrency: 4 });
    stage.decide();
    stage.report('a', report, 1);
    expect(stage.decide()).toEqual([start('b', 3)]);
  });

  it('become more as sites are ready, where the strategy ramps up', () => {
    const stage = aStage({ waves: [[20]], maxConcurrency: 4, rampUp: { initial: 1, factor: 2 } });
    expect(stage.decide()).toEqual([start('a', 1)]);
    stage.report('a', of(20, { inFlight: 1, ready: 1 }), 1);
    expect(stage.decide()).toEqual([grant('a', 2)]);
    stage.report('a', of(20, { inFlight: 2, ready: 1, failed: 1 }), 1);
    expect(stage.decide()).toEqual([]);
    stage.report('a', of(20, { inFlight: 2, ready: 10, failed: 1 }), 2);
    expect(stage.decide()).toEqual([grant('a', 4, ANY, 3)]);
  });

  it('go to one shard at a time where starts are paced', () => {
    const stage = aStage({ waves: [[4, 4]], maxConcurrency: 6, paced: true });
    expect(stage.decide()).toEqual([{ ...start('a', 4), terms: AT_A_PACE }]);
    stage.report('a', of(4, { inFlight: 3 }), 1);
    expect(stage.decide()).toEqual([]);
    stage.report('a', of(4, { inFlight: 4 }), 1);
    expect(stage.decide()).toEqual([{ ...start('b', 2), terms: AT_A_PACE }]);
  });
});

describe('Waves', () => {
  it('go one after the other, whatever slots are free', () => {
    const stage = aStage({ waves: [[1], [2, 2]] });
    expect(stage.decide()).toEqual([start('a', 1)]);
    stage.report('a', of(1, { inFlight: 1 }), 1);
    expect(stage.decide()).toEqual([]);
    stage.ended('a', of(1, { ready: 1 }));
    expect(stage.decide()).toEqual([start('b', 2), start('c', 2)]);
  });

  it('wait for every shard of the one before', () => {
    const stage = aStage({ waves: [[1, 1], [1]] });
    stage.decide();
    stage.ended('b', of(1, { ready: 1 }));
    expect(stage.decide()).toEqual([]);
    stage.ended('a', of(1, { failed: 1 }));
    expect(stage.decide()).toEqual([start('c', 1, ANY - 1)]);
  });

  it('are not held up by deferred, held or skipped sites, though their shard goes on', () => {
    const stage = aStage({ waves: [[3], [1]] });
    stage.decide();
    stage.report('a', of(3, { deferred: 1, held: 1, skipped: 1 }), 1);
    expect(stage.decide()).toEqual([start('b', 1)]);
    expect(stage.finished).toBe(false);
  });

  it('pass over a shard without sites', () => {
    const stage = aStage({ waves: [[0], [1]] });
    expect(stage.decide()).toEqual([start('b', 1)]);
    expect(stage.decide()).toEqual([]);
  });
});

describe('Reports', () => {
  const newest = of(4, { inFlight: 1, ready: 2, failed: 1 });

  it.each([
    ['older: fewer in flight, more waiting', of(4, { inFlight: 0 })],
    ['older: as many waiting, more in flight', of(4, { inFlight: 2, ready: 2 })],
    ['older: none settled', of(4, { inFlight: 4 })],
    ['a repeat', newest],
    ['of another number of sites', of(3, { ready: 3 })],
  ])('change nothing when they are %s', (_, late) => {
    const stage = aStage({ waves: [[4, 4]] });
    stage.decide();
    stage.report('a', newest, 1);
    const { state } = stage;
    stage.report('a', late, 1);
    expect(stage.state).toEqual(state);
  });

  it('change nothing when the shard has ended', () => {
    const stage = aStage({ waves: [[2]] });
    stage.decide();
    stage.ended('a', of(2, { ready: 1 }));
    stage.report('a', of(2, { ready: 2 }), 1);
    stage.ended('a', of(2, { ready: 2 }));
    stage.ended('a');
    expect(stage.totals).toEqual(of(2, { ready: 1 }));
  });

  it('change nothing when the shard was not started or is none of the stage', () => {
    const stage = aStage({ waves: [[2], [2]] });
    stage.decide();
    stage.report('b', of(2, { ready: 2 }), 1);
    stage.ended('b');
    stage.report('z', of(2, { ready: 2 }), 1);
    stage.ended('z');
    expect(stage.totals).toEqual(untouched(4));
  });

  it('are taken as they were, whatever becomes of the object', () => {
    const stage = aStage({ waves: [[2]] });
    stage.decide();
    const report = of(2, { ready: 1 });
    stage.report('a', report, 1);
    report.ready = 2;
    stage.state.shards.a!.report.ready = 2;
    expect(stage.totals.ready).toBe(1);
  });

  it.each([
    ['no last word', undefined],
    ['a last word that leaves sites out', untouched(0)],
  ])('of a shard that ended with %s count what is not known to have ended as failed', (_, last) => {
    const stage = aStage({ waves: [[5]], maxFailures: 3 });
    stage.decide();
    stage.report('a', of(5, { inFlight: 2, ready: 1 }), 1);
    stage.ended('a', last);
    expect(stage.totals).toEqual({ ...untouched(0), ready: 1, failed: 4 });
    expect(stage.outcome()).toMatchObject({ reason: 'TooManyFailures', message: '4 of 5 sites failed, 3 may' });
  });
});

describe('Failures', () => {
  it('as many as may are no breach', () => {
    const stage = aStage({ waves: [[2, 2]], maxConcurrency: 2, maxFailures: 2 });
    expect(stage.decide()).toEqual([start('a', 2, 2)]);
    stage.ended('a', of(2, { failed: 2 }));
    expect(stage.breached).toBe(false);
    expect(stage.decide()).toEqual([start('b', 2, 0)]);
  });

  it('one more halts all that is live, and nothing is ever started again', () => {
    const stage = aStage({ waves: [[4, 4, 4, 4]], maxConcurrency: 6, maxFailures: 1 });
    stage.decide();
    stage.ended('a', of(4, { ready: 3, failed: 1 }));
    expect(stage.decide()).toEqual([grant('b', 4, 0), start('c', 2, 0)]);
    stage.report('b', of(4, { inFlight: 3, failed: 1 }), 1);
    expect(stage.breached).toBe(true);
    expect(stage.decide()).toEqual([halt('b'), halt('c')]);
    expect(stage.decide()).toEqual([]);
    stage.ended('c', of(4, { ready: 2 }));
    expect([stage.decide(), stage.finished]).toEqual([[], false]);
    stage.ended('b', of(4, { ready: 3, failed: 1 }));
    expect([stage.decide(), stage.finished]).toEqual([[], true]);
    expect(stage.totals).toEqual({ ...untouched(6), ready: 8, failed: 2 });
    expect(stage.outcome()).toMatchObject({ reason: 'TooManyFailures', message: '2 of 16 sites failed, 1 may' });
  });

  it('are what a halted shard says last, however it stood before', () => {
    const stage = aStage({ waves: [[4]], maxFailures: 0 });
    stage.decide();
    stage.report('a', of(4, { inFlight: 4 }), 1);
    stage.ended('a', of(4, { ready: 1, failed: 1 }));
    expect(stage.totals).toEqual({ ...untouched(2), ready: 1, failed: 1 });
  });

  it('count a shard’s own for itself only', () => {
    const stage = aStage({ waves: [[4, 4]], maxConcurrency: 4, maxFailures: 3 });
    stage.decide();
    stage.report('a', of(4, { inFlight: 2, failed: 2 }), 1);
    expect(stage.decide()).toEqual([start('b', 2, 1)]);
  });

  it('elsewhere are told with slots, and without each time what is left has halved', () => {
    const stage = aStage({ waves: [[40, 40]], maxConcurrency: 60, maxFailures: 8 });
    expect(stage.decide()).toEqual([start('a', 40, 8), start('b', 20, 8)]);
    const told = [1, 2, 3, 4, 5, 6, 7, 8].map((failed) => {
      stage.report('b', of(40, { inFlight: 20, failed }), 1);
      return stage.decide();
    });
    const expected = [
      [],
      [],
      [],
      [grant('a', 40, 4)],
      [],
      [grant('a', 40, 2, 3)],
      [grant('a', 40, 1, 4)],
      [grant('a', 40, 0, 5)],
    ];
    expect(told).toEqual(expected);
  });
});

describe('A stage', () => {
  it('of nothing is finished', () => {
    const stage = aStage({ waves: [] });
    expect([stage.decide(), stage.finished, stage.outcome()]).toEqual([[], true, { ok: true }]);
  });

  it('is finished when every shard has ended, not before', () => {
    const stage = aStage({ waves: [[1], [1]] });
    expect(stage.finished).toBe(false);
    stage.decide();
    stage.ended('a', of(1, { ready: 1 }));
    expect(stage.finished).toBe(false);
    stage.decide();
    stage.report('b', of(1, { ready: 1 }), 1);
    expect(stage.finished).toBe(false);
    stage.ended('b', of(1, { ready: 1 }));
    expect(stage.finished).toBe(true);
  });

  it('judges by its budget', () => {
    const stage = aStage({ waves: [[4]], minSuccess: 2, minReachable: 3 });
    stage.decide();
    stage.ended('a', of(4, { ready: 2, deferred: 2 }));
    expect(stage.outcome()).toMatchObject({
      reason: 'TooFewReachable',
      message: '2 of 4 sites could be reached, 3 must',
    });
  });

  it('goes on from its state in the order of the plan, whatever the ids', () => {
    const shards = ['10', '9', '1'].map((id) => ({ id, wave: 0, report: untouched(2) }));
    const input = { shards, budget: { ...GENEROUS, maxFailures: 0 }, terms: {} };
    const before = new Coordinator(input);
    before.decide();
    const after = new Coordinator(input, JSON.parse(JSON.stringify(before.state)));
    after.report('1', of(2, { failed: 1 }), 1);
    expect(after.decide()).toEqual([halt('10'), halt('9'), halt('1')]);
  });
});

describe('A wave after which something is waited for', () => {
  it('is followed by the next only when that is open', () => {
    const stage = aStage({ waves: [[1], [2], [2]], gatedWaves: [0] });
    expect([stage.awaited, stage.decide()]).toEqual([undefined, [start('a', 1)]]);
    stage.ended('a', of(1, { ready: 1 }));
    expect([stage.awaited, stage.decide(), stage.finished]).toEqual([0, [], false]);
    stage.passGate(0);
    expect([stage.awaited, stage.decide()]).toEqual([undefined, [start('b', 2)]]);
    stage.ended('b', of(2, { ready: 2 }));
    expect(stage.decide()).toEqual([start('c', 2)]);
  });

  it('stays passed in the next run, and waits for nothing when the one after it has begun', () => {
    const first = aStage({ waves: [[1], [2, 2]], gatedWaves: [0] });
    first.decide();
    first.ended('a', of(1, { ready: 1 }));
    first.passGate(0);
    expect(first.state.passed).toEqual([0]);
    const begun = aStage({ waves: [[1], [2, 2]], maxConcurrency: 2 });
    begun.decide();
    begun.ended('a', of(1, { ready: 1 }));
    expect(begun.decide()).toEqual([start('b', 2)]);
    begun.adjust({ budget: { ...GENEROUS, maxConcurrency: 4 }, terms: {}, gatedWaves: [0] });
    expect([begun.awaited, begun.decide()]).toEqual([undefined, [start('c', 2)]]);
  });

  it('is no reason to wait when too many have failed', () => {
    const stage = aStage({ waves: [[1], [2]], gatedWaves: [0], maxFailures: 0 });
    stage.decide();
    stage.ended('a', of(1, { failed: 1 }));
    expect([stage.decide(), stage.finished, stage.outcome().ok]).toEqual([[], true, false]);
  });
});
