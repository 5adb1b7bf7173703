import { describe, expect, it } from '@jest/globals';
import { Fleet } from '../../../../model/fleet/fleet.ts';
import { Ledger } from '../../../../model/fleet/ledger.ts';
import { withHealth } from '../../../../model/status.ts';
import type { FogRolloutStatus, LayerStatus, LayerStrategy, SiteCounts } from '../../../../model/types.ts';
import { aLayer, revision } from '../builders.ts';
import { aRecord, aRecordedLayer, away, drifted, SEEN, sitesIn } from './records.ts';
import type { SiteWishes } from './sites.ts';

const NOW = '2026-11-22T12:00:00Z';
const HOUR = 3_600;

interface Given {
  letters: string;
  /** By place; `gone` has no FogSite. */
  sites?: Record<number, SiteWishes | 'gone'>;
  strategy?: LayerStrategy;
  layer?: Partial<LayerStatus>;
}

function healthOf({ letters, sites = {}, strategy = {}, layer = {} }: Given) {
  const shards = [aRecord(letters)];
  const wishes = Object.fromEntries(
    Object.entries(sites).map(([at, wish]) => [`edge-0-${at}`, wish === 'gone' ? undefined : wish]),
  );
  const fleet = new Fleet(sitesIn(shards, wishes));
  const now = Date.parse(NOW);
  return new Ledger(aRecordedLayer(shards, layer), { given: { strategy }, present: strategy }, fleet, now).health(now);
}

const counts = (total: number, ready: number, others: Partial<SiteCounts> = {}): SiteCounts => ({
  total,
  updated: ready,
  ready,
  failed: 0,
  deferred: 0,
  ...others,
});
const isAway = { status: away() };

describe('A layer of a settled rollout', () => {
  it.each<[string, Given, { ready: boolean; sites: SiteCounts; message: string }]>([
    ['that is as its run left it', { letters: 'rrr' }, { ready: true, sites: counts(3, 3), message: '' }],
    [
      'with failures that its stage took',
      { letters: 'rrf' },
      { ready: true, sites: counts(3, 2, { updated: 3, failed: 1 }), message: '' },
    ],
    [
      'counts nobody as ready who is out of reach',
      { letters: 'rrr', sites: { 0: isAway } },
      { ready: true, sites: counts(3, 2, { updated: 3, unknown: 1 }), message: '1 of 3 sites is out of reach' },
    ],
    [
      'counts deferred sites, back or not',
      { letters: 'rddd', sites: { 1: isAway, 2: isAway } },
      { ready: true, sites: counts(4, 1, { deferred: 3 }), message: '2 of 4 sites are out of reach' },
    ],
    [
      'counts as failed who was waited for long enough',
      {
        letters: 'rdd',
        sites: { 1: isAway, 2: { status: away({ lastSeen: '2026-11-22T11:59:00Z' }) } },
        strategy: { offline: { expireAfterSeconds: HOUR } },
      },
      { ready: true, sites: counts(3, 1, { failed: 1, deferred: 1 }), message: '2 of 3 sites are out of reach' },
    ],
    [
      'counts nobody as ready whose release was changed',
      { letters: 'rr', sites: { 1: { status: drifted() } } },
      {
        ready: true,
        sites: counts(2, 1, { updated: 2 }),
        message: '1 of 2 sites has a release that somebody changed or deleted',
      },
    ],
    [
      'counts as failed what was under way when its shard was lost',
      { letters: 'rfi', layer: { phase: 'Failed', message: 'edge: shard 1 of 1 was lost' } },
      { ready: false, sites: counts(3, 1, { updated: 3, failed: 2 }), message: 'edge: shard 1 of 1 was lost' },
    ],
    [
      'says of how many the release was changed',
      { letters: 'rrr', sites: { 0: { status: drifted() }, 1: { status: drifted() } } },
      {
        ready: true,
        sites: counts(3, 1, { updated: 3 }),
        message: '2 of 3 sites have a release that somebody changed or deleted',
      },
    ],
    [
      'counts as ready what somebody may take over',
      { letters: 'rr', sites: { 1: { status: drifted('web', 'the Deployment is to be taken over') } } },
      { ready: true, sites: counts(2, 2), message: '' },
    ],
    [
      'does not count who is gone',
      { letters: 'rrdh', sites: { 0: 'gone', 2: 'gone' } },
      { ready: true, sites: counts(2, 1), message: '' },
    ],
    [
      'that all its sites have left has nothing to be ready',
      { letters: 'rr', sites: { 0: 'gone', 1: 'gone' } },
      { ready: true, sites: counts(0, 0), message: '' },
    ],
    [
      'names who was skipped',
      { letters: 'rss' },
      { ready: true, sites: counts(3, 1), message: '2 of 3 sites were skipped' },
    ],
    [
      'is not well where everybody was skipped',
      { letters: 'ss', sites: { 1: 'gone' } },
      {
        ready: false,
        sites: counts(1, 0),
        message: '0 of 2 sites became ready, 1 must (2 skipped); 1 of 1 site was skipped',
      },
    ],
    [
      'counts nobody as ready who is somewhere else by now',
      { letters: 'rr', sites: { 1: { namespace: 'elsewhere' } } },
      { ready: true, sites: counts(1, 1), message: '' },
    ],
    [
      'is not well with fewer ready than must be',
      { letters: 'rrr', sites: { 0: isAway, 1: isAway }, strategy: { minSuccess: 2 } },
      {
        ready: false,
        sites: counts(3, 1, { updated: 3, unknown: 2 }),
        message: '1 of 3 sites became ready, 2 must (2 deferred); 2 of 3 sites are out of reach',
      },
    ],
    [
      'is not well with fewer in reach than must be',
      { letters: 'rrrr', sites: { 0: isAway }, strategy: { offline: { minReachable: '80%' } } },
      {
        ready: false,
        sites: counts(4, 3, { updated: 4, unknown: 1 }),
        message: '3 of 4 sites could be reached, 4 must; 1 of 4 sites is out of reach',
      },
    ],
    [
      'says of all that are not ready how they stand',
      {
        letters: 'rrfdhh',
        sites: { 1: { status: drifted() }, 3: isAway },
        strategy: { minSuccess: 6, offline: { expireAfterSeconds: HOUR } },
      },
      {
        ready: false,
        sites: counts(6, 1, { updated: 3, failed: 2 }),
        message:
          '1 of 6 sites became ready, 6 must (2 failed, 3 held); 1 of 6 sites is out of reach; ' +
          '1 of 6 sites has a release that somebody changed or deleted',
      },
    ],
    [
      'counts as failed all that failed, were waited for in vain or were lost',
      {
        letters: 'rfid',
        sites: { 3: isAway },
        strategy: { offline: { expireAfterSeconds: HOUR } },
        layer: { phase: 'Failed', message: 'edge: shard 1 of 1 was lost' },
      },
      { ready: false, sites: counts(4, 1, { updated: 3, failed: 3 }), message: 'edge: shard 1 of 1 was lost' },
    ],
    [
      'is not worse for a site that failed when it came later',
      { letters: 'rf', strategy: { maxFailures: 0 } },
      { ready: true, sites: counts(2, 1, { updated: 2, failed: 1 }), message: '' },
    ],
    [
      'keeps why it failed',
      { letters: 'rrfw', sites: { 0: isAway }, layer: { phase: 'Failed', message: 'edge: too many' } },
      {
        ready: false,
        sites: counts(4, 1, { updated: 3, failed: 1, unknown: 1 }),
        message: 'edge: too many',
      },
    ],
    [
      'that a newer revision never came to keeps what is said of that',
      { letters: 'rr', sites: { 0: isAway }, layer: { phase: 'Pending', sites: counts(2, 2, { updated: 0 }) } },
      { ready: false, sites: counts(2, 1, { updated: 0, unknown: 1 }), message: '' },
    ],
  ])('%s', (_, given, expected) => {
    const { health } = healthOf(given)!;
    expect({ ...health, message: health.message ?? '' }).toEqual({ layer: 'edge', ...expected });
  });

  it('is asked again when the next site will have been waited for in vain', () => {
    const seen = '2026-11-22T11:30:00Z';
    const given = { letters: 'ddd', sites: { 0: isAway, 1: { status: away({ lastSeen: seen }) } } };
    const strategy = { offline: { expireAfterSeconds: 2 * HOUR } };
    expect(healthOf({ ...given, strategy })?.expires).toBe(Date.parse(SEEN) + 2 * HOUR * 1000);
    expect(healthOf(given)).not.toHaveProperty('expires');
    const never = { letters: 'd', sites: { 0: { status: away({}) } }, strategy };
    expect(healthOf(never)?.expires).toBe(Date.parse('2026-11-22T10:31:00Z') + 2 * HOUR * 1000);
  });

  it.each<[string, Given]>([
    ['while sites are under way', { letters: 'ri' }],
    ['while its record is not whole', { letters: 'rr', layer: { shards: 2 } }],
  ])('is not judged %s', (_, given) => {
    expect(healthOf(given)).toBeUndefined();
  });
});

