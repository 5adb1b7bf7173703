import { describe, expect, it } from '@jest/globals';
import { ShardMachine } from '../../../../model/fleet/shard.ts';
import type { SiteWindow } from '../../../../model/fleet/site-windows.ts';
import { aStage, of } from './stages.ts';

const at = (minute: number) => new Date(minute * 60_000).toISOString();
const ms = (minute: number) => minute * 60_000;
const SHUT: SiteWindow = { open: false, text: 'the line runs' };

/** With a window at each site of these places. */
function aShard(windows: number[], { phases = 'www', slots = 3 } = {}): ShardMachine {
  const shard = new ShardMachine({ phases, windows });
  shard.take({ seq: 1, slots, failuresLeft: 0 });
  shard.tick(ms(0));
  return shard;
}
const renewed = (shard: ShardMachine) => {
  const other = new ShardMachine({ phases: shard.phases, windows: [] }, JSON.parse(JSON.stringify(shard.stateAtRest)));
  other.tick(ms(0));
  return other;
};

describe('A site with a window', () => {
  it('is not begun before somebody has looked at it, and the others are', () => {
    const shard = aShard([1]);
    expect([shard.next(), shard.unseen, shard.mayStart, shard.done]).toEqual([[0, 2], [1], false, false]);
    shard.window(1, { open: true });
    expect([shard.unseen, shard.mayStart, shard.next()]).toEqual([[], true, [1]]);
  });

  it.each<[string, SiteWindow | undefined, [minute: number, begun: boolean, unseen: boolean][]]>([
    [
      'that it has none any more',
      undefined,
      [
        [0, true, false],
        [99, true, false],
      ],
    ],
    [
      'open',
      { open: true },
      [
        [0, true, false],
        [99, true, false],
      ],
    ],
    [
      'open for a while',
      { open: true, until: at(5) },
      [
        [4, true, false],
        [5, false, true],
      ],
    ],
    [
      'closed',
      SHUT,
      [
        [0, false, false],
        [99, false, false],
      ],
    ],
    [
      'closed for a while',
      { ...SHUT, until: at(5) },
      [
        [4, false, false],
        [5, false, true],
      ],
    ],
  ])('that was seen %s', (_, window, times) => {
    for (const [minute, begun, unseen] of times) {
      const shard = aShard([0], { phases: 'w' });
      shard.window(0, window);
      shard.tick(ms(minute));
      expect([minute, shard.next().length > 0, shard.unseen.length > 0]).toEqual([minute, begun, unseen]);
    }
  });

  it('is looked at again when it was open some time ago, and not when it was closed', () => {
    const shard = aShard([0, 1], { phases: 'ww' });
    shard.window(0, { open: true });
    shard.window(1, SHUT);
    shard.doubtWindows();
    expect([shard.next(), shard.unseen]).toEqual([[], [0]]);
  });

  it('counts as waiting for it while it is known to be closed, by a number that grows', () => {
    const shard = aShard([0, 1]);
    expect(shard.shut).toEqual({ sites: 0, seq: 0 });
    shard.window(0, SHUT);
    shard.window(1, { ...SHUT, until: at(5) });
    shard.tick(ms(1));
    expect([shard.shut, shard.shutAt(0), shard.shutAt(2)]).toEqual([{ sites: 2, seq: 1 }, SHUT, undefined]);
    expect(renewed(shard).shut).toEqual({ sites: 2, seq: 1 });
    shard.tick(ms(5));
    expect([shard.shut, shard.unseen]).toEqual([{ sites: 1, seq: 2 }, [1]]);
    shard.settled(0, 'skipped');
    shard.tick(ms(5));
    expect(shard.shut).toEqual({ sites: 0, seq: 3 });
  });

  it('has one until somebody says that it has none, and others have none until then', () => {
    const shard = aShard([0]);
    const known = () => [0, 1].map((index) => shard.hasWindow(index));
    expect(known()).toEqual([true, false]);
    shard.window(0, undefined);
    shard.window(1, SHUT);
    expect(known()).toEqual([false, true]);
    expect([shard.shutSites, shard.openSites, shard.next()]).toEqual([[1], [0, 2], [0, 2]]);
    expect([0, 1, 2].map((index) => renewed(shard).hasWindow(index))).toEqual([false, true, false]);
  });

  it('is looked at in the order of the sites, those that wait, and only while one of them could be begun', () => {
    const shard = aShard([1, 2], { phases: 'wwww', slots: 2 });
    shard.window(0, { open: true, until: at(5) }); // it has one since
    shard.settled(2, 'skipped');
    shard.tick(ms(5));
    expect(shard.unseen).toEqual([0, 1]);
    expect(shard.openSites).toEqual([3]);
    shard.take({ seq: 2, slots: 1, failuresLeft: 0 });
    expect([shard.next(), shard.unseen]).toEqual([[3], []]);
    const halted = aShard([0]);
    halted.halt();
    expect(halted.unseen).toEqual([]);
    expect(new ShardMachine({ phases: 'w', windows: [0] }).unseen).toEqual([]);
  });

  it('does not keep one from going on that is under way or has come to an end', () => {
    const shard = aShard([0, 1], { phases: 'www', slots: 1 });
    shard.window(0, { open: true });
    expect(shard.next()).toEqual([0]);
    for (const index of [0, 1]) shard.window(index, SHUT);
    expect([0, 1].map((index) => shard.shutAt(index))).toEqual([undefined, SHUT]);
    shard.settled(1, 'skipped');
    expect(shard.shutAt(1)).toBeUndefined();
  });

  it('that was begun is begun again where the shard goes on, whatever its window is by then', () => {
    const shard = aShard([0, 1], { phases: 'ww' });
    shard.window(0, { open: true, until: at(5) });
    expect(shard.next()).toEqual([0]);
    const next = renewed(shard);
    next.window(0, SHUT);
    next.doubtWindows();
    expect([next.unseen, next.shutAt(0), next.openSites]).toEqual([[1], undefined, [0]]);
    expect([next.next(), next.unseen]).toEqual([[0], [1]]);
  });
});

