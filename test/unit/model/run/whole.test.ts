import { describe, expect, it } from '@jest/globals';
import { isAction, isChange, isRemove, isRepair, isWindows } from '../../../../model/run/whole.ts';
import { aChange, aRemoval, aRepair } from './messages.ts';

const whole = aChange(1, 4);
const withRevision = (fields: object) => ({ ...whole, revision: { ...whole.revision, ...fields } });
const withStrategy = (strategy: unknown) => withRevision({ strategy });
const NIGHT = {
  name: 'night',
  namespace: 'ops',
  overrun: 'Stop',
  holds: true,
  reason: 'the shops are open',
  timetable: {
    closed: [{ from: '2026-01-01T00:00:00Z', until: '2026-01-01T08:00:00Z' }, { from: '2026-01-02T00:00:00Z' }],
    knownUntil: '2026-01-03T00:00:00Z',
  },
};
const withLayer = (edge: unknown) => withStrategy({ ...whole.revision.strategy, layers: { edge } });

describe('A change that is whole', () => {
  it.each<[string, object]>([
    ['has no more than it must', whole],
    ['is of a later attempt', withRevision({ attempt: 2 })],
    ['says who last changed spec', { ...whole, author: 'alice' }],
    ['says who asks for it', { ...whole, action: 'uid', asked: { action: 'Retry', by: 'alice', at: 'now' } }],
    ['has layers with FogSites', { ...whole, fleet: ['fog', 'edge'] }],
    ['has a layer of which it says nothing', withLayer({})],
    ['has a gate of each kind', withLayer({ before: [{ approval: {} }, { name: 'w', window: { ref: 'night' } }] })],
    ['has a gate with a window of its own', withLayer({ before: [{ window: { deny: [{}] } }] })],
    ['has FogWindows', { ...whole, windows: [NIGHT, { ...NIGHT, inline: true }] }],
    [
      'says all that can be said of a layer',
      withLayer({
        siteSelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] },
        maxConcurrency: '10%',
        maxFailures: 1,
        minSuccess: '5',
        waves: [{ name: 'canary', size: '1%', siteSelector: {} }],
        order: 'rank',
        rampUp: { initial: 1, factor: 2 },
        maxSitesPerMinute: 6,
        before: [{ name: 'a', approval: { required: 2, notAuthor: true } }],
        after: [{ http: { url: 'https://a.example', secretRef: { name: 'a', key: 'b' }, deadlineSeconds: 60 } }],
        offline: { policy: 'Defer', afterSeconds: 60, minReachable: 1, expireAfterSeconds: 90 },
      }),
    ],
  ])('%s', (_, change) => {
    expect(isChange(change)).toBe(true);
  });
});

