import { describe, expect, it } from '@jest/globals';
import type { Awaited, LayerSummary, RolloutSummary } from '../../../model/rollout-summary.ts';
import type { LayerPhase, Phase } from '../../../model/types.ts';
import { shareOf, shareText } from '../../../page/list/layer-share.ts';
import { listed } from '../../../page/list/rows.ts';
import { standingText } from '../../../page/list/standing.ts';
import { ageText, countText, phaseText } from '../../../page/text.ts';

const GATE: Awaited = { kind: 'gate', gate: 'hours', layer: 'edge', at: 'before', message: 'the shops are open' };

function aLayer(
  layer: LayerSummary['layer'],
  phase: LayerPhase,
  sites: Partial<LayerSummary['sites']> = {},
): LayerSummary {
  const all = { total: 10, updated: 0, ready: 0, failed: 0, deferred: 0, unknown: 0, ...sites };
  return { layer, phase, version: phase === 'Ready' ? 'v2' : 'v1', sites: all };
}

function aSummary(name: string, phase: Phase, more: Partial<RolloutSummary> = {}): RolloutSummary {
  const createdAt = '2026-11-22T12:00:00Z';
  const whole = { namespace: 'shop', name, phase, version: 'v2', ready: phase === 'Succeeded', createdAt };
  return { ...whole, layers: [], waitsFor: [], ...more };
}

describe('the list', () => {
  const all = [
    aSummary('fine', 'Succeeded'),
    aSummary('busy', 'Progressing'),
    aSummary('bad', 'Failed'),
    aSummary('stuck', 'Progressing', { waitsFor: [GATE] }),
    aSummary('asks', 'WaitingForApproval', { namespace: 'depot' }),
    aSummary('worn', 'Succeeded', { ready: false }),
  ];
  const names = (filter = {}) => listed(all, filter).rows.map(({ name }) => name);

  it('has first what a person has to look at', () => {
    expect(names()).toEqual(['bad', 'worn', 'asks', 'stuck', 'busy', 'fine']);
  });

  it.each([
    ['a phase', { phase: 'Failed' }, ['bad']],
    ['a namespace', { namespace: 'depot' }, ['asks']],
    ['a part of its name', { text: 'BU' }, ['busy']],
    ['what it waits for', { text: 'shop/ open' }, ['stuck']],
    ['all of these', { namespace: 'shop', phase: 'Progressing', text: 'busy' }, ['busy']],
    ['what nobody has', { text: 'nowhere' }, []],
  ])('can be filtered by %s', (_, filter, expected) => {
    expect(names(filter)).toEqual(expected);
  });

  it('counts phases of what matches otherwise', () => {
    const { counts, total, namespaces } = listed(all, { phase: 'Failed', namespace: 'shop' });
    expect(counts).toEqual([
      ['Failed', 1],
      ['Progressing', 2],
      ['Succeeded', 2],
    ]);
    expect([total, namespaces]).toEqual([5, ['depot', 'shop']]);
  });
});

describe('the bar of a layer', () => {
  it.each<[string, LayerPhase, Partial<LayerSummary['sites']>, string]>([
    ['nothing given yet', 'Pending', {}, '0 of 10 ready'],
    ['what they had', 'Pending', { updated: 10, ready: 10 }, '10 of 10 ready, 10 with what they had'],
    ['half of it', 'Progressing', { updated: 5, ready: 9 }, '9 of 10 ready, 4 with what they had'],
    ['under way', 'Progressing', { updated: 5, ready: 2 }, '2 of 10 ready, 3 under way'],
    ['failures', 'Failed', { updated: 6, ready: 5, failed: 3 }, '5 of 10 ready, 3 failed'],
    [
      'out of reach',
      'Ready',
      { updated: 9, ready: 8, unknown: 1, deferred: 1 },
      '8 of 10 ready, 2 out of reach or left for later',
    ],
    [
      'more than there can be',
      'Failed',
      { updated: 10, ready: 9, failed: 9, unknown: 9 },
      '9 of 10 ready, 1 out of reach or left for later',
    ],
  ])('%s', (_, phase, sites, expected) => {
    const share = shareOf(aLayer('edge', phase, sites), 'v2');
    expect(shareText(share)).toBe(expected);
    expect(share.ready + share.before + share.underWay + share.failed + share.away).toBeLessThanOrEqual(10);
  });
});

describe('what a rollout waits for', () => {
  const layers = (...phases: LayerPhase[]) =>
    (['cloud', 'fog', 'edge'] as const).map((of, at) => aLayer(of, phases[at]!));
  it.each<[string, RolloutSummary, string]>([
    ['a gate', aSummary('web', 'Progressing', { waitsFor: [GATE] }), 'gate hours before edge: the shops are open'],
    [
      'a person, and something else',
      aSummary('web', 'Paused', { waitsFor: [{ kind: 'hold', message: 'paused by ann' }, GATE] }),
      'paused by ann, and 1 more',
    ],
    [
      'layers above',
      aSummary('web', 'Progressing', { layers: layers('Progressing', 'Pending', 'Pending') }),
      'rolling out to cloud; fog and edge wait for it',
    ],
    [
      'nothing',
      aSummary('web', 'Progressing', { layers: layers('Ready', 'Ready', 'Progressing') }),
      'rolling out to edge',
    ],
    [
      'somebody who repairs it',
      aSummary('web', 'Failed', { layers: layers('Ready', 'Failed', 'Pending') }),
      'fog failed; edge not promoted',
    ],
    [
      'those of its sites that failed',
      aSummary('web', 'Failed', { layers: [aLayer('edge', 'Failed', { failed: 3 })] }),
      'edge failed at 3 of 10 sites',
    ],
    ['nothing any more', aSummary('web', 'Succeeded'), ''],
    ['what it has lost', aSummary('web', 'Succeeded', { ready: false }), 'not ready any more'],
  ])('%s', (_, summary, expected) => {
    expect(standingText(summary)).toBe(expected);
  });
});

describe('in words', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  it.each([
    ['2026-11-22T11:59:52Z', '8s'],
    ['2026-11-22T11:00:01Z', '59m'],
    ['2026-11-21T12:00:01Z', '23h'],
    ['2026-10-01T12:00:00Z', '52d'],
    ['2026-11-22T13:00:00Z', '0s'],
    ['yesterday', '–'],
  ])('%s was %s ago', (time, expected) => {
    expect(ageText(time, now)).toBe(expected);
  });

  it('counts and phases read as text', () => {
    expect([countText(1, 'site'), countText(10_000, 'site')]).toEqual(['1 site', '10,000 sites']);
    expect(phaseText('WaitingForApproval')).toBe('Waiting for approval');
  });
});
