import { describe, expect, it } from '@jest/globals';
import type { FogSite, FogSiteStatus, SiteCondition } from '../../../../model/types.ts';
import type { Reach, SiteObservation } from '../../../../watcher/sites/source.ts';
import { type Judgement, statusOf, statusPatch, type Urgency, urgencyOf } from '../../../../watcher/sites/status.ts';
import { aSite } from '../../model/fleet/sites.ts';

const NOW = '2026-11-22T12:00:00Z';
const BEFORE = '2026-11-22T10:00:00Z';
const judgement: Judgement = {
  uid: 'uid-x',
  generation: 1,
  verdict: { ready: true, reason: 'Usable', message: 'Takes part' },
};
const ready: SiteCondition = {
  type: 'Ready',
  status: 'True',
  observedGeneration: 1,
  lastTransitionTime: BEFORE,
  reason: 'Usable',
  message: 'Takes part',
};
const reachable: SiteCondition = { ...ready, type: 'Reachable', reason: 'Answering', message: 'Asks for work' };
const answering: Reach = { status: 'True', reason: 'Answering', message: 'in other words', worker: 'w2' };
const away: Reach = { status: 'False', reason: 'WorkerAway', message: 'gone', lastSeen: '2026-11-22T11:00:00Z' };
const drift = { namespace: 'shop', name: 'web', message: 'changed' };
const withReady = (change: Partial<SiteCondition>, wishes = {}) =>
  aSite('x', { status: { conditions: [{ ...ready, ...change }] }, ...wishes });

describe('The Ready condition of a status', () => {
  it.each<[string, FogSite, Partial<SiteCondition> | undefined]>([
    ['of a site that nobody has judged', aSite('x'), { lastTransitionTime: NOW }],
    ['of one that is as it says', withReady({}), { lastTransitionTime: BEFORE }],
    ['of one that was not ready', withReady({ status: 'False' }), { lastTransitionTime: NOW }],
    ['of one that says it in other words', withReady({ message: 'Held' }), { lastTransitionTime: BEFORE }],
    ['of one judged in an older generation', withReady({ observedGeneration: 0 }), { lastTransitionTime: BEFORE }],
    ['of one that has changed since it was judged', withReady({ status: 'False' }, { generation: 2 }), undefined],
    ['of another of its name', { ...withReady({}), metadata: { ...aSite('x').metadata, uid: 'uid-2' } }, undefined],
  ])('%s', (_, site, expected) => {
    expect(statusOf(site, judgement, {}, NOW)?.conditions).toEqual(expected && [{ ...ready, ...expected }]);
  });
});

describe('What else a status says', () => {
  const known: FogSiteStatus = {
    lastSeen: BEFORE,
    worker: 'w1',
    releases: 3,
    drifted: [drift],
    conditions: [ready, reachable],
  };
  it.each<[string, FogSiteStatus, SiteObservation, FogSiteStatus]>([
    ['stays while nobody knows better', known, {}, known],
    [
      'is nothing of reach on the hub',
      known,
      { reach: null, releases: 4, drifted: [] },
      { releases: 4, conditions: [ready] },
    ],
    [
      'is a reach in the words it was first told in',
      known,
      { reach: answering },
      { ...known, lastSeen: NOW, worker: 'w2' },
    ],
    [
      'is since when it is away, and who last saw it',
      known,
      { reach: away },
      {
        ...known,
        lastSeen: '2026-11-22T11:00:00Z',
        conditions: [
          ready,
          { ...reachable, status: 'False', reason: 'WorkerAway', message: 'gone', lastTransitionTime: NOW },
        ],
      },
    ],
    [
      'is another reason for the same',
      { conditions: [ready, { ...reachable, status: 'False', reason: 'ClusterAway' }] },
      { reach: { ...away, lastSeen: BEFORE } },
      {
        lastSeen: BEFORE,
        conditions: [ready, { ...reachable, status: 'False', reason: 'WorkerAway', message: 'gone' }],
      },
    ],
    [
      'is what drifted, by name',
      { conditions: [ready] },
      { drifted: [drift, { ...drift, name: 'api' }] },
      { drifted: [{ ...drift, name: 'api' }, drift], conditions: [ready] },
    ],
  ])('%s', (_, status, facts, expected) => {
    expect(statusOf(aSite('x', { status }), judgement, facts, NOW)).toEqual(expected);
  });
});

describe('A status is written', () => {
  const due: FogSiteStatus = { lastSeen: NOW, worker: 'w1', releases: 3, conditions: [ready, reachable] };
  it.each<[string, FogSiteStatus | undefined, FogSiteStatus, Urgency | undefined]>([
    ['at once, the first time', undefined, due, 'now'],
    ['at once for a condition', { ...due, conditions: [ready] }, due, 'now'],
    ['at once for a release that drifted', due, { ...due, drifted: [drift] }, 'now'],
    ['at once for one that no longer does', { ...due, drifted: [drift] }, due, 'now'],
    ['later for a count', { ...due, releases: 2 }, due, 'count'],
    ['never for a minute', { ...due, lastSeen: '2026-11-22T11:56:00Z' }, due, undefined],
    ['some time for five', { ...due, lastSeen: '2026-11-22T11:55:00Z' }, due, 'refresh'],
    ['some time for another worker', { ...due, worker: 'w2' }, due, 'refresh'],
    [
      'never for the time of one that is away',
      { ...due, lastSeen: BEFORE, conditions: [{ ...reachable, status: 'False' }] },
      { ...due, conditions: [{ ...reachable, status: 'False' }] },
      undefined,
    ],
    ['never for the order of its fields', { conditions: due.conditions!, ...due }, due, undefined],
  ])('%s', (_, before, now, urgency) => {
    expect(urgencyOf(before, now)).toBe(urgency);
  });

  it('in place of the one it was made from, and of no other', () => {
    const uid = { op: 'test', path: '/metadata/uid', value: 'uid-x' };
    const add = { op: 'add', path: '/status', value: due };
    const version = { op: 'test', path: '/metadata/resourceVersion', value: '7' };
    expect(statusPatch(aSite('x'), due)).toEqual([uid, version, add]);
    const status = { releases: 1 };
    expect(statusPatch(aSite('x', { status }), due)).toEqual([
      uid,
      { op: 'test', path: '/status', value: status },
      add,
    ]);
  });
});
