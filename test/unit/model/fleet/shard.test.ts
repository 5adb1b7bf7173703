import { describe, expect, it } from '@jest/globals';
import { type SettledPhase, untouched } from '../../../../model/fleet/report.ts';
import { ShardMachine, type Taken } from '../../../../model/fleet/shard.ts';

const ANY = 1_000;

/** What came of something that was taken; nothing, unless told otherwise. */
function taken(given: Partial<Taken> = {}): Taken {
  return { deferred: [], skipped: [], stopped: [], isLowered: false, ...given };
}

function aShard({ phases = 'wwwww', slots = 2, failuresLeft = ANY } = {}): ShardMachine {
  const shard = new ShardMachine({ phases });
  shard.take({ seq: 1, slots, failuresLeft });
  return shard;
}

describe('A shard', () => {
  it('starts nothing before it was given limits, and may still start', () => {
    const shard = new ShardMachine({ phases: 'ww' });
    expect(shard.next()).toEqual([]);
    expect(shard.done).toBe(false);
    expect(shard.report()).toEqual(untouched(2));
  });

  it('starts as many as it has slots, in order, and the next as each settles', () => {
    const shard = aShard();
    expect(shard.next()).toEqual([0, 1]);
    expect(shard.next()).toEqual([]);
    shard.settled(1, 'ready');
    expect(shard.next()).toEqual([2]);
    expect(shard.report()).toEqual({ ...untouched(2), inFlight: 2, ready: 1 });
  });

  it('goes by the terms it was last told, and takes them in their turn', () => {
    const shard = aShard();
    expect(shard.terms).toEqual({});
    shard.take({ seq: 3, slots: 2, failuresLeft: ANY, terms: { paceMs: 3 } });
    expect(shard.terms).toEqual({});
    shard.take({ seq: 2, slots: 2, failuresLeft: ANY, terms: { paceMs: 2 } });
    expect(shard.terms).toEqual({ paceMs: 3 });
    shard.take({ seq: 4, slots: 1, failuresLeft: ANY });
    expect([shard.terms, shard.slots]).toEqual([{ paceMs: 3 }, 1]);
    expect(new ShardMachine({ phases: '' }, JSON.parse(JSON.stringify(shard.state))).terms).toEqual({ paceMs: 3 });
    shard.take({ seq: 5, slots: 1, failuresLeft: ANY, terms: {} });
    expect(shard.terms).toEqual({});
  });

  it('starts no more at a time than it is asked for', () => {
    const shard = aShard({ slots: 3 });
    expect([shard.next(1), shard.next(1), shard.next(0), shard.next(5)]).toEqual([[0], [1], [], [2]]);
  });

  it.each<[string, (shard: ShardMachine) => void, boolean]>([
    ['something waits and a slot is free', () => {}, true],
    ['all slots are taken', (shard) => shard.next(), false],
    ['nothing waits', (shard) => [0, 1, 2, 3, 4].map((index) => shard.settled(index, 'held')), false],
    ['it was halted', (shard) => shard.halt(), false],
    ['too many have failed', (shard) => shard.settled(0, 'failed'), false],
  ])('says whether it may start one: where %s', (_, happens, mayStart) => {
    const shard = aShard({ failuresLeft: 0 });
    happens(shard);
    expect([shard.mayStart, shard.next().length > 0]).toEqual([mayStart, mayStart]);
    expect(new ShardMachine({ phases: 'w' }).mayStart).toBe(false); // nobody has told it anything
  });

  it('says who has come to an end', () => {
    const shard = new ShardMachine({ phases: 'bwwrfdsh' });
    shard.take({ seq: 1, slots: 1, failuresLeft: ANY });
    shard.next(); // biwrfdsh
    expect([...shard.phases].map((_, index) => shard.isSettled(index))).toEqual([
      ...[false, false, false],
      ...[true, true, true, true, true],
    ]);
  });

  it('never starts a held site', () => {
    const shard = aShard({ phases: 'hwhw', slots: 4 });
    expect(shard.next()).toEqual([1, 3]);
    expect(shard.report()).toEqual({ ...untouched(0), inFlight: 2, held: 2 });
  });

  it('is done at once where all are held, limits or not', () => {
    expect(new ShardMachine({ phases: 'hh' }).done).toBe(true);
  });

  it('is done at once where it has no sites', () => {
    expect(new ShardMachine({ phases: '' }).done).toBe(true);
  });

  it.each<SettledPhase>(['ready', 'failed', 'deferred', 'skipped', 'held'])('counts a site as %s, once', (phase) => {
    const shard = aShard({ phases: 'w' });
    shard.next();
    shard.settled(0, phase);
    shard.settled(0, 'ready');
    expect(shard.report()).toEqual({ ...untouched(0), [phase]: 1 });
    expect(shard.in(phase)).toEqual([0]);
    expect(shard.done).toBe(true);
  });

  it('does not start a site that settled before its turn', () => {
    const shard = aShard({ phases: 'wwww', slots: 1 });
    shard.settled(0, 'skipped');
    expect(shard.next()).toEqual([1]);
    shard.settled(2, 'deferred');
    shard.settled(1, 'ready');
    expect(shard.next()).toEqual([3]);
  });

  it.each([
    ['rfdshw', 'a site that was settled before'],
    ['rfdshi', 'but takes one in flight as waiting, because nobody knows what came of it'],
  ])('that begins with %s starts what waits: not %s', (phases) => {
    const shard = aShard({ phases });
    expect(shard.report()).toEqual({ ...untouched(1), ready: 1, failed: 1, deferred: 1, skipped: 1, held: 1 });
    expect(shard.next()).toEqual([5]);
    expect(shard.phases).toBe('rfdshi');
  });

  it('counts those that failed before with what may fail', () => {
    const shard = aShard({ phases: 'fw', failuresLeft: 0 });
    expect([shard.next(), shard.stopped]).toEqual([[], true]);
  });

  it('with too many failures waits for the stage’s word, which may be that more may fail', () => {
    const shard = aShard({ phases: 'fw', failuresLeft: 0 });
    expect(shard.done).toBe(false);
    shard.take({ seq: 2, slots: 1, failuresLeft: 1 });
    expect(shard.next()).toEqual([1]);
    const halted = aShard({ phases: 'fw', failuresLeft: 0 });
    halted.halt();
    expect(halted.done).toBe(true);
  });

  it.each([
    ['none may fail and none did: goes on', 0, 0, false],
    ['none may fail and one did: stops', 0, 1, true],
    ['one may fail and one did: goes on', 1, 1, false],
    ['one may fail and two did: stops', 1, 2, true],
  ])('%s', (_, failuresLeft, failures, stops) => {
    const shard = aShard({ phases: 'wwwwww', slots: 3, failuresLeft });
    shard.next();
    shard.settled(2, 'ready');
    for (let index = 0; index < failures; index += 1) shard.settled(index, 'failed');
    expect(shard.stopped).toBe(stops);
    expect(shard.next()).toHaveLength(stops ? 0 : failures + 1);
  });

  it('lets what is in flight finish after it was halted, and is done then', () => {
    const shard = aShard();
    shard.next();
    shard.halt();
    shard.settled(0, 'ready');
    expect(shard.next()).toEqual([]);
    expect(shard.done).toBe(false);
    shard.settled(1, 'failed');
    expect(shard.done).toBe(true);
    expect(shard.report()).toEqual({ ...untouched(3), ready: 1, failed: 1 });
  });

  it('is done before it was given limits when it was halted', () => {
    const shard = new ShardMachine({ phases: 'ww' });
    shard.halt();
    expect(shard.done).toBe(true);
  });

  it('says where each site is', () => {
    const shard = aShard({ phases: 'wwwwwhw', slots: 5 });
    shard.next();
    for (const [index, phase] of (['ready', 'failed', 'deferred', 'skipped'] as const).entries()) {
      shard.settled(index, phase);
    }
    expect(shard.phases).toBe('rfdsihw');
    expect(shard.in('inFlight')).toEqual([4]);
    expect(shard.in('waiting')).toEqual([6]);
  });

  it.each([-1, 5, 0.5])('refuses to settle site %d of 5', (index) => {
    expect(() => aShard().settled(index, 'ready')).toThrow(`Site ${index} is not in this shard of 5`);
  });

  it('takes about a byte of state a site', () => {
    expect(JSON.stringify(aShard({ phases: 'w'.repeat(1_000) }).state).length).toBeLessThan(1_100);
  });
});

