import { beforeEach, describe, expect, it } from '@jest/globals';
import { Gate } from '../../../watcher/gate.ts';

let called: string[];
let gate: Gate;
beforeEach(() => {
  called = [];
  gate = new Gate(2, (key) => called.push(key));
});

const entered = (...keys: string[]) => keys.map((key) => gate.enter(key));

describe('A gate for two', () => {
  it('lets two in, and one that is in again', () => {
    expect(entered('a', 'b', 'a', 'c')).toEqual([true, true, true, false]);
  });

  it('calls those that found no room in their order, one for each that leaves', () => {
    entered('a', 'b', 'c', 'd', 'c');
    gate.leave('a');
    expect(called).toEqual(['c']);
    gate.leave('b');
    expect(called).toEqual(['c', 'd']);
    gate.leave('c');
    expect(called).toEqual(['c', 'd']);
  });

  it('keeps the place of one that was called', () => {
    entered('a', 'b', 'c');
    gate.leave('a');
    expect(entered('late', 'c')).toEqual([false, true]);
  });

  it('gives the place on of one that was called and needs it no more', () => {
    entered('a', 'b', 'c', 'd');
    gate.leave('a');
    gate.leave('c');
    expect(called).toEqual(['c', 'd']);
  });

  it('takes no notice of one that leaves without having been in', () => {
    entered('a', 'b', 'c');
    gate.leave('stranger');
    gate.leave('c');
    expect(called).toEqual([]);
    gate.leave('a');
    expect(called).toEqual(['c']);
  });
});