describe('A change is dropped', () => {
  it.each<[string, object]>([
    ['that is empty', {}],
    ['of nobody', { ...whole, owner: null }],
    ['without a revision', { ...whole, revision: null }],
    ['of no version', withRevision({ version: undefined })],
    ['of a version that is no text', withRevision({ version: 7 })],
    ['without a hash of what it gives', withRevision({ hash: undefined })],
    ['of an attempt that is no number', withRevision({ attempt: 'x' })],
    ['whose layers are null', withRevision({ layers: { edge: null } })],
    ['of an author that is no name', { ...whole, author: ['alice'] }],
    ['that nobody asks for', { ...whole, asked: { action: 'Retry', by: 7 } }],
    ['that keeps no revision', withStrategy({ ...whole.revision.strategy, revisionHistoryLimit: 0 })],
    ['with FogSites in no layer', { ...whole, fleet: 'edge' }],
    ['with FogWindows that are none', { ...whole, windows: [null] }],
    ['without a strategy', withStrategy(null)],
    ['with an empty strategy', withStrategy({})],
    ['with a list as strategy', withStrategy([])],
    ['whose strategy has layers null', withStrategy({ ...whole.revision.strategy, layers: null })],
    ['without a deadline', withStrategy({ layers: {} })],
    ['of a deadline that no date is', withStrategy({ ...whole.revision.strategy, progressDeadlineSeconds: 1e12 })],
    ...[
      null,
      'x',
      { siteSelector: null },
      { siteSelector: { matchLabels: null } },
      { siteSelector: { matchExpressions: [null] } },
      { siteSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: 'b' }] } },
      { maxConcurrency: 'all' },
      { maxFailures: null },
      { minSuccess: -1 },
      { waves: {} },
      { waves: [null] },
      { waves: [{ size: 'some' }] },
      { order: 7 },
      { rampUp: null },
      { rampUp: { initial: 0 } },
      { rampUp: { factor: 1 } },
      { maxSitesPerMinute: 0 },
      { before: [{}] },
      { before: [{ toString: {} }] },
      { before: [{ http: { url: 'https://a.example' }, other: {} }] },
      { before: [{ approval: null }] },
      { before: [{ approval: { notAuthor: 'yes' } }] },
      { before: [{ approval: {}, http: { url: 'https://a.example' } }] },
      { after: [{ http: {} }] },
      { after: [{ http: { url: 7 } }] },
      { after: [{ http: { url: 'https://a.example', success: 7 } }] },
      { after: [{ http: { url: 'https://a.example', secretRef: 'a' } }] },
      { after: [{ http: { url: 'https://a.example', retrySeconds: 0 } }] },
      { after: [{ http: { url: 'https://a.example', deadlineSeconds: 1e12 } }] },
      { offline: null },
      { offline: { afterSeconds: 'x' } },
      { offline: { minReachable: {} } },
      { soakSeconds: 1e12 },
      { before: [{ approval: { expiresAfterSeconds: 1e12 } }] },
      { offline: { afterSeconds: -1 } },
      { offline: { expireAfterSeconds: 1e12 } },
      { before: [{ window: {} }] },
      { before: [{ window: { ref: 'a', deny: [{}] } }] },
      { before: [{ window: { allow: [{ start: 8 }] } }] },
      { before: [{ window: { deny: {} } }] },
      { before: [{ window: { ref: 'a' }, approval: {} }] },
      { before: [{}] },
    ].map((layer): [string, object] => [`with ${JSON.stringify(layer)} for a layer`, withLayer(layer)]),
  ])('%s', (_, change) => {
    expect(isChange(change)).toBe(false);
  });
});

describe('FogWindows', () => {
  const windows = (window: unknown) => ({ uid: 'uid-1', windows: [window] });

  it('that are whole are taken, and none at all', () => {
    expect([isWindows(windows(NIGHT)), isWindows({ uid: 'uid-1', windows: [] })]).toEqual([true, true]);
  });

  it.each<[string, object]>([
    ['of nobody', { windows: [] }],
    ['that are no list', { uid: 'uid-1', windows: NIGHT }],
    ...[
      null,
      {},
      { ...NIGHT, name: 7 },
      { ...NIGHT, inline: 'yes' },
      { ...NIGHT, overrun: 'Wait' },
      { ...NIGHT, holds: 'yes' },
      { ...NIGHT, timetable: null },
      { ...NIGHT, timetable: { closed: {} } },
      { ...NIGHT, timetable: { closed: [{}] } },
      { ...NIGHT, timetable: { closed: [{ from: 'tomorrow' }] } },
      { ...NIGHT, timetable: { closed: [{ from: '2026-01-01T00:00:00Z', until: 'some day' }] } },
      { ...NIGHT, timetable: { closed: [], knownUntil: 'x' } },
    ].map((window): [string, object] => [`with ${JSON.stringify(window)}`, windows(window)]),
  ])('%s are dropped', (_, signal) => {
    expect(isWindows(signal)).toBe(false);
  });
});

describe('Of the other messages', () => {
  it('those that are whole are taken', () => {
    expect([isRemove(aRemoval(1)), isRepair(aRepair(1, 4))]).toEqual([true, true]);
  });

  it('those with rubbish in lists are dropped', () => {
    expect(isRemove({ ...aRemoval(1), fleet: 7 })).toBe(false);
    expect(isRepair({ ...aRepair(1, 4), layers: [{ layer: 'fog', drifted: 'x' }] })).toBe(false);
  });
});

describe('An action is whole', () => {
  const pause = { uid: 'u', action: 'Pause', by: 'alice', at: '2026-01-01T00:00:00Z' } as const;

  it.each([
    ['with words of the length that the CRD allows', '🛑'.repeat(256), true],
    ['and not with longer ones', 'a'.repeat(257), false],
  ])('%s', (_, reason, expected) => {
    expect(isAction({ ...pause, reason })).toBe(expected);
  });
});