describe('What a stage tells a shard', () => {
  const limits = (seq: number, slots: number, failuresLeft = ANY) => ({ seq, slots, failuresLeft });

  it('is taken by its numbers, in whatever order and however often it arrives', () => {
    const shard = aShard({ slots: 1 });
    shard.take(limits(3, 2));
    expect([shard.heard, shard.next()]).toEqual([1, [0]]);
    shard.take(limits(2, 4));
    expect([shard.heard, shard.next()]).toEqual([3, [1]]);
    shard.take(limits(2, 4));
    shard.take(limits(1, 5));
    expect([shard.heard, shard.next()]).toEqual([3, []]);
  });

  it('may be fewer slots: what is in flight goes on', () => {
    const shard = aShard({ slots: 3 });
    shard.next();
    shard.take(limits(2, 1));
    shard.settled(0, 'ready');
    shard.settled(1, 'ready');
    expect(shard.next()).toEqual([]);
    shard.settled(2, 'ready');
    expect(shard.next()).toEqual([3]);
  });

  it('may be fewer slots: the stage counts on those of before until it hears that they are gone', () => {
    const shard = aShard({ slots: 3 });
    expect(shard.take(limits(3, 0))).toEqual(taken());
    expect(shard.take(limits(2, 4))).toEqual(taken({ isLowered: true }));
    expect([shard.take(limits(4, 0)), shard.next(), shard.done]).toEqual([taken(), [], false]);
    shard.take(limits(5, 2));
    expect(shard.next()).toEqual([0, 1]);
  });

  it.each<[string, number, boolean]>([
    ['fewer slots than sites that are under way or wait', 3, true],
    ['as many slots as sites that are under way or wait', 4, false],
  ])('is less than it had only where that matters: %s', (_, slots, isLowered) => {
    const shard = aShard({ phases: 'rwwww', slots: 2 });
    shard.next();
    shard.take(limits(2, 9)); // two are under way, and two wait
    expect(shard.take(limits(3, slots))).toEqual(taken({ isLowered }));
  });

  it('may be that fewer of its sites may fail', () => {
    const shard = aShard({ failuresLeft: 1 });
    shard.next();
    shard.settled(0, 'failed');
    expect(shard.stopped).toBe(false);
    shard.take(limits(2, 2, 0));
    expect([shard.stopped, shard.next()]).toEqual([true, []]);
  });
});

