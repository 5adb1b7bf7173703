import { beforeEach, describe, expect, it } from '@jest/globals';
import { Places } from '../../../watcher/places.ts';

let now: number;
let called: string[];
let places: Places;
beforeEach(() => {
  now = 0;
  called = [];
  places = new Places(
    () => now,
    2,
    (key) => called.push(key),
  );
});

const taken = (...keys: string[]) => keys.map((key) => places.take(key));

describe('Places for two', () => {
  it('are taken by two, and by one that has one again', () => {
    expect(taken('a', 'b', 'a', 'c')).toEqual([true, true, true, false]);
  });

  it('are offered to those that found none, in their order, as they become free', () => {
    taken('a', 'b', 'c', 'd');
    places.leave('a');
    expect(called).toEqual(['c']);
    expect(taken('c')).toEqual([true]);
    places.leave('b');
    expect(called).toEqual(['c', 'd']);
  });

  it('go to whoever comes, so that one that was called and does not come keeps nobody out', () => {
    taken('a', 'b', 'c');
    places.leave('a');
    expect(taken('late', 'c')).toEqual([true, false]);
    places.leave('late');
    expect(called).toEqual(['c', 'c']);
  });

  it('are lost by what stands still for three seconds, also when the look at them comes a moment early', () => {
    taken('a', 'b', 'c');
    now = 500;
    places.moved('b');
    now = 2_999;
    expect([places.sweep(), called]).toEqual([1, []]);
    now = 3_000;
    expect([places.sweep(), called]).toEqual([500, ['c']]);
  });

  it('are lost after fifteen seconds by what moves all the time', () => {
    taken('a', 'b', 'c');
    for (now = 0; now < 15_000; now += 500) places.moved('a');
    expect([places.sweep(), taken('c')]).toEqual([undefined, [true]]);
  });

  it('are not offered to one that needs none any more', () => {
    taken('a', 'b', 'c', 'd');
    places.leave('c');
    places.leave('a');
    expect(called).toEqual(['d']);
  });
});

describe('Of places for two, what is begun again', () => {
  const again = (...keys: string[]) => keys.map((key) => places.takeAgain(key));

  it('takes as many, and keeps nothing new from one', () => {
    expect(again('a', 'b', 'c')).toEqual([true, true, false]);
    expect(taken('new', 'newer', 'newest')).toEqual([true, true, false]);
  });

  it('waits while what is new has them all, and is called after it', () => {
    taken('a', 'b', 'new');
    expect(again('old')).toEqual([false]);
    places.leave('a');
    expect(called).toEqual(['new']);
    taken('new');
    places.leave('b');
    expect(called).toEqual(['new', 'old']);
    expect(again('old')).toEqual([true]);
  });

  it('loses its place as any other', () => {
    again('a', 'b', 'c');
    now = 500;
    places.moved('b');
    now = 3_000;
    expect([places.sweep(), called]).toEqual([500, ['c']]);
  });

  it('needs one place only, and takes that of what is new when it has changed meanwhile', () => {
    again('a', 'b', 'c');
    expect(taken('a', 'c')).toEqual([true, true]);
    places.leave('a');
    places.leave('b');
    expect(called).toEqual([]);
  });
});
