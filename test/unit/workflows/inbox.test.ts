import { describe, expect, it } from '@jest/globals';
import type { PendingWork } from '../../../model/signals.ts';
import { Inbox, isLaterObject } from '../../../workflows/inbox.ts';
import { aChange, anOwner, aRemoval, aRepair, brief, briefs } from './messages.ts';

/**
 * Messages are written as `change 1/4`: a change to generation 4 of the first object of the name; `remove 2`: the
 * removal of the second object; `repair 1/4`: a repair of what generation 4 of the first object left behind.
 */
describe('A message that reaches a run', () => {
  it.each<[work: string, message: string, next: string[], superseded: boolean]>([
    // The run promotes generation 4 of the second object.
    ['change 2/4', 'change 2/5', ['change 2/5'], true],
    ['change 2/4', 'change 2/4', [], false],
    ['change 2/4', 'change 2/3', [], false],
    ['change 2/4', 'change 3/1', ['remove 2', 'change 3/1'], true],
    ['change 2/4', 'change 1/9', [], false],
    ['change 2/4', 'remove 2', ['remove 2'], true],
    ['change 2/4', 'remove 3', ['remove 3'], true],
    ['change 2/4', 'remove 1', ['remove 1'], false],
    ['change 2/4', 'repair 2/4', [], false],
    ['change 2/4', 'repair 1/4', [], false],
    // The run repairs what generation 4 of the second object left behind.
    ['repair 2/4', 'change 2/5', ['change 2/5'], true],
    ['repair 2/4', 'change 2/4', [], false],
    ['repair 2/4', 'change 2/3', [], false],
    ['repair 2/4', 'change 3/1', ['remove 2', 'change 3/1'], true],
    ['repair 2/4', 'change 1/9', [], false],
    ['repair 2/4', 'remove 2', ['remove 2'], true],
    ['repair 2/4', 'remove 3', ['remove 3'], true],
    ['repair 2/4', 'remove 1', ['remove 1'], false],
    ['repair 2/4', 'repair 2/4', ['repair 2/4'], false],
    // The run removes the second object: nothing stops it.
    ['remove 2', 'change 2/5', [], false],
    ['remove 2', 'change 1/9', [], false],
    ['remove 2', 'change 3/1', ['change 3/1'], false],
    ['remove 2', 'remove 2', [], false],
    ['remove 2', 'remove 1', [], false],
    ['remove 2', 'remove 3', ['remove 3'], false],
    ['remove 2', 'repair 2/4', [], false],
    ['remove 2', 'repair 3/1', [], false],
  ])('%s, then %s: waiting %j, superseded %j', (work, message, next, superseded) => {
    const inbox = new Inbox();
    send(inbox, work);
    inbox.begin();
    send(inbox, message);
    expect(briefs(inbox.next())).toEqual(next);
    expect(inbox.hasNext).toBe(next.length > 0);
    expect(inbox.superseded).toBe(superseded);
  });
});