describe('Sites that wait for their parents', () => {
  const NORTH = { seq: 2, slots: 9, failuresLeft: ANY, opened: ['north'] };
  const SOUTH = { seq: 2, slots: 9, failuresLeft: ANY, lost: ['south'] };

  function aBranch(phases = 'bbwb'): ShardMachine {
    const shard = new ShardMachine({ phases, parents: { north: [0, 3], south: [1] } });
    shard.take({ seq: 1, slots: 9, failuresLeft: ANY });
    return shard;
  }

  it('take no slot and are not started, and the shard is not done', () => {
    const shard = aBranch();
    expect(shard.next()).toEqual([2]);
    shard.settled(2, 'ready');
    expect([shard.next(), shard.done]).toEqual([[], false]);
    expect(shard.report()).toEqual({ ...untouched(0), blocked: 3, ready: 1 });
    expect(shard.phases).toBe('bbrb');
  });

  it('start when that became ready', () => {
    const shard = aBranch();
    expect(shard.take(NORTH)).toEqual(taken());
    expect(shard.next()).toEqual([0, 2, 3]);
  });

  it('are deferred when that is lost, and the shard tells which', () => {
    const shard = aBranch();
    expect(shard.take(SOUTH)).toEqual(taken({ deferred: [1] }));
    expect(shard.phases).toBe('bdwb');
    expect(shard.take(SOUTH)).toEqual(taken());
  });

  it('are deferred together with those of what came too early', () => {
    const shard = aBranch('bbrb');
    expect(shard.take({ ...SOUTH, seq: 3 })).toEqual(taken());
    expect(shard.take({ ...NORTH, opened: [], lost: ['north'] })).toEqual(taken({ deferred: [0, 3, 1] }));
    expect(shard.done).toBe(true);
  });

  it('stay where they are when they left before, or others’ parents are named', () => {
    const shard = aBranch();
    shard.settled(0, 'skipped');
    shard.take({ ...NORTH, lost: ['constructor', 'west'] });
    expect(shard.phases).toBe('sbww');
  });

  it('do not hold up a shard that was halted', () => {
    const shard = aBranch('bbrb');
    shard.halt();
    expect(shard.done).toBe(true);
  });
});

