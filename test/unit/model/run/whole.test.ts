import { describe, expect, it } from '@jest/globals';
import { isChange, isRemove, isRepair } from '../../../../model/run/whole.ts';
import { aChange, aRemoval, aRepair } from './messages.ts';

const whole = aChange(1, 4);
const withRevision = (fields: object) => ({ ...whole, revision: { ...whole.revision, ...fields } });
const withStrategy = (strategy: unknown) => withRevision({ strategy });
const withLayer = (edge: unknown) => withStrategy({ ...whole.revision.strategy, layers: { edge } });

describe('A change that is whole', () => {
  it.each<[string, object]>([
    ['has no more than it must', whole],
    ['is of a later attempt', withRevision({ attempt: 2 })],
    ['says who asks for it', { ...whole, action: 'uid', asked: { action: 'Retry', by: 'alice', at: 'now' } }],
    ['has layers with FogSites', { ...whole, fleet: ['fog', 'edge'] }],
    ['has a layer of which it says nothing', withLayer({})],
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
    ['of an attempt that is no number', withRevision({ attempt: 'x' })],
    ['whose layers are null', withRevision({ layers: { edge: null } })],
    ['that nobody asks for', { ...whole, asked: { action: 'Retry', by: 7 } }],
    ['that keeps no revision', withStrategy({ ...whole.revision.strategy, revisionHistoryLimit: 0 })],
    ['with FogSites in no layer', { ...whole, fleet: 'edge' }],
    ['without a strategy', withStrategy(null)],
    ['with an empty strategy', withStrategy({})],
    ['with a list as strategy', withStrategy([])],
    ['whose strategy has layers null', withStrategy({ ...whole.revision.strategy, layers: null })],
    ['without a deadline', withStrategy({ layers: {} })],
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
      { offline: null },
      { offline: { afterSeconds: 'x' } },
      { offline: { minReachable: {} } },
    ].map((layer): [string, object] => [`with ${JSON.stringify(layer)} for a layer`, withLayer(layer)]),
  ])('%s', (_, change) => {
    expect(isChange(change)).toBe(false);
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
