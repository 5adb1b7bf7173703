import { describe, expect, it } from '@jest/globals';
import { untouched } from '../../../model/fleet/report.ts';
import {
  layerCaughtUp,
  layerCounts,
  layerProgress,
  stageFailed,
  stageReady,
  withFailures,
} from '../../../model/status-fleet.ts';
import type { FogRolloutStatus, SiteFailure } from '../../../model/types.ts';
import { aLayer } from './builders.ts';

const NOW = '2026-11-22T10:00:00Z';
const REVISION = { generation: 4, version: 'v4', hash: 'h4' };

function aStatus(sites: object = {}): FogRolloutStatus {
  const edge = aLayer('edge', {
    phase: 'Ready',
    sites: { total: 9, updated: 9, ready: 9, failed: 0, deferred: 0, ...sites },
  });
  return { observedGeneration: 4, phase: 'Succeeded', layers: [aLayer('cloud'), edge] };
}

const edgeOf = ({ layers }: FogRolloutStatus) => layers?.find(({ name }) => name === 'edge');
const counts = (some: object) => ({ ...untouched(0), ...some });
const failure = (site: string): SiteFailure => ({ site, layer: 'edge', reason: 'Invalid', message: site });

describe('A stage over many sites in the status', () => {
  it('counts its sites and says what goes on, by its wave where it has several', () => {
    const progress = {
      revision: REVISION,
      hash: 'content-4',
      applied: 4,
      total: 9,
      counts: counts({ blocked: 2, inFlight: 3, ready: 2, failed: 1, held: 1 }),
      shards: 2,
    };
    expect(edgeOf(layerProgress(aStatus(), 'edge', progress))).toMatchObject({
      phase: 'Progressing',
      version: 'v4',
      generation: 4,
      hash: 'content-4',
      shards: 2,
      sites: { total: 9, updated: 4, ready: 2, failed: 1, deferred: 0 },
      message: '3 under way, 2 waiting for their parents, 1 held',
    });
    const waved = layerProgress(aStatus(), 'edge', { ...progress, wave: 'wave 1 of 2 (canary)' });
    expect(edgeOf(waved)?.message).toMatch(/^wave 1 of 2 \(canary\): 3 under way/);
  });

  it.each<[string, object, object, object]>([
    ['that nothing was given yet keeps what it had', { applied: 0 }, { version: 'v3', generation: 3, hash: 'h3' }, {}],
    ['that was given it has that', { applied: 1 }, { version: 'v4', generation: 4, hash: 'content-4' }, {}],
    ['that had FogSites keeps their record until then', { applied: 0 }, { generation: 3, shards: 2 }, { shards: 2 }],
    ['that had FogSites is its one implicit site then', { applied: 1 }, { generation: 4 }, { shards: 2 }],
  ])('of one implicit site %s', (_, given, expected, had) => {
    const before = aStatus();
    Object.assign(edgeOf(before)!, { version: 'v3', generation: 3, hash: 'h3', ...had });
    const progress = { revision: REVISION, hash: 'content-4', total: 1, counts: counts({ inFlight: 1 }), applied: 0 };
    const edge = edgeOf(layerProgress(before, 'edge', { ...progress, ...given }));
    expect(edge).toMatchObject(expected);
    expect(edge?.shards).toBe((expected as { shards?: number }).shards);
    expect(edge).not.toHaveProperty('message');
  });

  it('ends with its counts as they are, well or badly', () => {
    const behind = aStatus({ ready: 7, failed: 2 });
    expect(edgeOf(stageReady(behind, 'edge', NOW))).toMatchObject({
      phase: 'Ready',
      finishedAt: NOW,
      sites: { failed: 2 },
    });
    expect(edgeOf(stageFailed(behind, 'edge', 'too many', NOW))).toMatchObject({
      phase: 'Failed',
      message: 'too many',
    });
  });

  it('keeps the newest failure of each site, twenty at most', () => {
    const some = withFailures(
      aStatus(),
      Array.from({ length: 20 }, (_, at) => failure(`edge-${at}`)),
    );
    const more = withFailures(some, [{ ...failure('edge-3'), reason: 'Forbidden' }, failure('edge-99')]);
    expect(more.failures?.slice(0, 2).map(({ site, reason }) => [site, reason])).toEqual([
      ['edge-3', 'Forbidden'],
      ['edge-99', 'Invalid'],
    ]);
    expect(more.failures).toHaveLength(20);
    expect(withFailures(some, [])).toBe(some);
  });
});

describe('A catch-up in the status', () => {
  it('changes the counts and nothing of what was reached', () => {
    const now = layerCounts(aStatus(), 'edge', {
      total: 10,
      counts: counts({ ready: 8, inFlight: 1, waiting: 1 }),
      applied: 8,
      shards: 1,
    });
    expect(now.phase).toBe('Succeeded');
    expect(edgeOf(now)).toMatchObject({
      phase: 'Ready',
      sites: { total: 10, updated: 8, ready: 8 },
      message: '2 sites are being brought up to date',
    });
    expect(edgeOf(layerCaughtUp(now, 'edge'))).not.toHaveProperty('message');
  });

  it('does not say ready of sites that are known to be out of reach', () => {
    const now = layerCounts(aStatus({ unknown: 2 }), 'edge', {
      total: 9,
      counts: counts({ ready: 8, inFlight: 1 }),
      applied: 9,
      shards: 1,
    });
    expect(edgeOf(now)?.sites).toMatchObject({ ready: 6, unknown: 2 });
  });
});