describe('Sites that are taken out of the stage', () => {
  const skip = (...indexes: number[]) => ({ seq: 2, slots: 2, failuresLeft: ANY, skip: indexes });

  function underWay(): ShardMachine {
    const shard = new ShardMachine({ phases: 'wwwbr', parents: { north: [3] } });
    shard.take({ seq: 1, slots: 2, failuresLeft: ANY });
    shard.next();
    shard.settled(1, 'failed');
    return shard; // ifwbr
  }

  it.each<[string, number, Partial<Taken>, string]>([
    ['before their turn are passed over', 2, { skipped: [2] }, 'ifsbr'],
    ['while they wait for their parent are passed over', 3, { skipped: [3] }, 'ifwsr'],
    ['under way are to be stopped, and count until they are', 0, { stopped: [0] }, 'ifwbr'],
    ['after they became ready stay so', 4, {}, 'ifwbr'],
    ['after they failed stay so', 1, {}, 'ifwbr'],
    ['say nothing where there are none of that number', 9, {}, 'ifwbr'],
  ])('%s', (_, index, expected, phases) => {
    const shard = underWay();
    expect(shard.take(skip(index))).toEqual(taken(expected));
    expect(shard.phases).toBe(phases);
  });

  it('under way are settled once they have stopped, as what they had come to by then', () => {
    const [stopped, late] = [underWay(), underWay()];
    stopped.take(skip(0));
    stopped.settled(0, 'skipped');
    expect(stopped.report()).toEqual({ ...untouched(1), blocked: 1, failed: 1, skipped: 1, ready: 1 });
    late.settled(0, 'ready');
    expect(late.take(skip(0))).toEqual(taken());
    expect(late.phases).toBe('rfwbr');
  });

  it('stay out of it when their parent becomes ready or is lost', () => {
    const shard = underWay();
    shard.take(skip(3));
    shard.take({ seq: 3, slots: 9, failuresLeft: ANY, opened: ['north'] });
    expect(shard.phases).toBe('ifwsr');
    const together = underWay();
    expect(together.take({ ...skip(3), lost: ['north'] })).toEqual(taken({ deferred: [3] }));
  });

  it('may be all that is left: the shard is done', () => {
    const shard = underWay();
    shard.take(skip(0, 2, 3));
    expect(shard.done).toBe(false);
    shard.settled(0, 'skipped');
    expect(shard.done).toBe(true);
  });
});
