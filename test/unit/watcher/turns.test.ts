import { describe, expect, it } from '@jest/globals';
import { Turns } from '../../../watcher/turns.ts';

describe('Turns', () => {
  it('come one after the other, in the order they were asked for', () => {
    let now = 1_000;
    const turns = new Turns(() => now, 100);
    expect(['a', 'b', 'c', 'a'].map((key) => turns.waitFor(key))).toEqual([0, 100, 200, 0]);
    turns.done('a');
    now += 150;
    expect(['b', 'c', 'a'].map((key) => turns.waitFor(key))).toEqual([0, 50, 150]);
  });

  it('leave more room after one that does more', () => {
    const turns = new Turns(() => 0, 100);
    expect([turns.waitFor('a', 3), turns.waitFor('b'), turns.waitFor('c')]).toEqual([0, 300, 400]);
  });

  it('are at once after a quiet time', () => {
    let now = 0;
    const turns = new Turns(() => now, 100);
    expect([turns.waitFor('a'), turns.waitFor('b')]).toEqual([0, 100]);
    turns.done('a');
    turns.done('b');
    now += 10_000;
    expect(turns.waitFor('b')).toBe(0);
  });
});
