import { describe, expect, it } from '@jest/globals';
import { Inbox, isLaterObject } from '../../../../model/run/inbox.ts';
import type { ChangeSignal, PendingWork } from '../../../../model/signals.ts';
import type { ToldWindow } from '../../../../model/windows/told.ts';
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

it.each<[string, ChangeSignal, boolean]>([
  ['is rolled out again, also while it is put right', aChange(2, 4), true],
  ['is not, where it is an earlier generation by now', aChange(2, 3), false],
  ['is not, where it is of an earlier object', aChange(1, 4), false],
])('What a person asks to be rolled out again %s', (_, change, isTaken) => {
  const inbox = new Inbox();
  send(inbox, 'repair 2/4');
  inbox.begin();
  const again = { ...change, action: 'uid-of-a-retry' };
  inbox.change(again);
  expect([inbox.next().change, inbox.superseded]).toEqual([isTaken ? again : undefined, isTaken]);
});

it.each<[work: string, message: string | undefined, boolean]>([
  ['remove 2', 'change 3/1', true],
  ['remove 2', 'remove 3', false],
  ['remove 2', undefined, false],
  ['change 2/4', 'change 2/5', false],
  ['change 2/4', undefined, false],
])(
  'A removal keeps a later object of its name waiting, and nothing else does: %s, then %s',
  (work, message, expected) => {
    const inbox = new Inbox();
    send(inbox, work);
    inbox.begin();
    if (message !== undefined) send(inbox, message);
    expect(inbox.keepsLaterWaiting).toBe(expected);
  },
);

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

describe('A change of nothing but how sites are gone through', () => {
  const CURRENT = aChange(2, 4);
  const BACK = { generation: 3, at: '2026-11-22T10:00:00Z' };
  /** A later order that gives the sites what the present one gives them. */
  function again(given: Partial<ChangeSignal['revision']> = {}, fleet: ChangeSignal['fleet'] = []): ChangeSignal {
    return { ...CURRENT, revision: { ...CURRENT.revision, generation: 5, ...given }, fleet };
  }

  it.each<[string, ChangeSignal, 'adjusts' | 'supersedes' | 'says nothing']>([
    ['of a later generation', again(), 'adjusts'],
    ['of a later attempt at the same generation', again({ generation: 4, attempt: 1 }), 'adjusts'],
    ['of an earlier generation', again({ generation: 3, attempt: 7 }), 'says nothing'],
    ['that is a repeat', again({ generation: 4, attempt: 0 }), 'says nothing'],
    ['that is none: the sites are given something else', again({ hash: 'other' }), 'supersedes'],
    ['that is none: a layer has FogSites now', again({}, ['edge']), 'supersedes'],
    ['that is none: it is of a later object', { ...again(), owner: anOwner(3) }, 'supersedes'],
    ['that is none: it goes back', { ...again(), rollback: BACK }, 'supersedes'],
  ])('%s', (_, signal, what) => {
    const inbox = new Inbox({ change: CURRENT });
    inbox.begin();
    const adjusted = inbox.change(signal);
    expect(adjusted).toBe(what === 'adjusts' ? signal : undefined);
    expect(inbox.superseded).toBe(what === 'supersedes');
    expect(inbox.next().change).toBe(what === 'supersedes' ? signal : undefined);
    expect(inbox.work).toEqual({ kind: 'rollout', change: what === 'adjusts' ? signal : CURRENT });
  });

  it('is for the next run where the one under way goes back, edge first', () => {
    const inbox = new Inbox({ change: { ...CURRENT, rollback: BACK } });
    inbox.begin();
    const later = again();
    expect([inbox.change(later), inbox.next().change]).toEqual([undefined, later]);
  });

  it('counts from what it has adjusted the run to', () => {
    const inbox = new Inbox({ change: CURRENT });
    inbox.begin();
    inbox.change(again({ generation: 7 }));
    expect([inbox.change(again({ generation: 6 })), inbox.hasNext]).toEqual([undefined, false]);
  });

  it('is for the next run once all is done, and only the report is under way', () => {
    const inbox = new Inbox({ change: CURRENT });
    inbox.begin();
    expect(inbox.hasEnded).toBe(false);
    inbox.end();
    expect(inbox.hasEnded).toBe(true);
    const late = again();
    expect([inbox.change(late), inbox.superseded, inbox.next().change]).toEqual([undefined, true, late]);
  });

  it('is for the next run once something else is to be given', () => {
    const inbox = new Inbox({ change: CURRENT });
    inbox.begin();
    inbox.change(again({ hash: 'other' }));
    const back = again({ generation: 6 });
    expect([inbox.change(back), inbox.next().change]).toEqual([undefined, back]);
  });

  it('has the same layers with FogSites in whatever order they are named', () => {
    const inbox = new Inbox({ change: { ...CURRENT, fleet: ['edge', 'fog'] } });
    inbox.begin();
    expect(inbox.change(again({}, ['fog', 'edge']))).toBeDefined();
  });

  it('does nothing to a repair: the later order has its turn', () => {
    const inbox = new Inbox({ repair: aRepair(2, 4) });
    inbox.begin();
    inbox.change(again());
    expect([inbox.superseded, briefs(inbox.next())]).toEqual([true, ['change 2/5']]);
  });
});

describe('A run that goes on with one that had become long', () => {
  it.each<[message: string, next: string[], superseded: boolean]>([
    ['change 2/5', ['change 2/5'], true],
    ['change 2/4', [], false],
    ['remove 2', ['remove 2'], true],
    ['repair 2/4', [], false],
  ])('takes %s as the one before would', (message, next, superseded) => {
    const inbox = new Inbox({}, { kind: 'rollout', change: aChange(2, 4) });
    send(inbox, message);
    expect([briefs(inbox.next()), inbox.superseded]).toEqual([next, superseded]);
  });

  it('keeps what waits behind its work', () => {
    const inbox = new Inbox({ change: aChange(3, 1) }, { kind: 'removal', remove: aRemoval(2) });
    expect([briefs(inbox.next()), inbox.superseded, inbox.work?.kind]).toEqual([['change 3/1'], false, 'removal']);
  });
});

describe('FogWindows that have changed', () => {
  const window: ToldWindow = { name: 'night', overrun: 'Finish', holds: true, timetable: { closed: [] } };
  const windowsNext = (inbox: Inbox) => inbox.next().change?.windows?.map(({ name }) => name);

  it('are those of a change that waits, whatever that came with', () => {
    const inbox = new Inbox({ change: aChange(2, 4) });
    inbox.begin();
    inbox.change({ ...aChange(2, 5), windows: [{ ...window, name: 'day' }] });
    inbox.windows({ uid: 'uid-2', windows: [window] });
    expect(windowsNext(inbox)).toEqual(['night']);
    inbox.windows({ uid: 'uid-2', windows: [] });
    expect(windowsNext(inbox)).toBeUndefined();
  });

  it('are nothing to a change of another object, and to none', () => {
    const inbox = new Inbox({ change: aChange(2, 4) });
    inbox.windows({ uid: 'uid-1', windows: [window] });
    expect(windowsNext(inbox)).toBeUndefined();
    inbox.begin();
    inbox.windows({ uid: 'uid-2', windows: [window] });
    expect([inbox.hasNext, inbox.superseded]).toEqual([false, false]);
    expect(inbox.work).toMatchObject({ change: { windows: [window] } });
    inbox.windows({ uid: 'uid-3', windows: [{ ...window, name: 'of another' }] });
    expect(inbox.work).toMatchObject({ change: { windows: [window] } });
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