describe('Messages that wait', () => {
  it.each<[messages: string[], next: string[]]>([
    [['change 2/4', 'change 2/5'], ['change 2/5']],
    [['change 2/5', 'change 2/4'], ['change 2/5']],
    [['change 2/5', 'change 1/9'], ['change 2/5']],
    [['change 1/9', 'change 2/1'], ['change 2/1']],
    [['change 2/4', 'remove 2'], ['remove 2']],
    [['remove 2', 'change 2/4'], ['remove 2']],
    [['remove 2', 'change 1/9'], ['remove 2']],
    [
      ['remove 1', 'change 2/1'],
      ['remove 1', 'change 2/1'],
    ],
    [
      ['change 2/1', 'remove 1'],
      ['remove 1', 'change 2/1'],
    ],
    [['remove 1', 'remove 2'], ['remove 2']],
    [['remove 2', 'remove 1'], ['remove 2']],
    [['remove 1', 'change 2/1', 'remove 2'], ['remove 2']],
    [
      ['remove 1', 'change 2/1', 'change 2/2'],
      ['remove 1', 'change 2/2'],
    ],
    [
      ['repair 1/4', 'change 1/5'],
      ['change 1/5', 'repair 1/4'],
    ],
    [['change 1/5', 'repair 1/4'], ['change 1/5']],
    [['repair 1/4', 'remove 1'], ['remove 1']],
    [['remove 1', 'repair 1/4'], ['remove 1']],
    [['repair 1/4', 'repair 1/5'], ['repair 1/5']],
  ])('%j: %j is left', (messages, next) => {
    const inbox = new Inbox();
    for (const message of messages) send(inbox, message);
    expect(briefs(inbox.next())).toEqual(next);
    expect(inbox.superseded).toBe(false);
  });

  it.each<[messages: string[], begun: string[]]>([
    [
      ['remove 1', 'change 2/1'],
      ['remove 1', 'change 2/1'],
    ],
    [['repair 1/4', 'change 1/5'], ['change 1/5']],
    [['repair 1/4'], ['repair 1/4']],
  ])('%j are begun as %j, one a run', (messages, expected) => {
    let inbox = new Inbox();
    for (const message of messages) send(inbox, message);
    const begun: string[] = [];
    while (inbox.hasNext) {
      begun.push(brief(inbox.begin()));
      inbox = new Inbox(inbox.next());
    }
    expect(begun).toEqual(expected);
  });

  it('are the same in the run that goes on with them', () => {
    const next: PendingWork = { change: aChange(2, 1), remove: aRemoval(1) };
    expect(new Inbox(next).next()).toEqual(next);
    expect(new Inbox().next()).toEqual({});
  });

  it('must be there to begin', () => {
    expect(() => new Inbox().begin()).toThrow('Nothing to begin');
  });
});

describe('A run that goes on as a fresh one', () => {
  it.each(['change 2/4', 'repair 2/4', 'remove 2'])('keeps its work: %s', (work) => {
    const inbox = new Inbox();
    send(inbox, work);
    inbox.begin();
    inbox.renew();
    expect(inbox.superseded).toBe(true);
    expect(briefs(inbox.next())).toEqual([work]);
  });

  it.each<[work: string, message: string, next: string[]]>([
    ['change 2/4', 'change 2/5', ['change 2/5']],
    ['change 2/4', 'remove 2', ['remove 2']],
    ['change 2/4', 'remove 1', ['remove 1', 'change 2/4']],
    ['remove 2', 'change 3/1', ['remove 2', 'change 3/1']],
    ['remove 2', 'remove 3', ['remove 3']],
    ['repair 2/4', 'change 2/5', ['change 2/5']],
  ])('%s: does not prefer its work to %s', (work, message, next) => {
    const inbox = new Inbox();
    send(inbox, work);
    inbox.begin();
    send(inbox, message);
    inbox.renew();
    expect(briefs(inbox.next())).toEqual(next);
  });

  it('has nothing to keep before it has begun', () => {
    const inbox = new Inbox();
    inbox.renew();
    expect(inbox.superseded).toBe(false);
    expect(inbox.hasNext).toBe(false);
  });
});

describe('Of two objects of one name', () => {
  it.each<[string, number, number, boolean]>([
    ['the one created later is the later', 2, 1, true],
    ['the one created earlier is not', 1, 2, false],
    ['neither is later than itself', 1, 1, false],
  ])('%s', (_, a, b, expected) => {
    expect(isLaterObject(anOwner(a), anOwner(b))).toBe(expected);
  });

  it('created in the same second, the one heard of last counts as the later', () => {
    const [a, b] = [anOwner(1), { ...anOwner(2), created: anOwner(1).created }];
    expect([isLaterObject(a, b), isLaterObject(b, a)]).toEqual([true, true]);
  });
});

function send(inbox: Inbox, message: string): void {
  const [kind, incarnation, generation] = message.split(/[ /]/);
  const object = Number(incarnation);
  if (kind === 'change') inbox.change(aChange(object, Number(generation)));
  else if (kind === 'remove') inbox.remove(aRemoval(object));
  else inbox.repair(aRepair(object, Number(generation)));
}