describe('The status of a settled rollout over many sites', () => {
  const condition = { type: 'Ready', observedGeneration: 4, lastTransitionTime: SEEN, message: '' } as const;
  const status: FogRolloutStatus = {
    observedGeneration: 4,
    phase: 'Succeeded',
    version: 'v1.2.0',
    revision,
    layers: [aLayer('edge', { phase: 'Ready', generation: 4, shards: 1, sites: counts(3, 3) })],
    conditions: [{ ...condition, status: 'True', reason: 'Succeeded' }],
  };
  const now = (given: Given) => withHealth(status, [healthOf(given)!.health], NOW);

  it('is not written while it is true', () => {
    expect(now({ letters: 'rrr' })).toBeUndefined();
  });

  it('counts who is out of reach, and stays ready while the strategy allows it', () => {
    const changed = now({ letters: 'rrr', sites: { 1: isAway } })!;
    expect(changed.layers?.[0]).toMatchObject({
      phase: 'Ready',
      sites: { ready: 2, unknown: 1 },
      message: '1 of 3 sites is out of reach',
    });
    expect(changed.conditions).toMatchObject([{ status: 'True', lastTransitionTime: SEEN }]);
    const back = withHealth(changed, [healthOf({ letters: 'rrr' })!.health], NOW)!;
    expect(back.layers).toEqual(status.layers);
  });

  it('is not ready when the strategy asks for more', () => {
    const given = { letters: 'rrr', sites: { 1: isAway }, strategy: { offline: { minReachable: 3 } } };
    const changed = now(given)!;
    expect([changed.phase, changed.conditions]).toMatchObject([
      'Succeeded',
      [{ type: 'Ready', status: 'False', reason: 'ReleaseNotReady', message: expect.stringContaining('edge: 2 of 3') }],
    ]);
    expect(withHealth(changed, [healthOf(given)!.health], NOW)).toBeUndefined();
  });

  it('is put right where only its condition is wrong', () => {
    const wrong = { ...status, conditions: [{ ...condition, status: 'False' as const, reason: 'ReleaseNotReady' }] };
    const health = healthOf({ letters: 'rrr' })!.health;
    expect(withHealth(wrong, [health], NOW)?.conditions?.[0]?.status).toBe('True');
    expect(withHealth({ ...wrong, layers: [...status.layers!, aLayer('cloud')] }, [health], NOW)).toBeUndefined();
  });
});
