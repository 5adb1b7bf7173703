import { describe, expect, it } from '@jest/globals';
import type { FogSite, SiteCondition } from '../../../../model/types.ts';
import { dueCondition, type Judgement, statusPatch } from '../../../../watcher/sites/status.ts';
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
const reachable: SiteCondition = { ...ready, type: 'Reachable' };
const withReady = (change: Partial<SiteCondition>, wishes = {}) =>
  aSite('x', { status: { conditions: [reachable, { ...ready, ...change }] }, ...wishes });

describe('The Ready condition that is due', () => {
  it.each<[string, FogSite, Partial<SiteCondition> | undefined]>([
    ['of a site that nobody has judged', aSite('x'), { lastTransitionTime: NOW }],
    [
      'of a site of which only its reach is known',
      aSite('x', { status: { conditions: [reachable] } }),
      { lastTransitionTime: NOW },
    ],
    ['of one that is as it says', withReady({}), undefined],
    ['of one that was not ready', withReady({ status: 'False' }), { lastTransitionTime: NOW }],
    ['of one that says it in other words', withReady({ message: 'Held' }), { lastTransitionTime: BEFORE }],
    ['of one that had another reason', withReady({ reason: 'Held' }), { lastTransitionTime: BEFORE }],
    ['of one judged in an older generation', withReady({ observedGeneration: 0 }), { lastTransitionTime: BEFORE }],
    ['of one that has changed since it was judged', withReady({ status: 'False' }, { generation: 2 }), undefined],
    ['of another of its name', { ...withReady({}), metadata: { ...aSite('x').metadata, uid: 'uid-2' } }, undefined],
  ])('%s', (_, site, expected) => {
    expect(dueCondition(site, judgement, NOW)).toEqual(expected && { ...ready, ...expected });
  });
});

describe('The patch of a status', () => {
  const uid = { op: 'test', path: '/metadata/uid', value: 'uid-x' };
  const version = { op: 'test', path: '/metadata/resourceVersion', value: '7' };
  it.each<[string, FogSite, { condition?: SiteCondition; releases?: number }, object[]]>([
    [
      'the first',
      aSite('x'),
      { condition: ready, releases: 0 },
      [
        uid,
        version,
        { op: 'add', path: '/status', value: {} },
        { op: 'add', path: '/status/conditions', value: [ready] },
        { op: 'add', path: '/status/releases', value: 0 },
      ],
    ],
    [
      'the first condition',
      aSite('x', { status: { releases: 1 } }),
      { condition: ready },
      [uid, version, { op: 'add', path: '/status/conditions', value: [ready] }],
    ],
    [
      'beside another condition',
      aSite('x', { status: { conditions: [reachable] } }),
      { condition: ready },
      [uid, { op: 'add', path: '/status/conditions/-', value: ready }],
    ],
    [
      'in the place of an older one',
      withReady({ reason: 'Held' }),
      { condition: ready },
      [
        uid,
        { op: 'test', path: '/status/conditions/1', value: { ...ready, reason: 'Held' } },
        { op: 'replace', path: '/status/conditions/1', value: ready },
      ],
    ],
    ['of the count alone', withReady({}), { releases: 3 }, [uid, { op: 'add', path: '/status/releases', value: 3 }]],
  ])('%s', (_, site, due, expected) => {
    expect(statusPatch(site, due)).toEqual(expected);
  });
});