describe('What waits for windows', () => {
  const shut = (sites: number, seq: number) => ({ sites, seq });

  it('gives its slots to other shards, and has them back when it opens', () => {
    const stage = aStage({ waves: [[3, 3]], maxConcurrency: 2 });
    expect(stage.decide()).toMatchObject([{ kind: 'start', id: 'a', slots: 2 }]);
    stage.report('a', of(3, {}), 1, shut(2, 1));
    expect(stage.decide()).toMatchObject([{ kind: 'grant', id: 'a', slots: 1 }]);
    stage.report('a', of(3, {}), 2, shut(2, 1));
    expect(stage.decide()).toMatchObject([{ kind: 'start', id: 'b', slots: 1 }]);
    stage.report('a', of(3, {}), 2, shut(3, 2));
    expect(stage.decide()).toMatchObject([{ kind: 'grant', id: 'a', slots: 0 }]);
    stage.report('a', of(3, {}), 3, shut(3, 2));
    expect(stage.decide()).toMatchObject([{ kind: 'grant', id: 'b', slots: 2 }]);
    stage.report('a', of(3, {}), 3, shut(0, 3));
    expect([stage.decide(), stage.finished]).toEqual([[], false]);
    stage.ended('b', of(3, { ready: 3 }));
    expect(stage.decide()).toMatchObject([{ kind: 'grant', id: 'a', slots: 2 }]);
  });

  it('is what was said of it last, in whatever order that arrives', () => {
    const stage = aStage({ waves: [[3, 3]], maxConcurrency: 2 });
    stage.decide();
    stage.report('a', of(3, {}), 1, shut(0, 2));
    stage.report('a', of(3, {}), 1, shut(3, 1));
    expect(stage.decide()).toEqual([]);
  });

  it('holds the next wave, and the end of the stage', () => {
    const stage = aStage({ waves: [[2], [2]], maxConcurrency: 2 });
    stage.decide();
    stage.report('a', of(2, { ready: 1 }), 1, shut(1, 1));
    expect([stage.decide().map(({ kind }) => kind), stage.finished]).toEqual([['grant'], false]);
  });

  it('gives its turn to another shard where starts are paced', () => {
    const stage = aStage({ waves: [[3, 3]], maxConcurrency: 2, paced: true });
    stage.decide();
    stage.report('a', of(3, {}), 1, shut(3, 1));
    stage.decide();
    stage.report('a', of(3, {}), 2, shut(3, 1));
    expect(stage.decide()).toMatchObject([{ kind: 'start', id: 'b', slots: 2 }]);
  });
});
