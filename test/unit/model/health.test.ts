import { describe, expect, it } from '@jest/globals';
import { type LayerHealth, withHealth } from '../../../model/status.ts';
import type { FogRolloutStatus, LayerStatus } from '../../../model/types.ts';

const EARLIER = '2026-11-22T10:00:00Z';
const NOW = '2026-11-22T11:00:00Z';

const layer = (name: LayerStatus['name'], ready: number): LayerStatus => ({
  name,
  phase: 'Ready',
  version: 'v1',
  generation: 1,
  sites: { total: 1, updated: 1, ready, failed: 0, deferred: 0 },
});

function ended(phase: 'Succeeded' | 'Failed', ready: { cloud: number; edge: number }): FogRolloutStatus {
  const status = phase === 'Succeeded' && ready.cloud + ready.edge === 2 ? 'True' : 'False';
  return {
    observedGeneration: 1,
    phase,
    version: 'v1',
    revision: { generation: 1, version: 'v1', hash: 'abc' },
    layers: [layer('cloud', ready.cloud), layer('edge', ready.edge)],
    conditions: [
      {
        type: 'Ready',
        status,
        observedGeneration: 1,
        lastTransitionTime: EARLIER,
        reason: 'Before',
        message: 'before',
      },
    ],
  };
}

const health = (cloud: boolean, edge: boolean): LayerHealth[] => [
  { layer: 'cloud', ready: cloud, message: 'cloud counts' },
  { layer: 'edge', ready: edge, message: '0 of 1 replicas updated, 0 available' },
];

describe('withHealth', () => {
  it('changes nothing while the releases are as the status says', () => {
    expect(withHealth(ended('Succeeded', { cloud: 1, edge: 1 }), health(true, true), NOW)).toBeUndefined();
    expect(withHealth(ended('Succeeded', { cloud: 1, edge: 0 }), health(true, false), NOW)).toBeUndefined();
  });

  it('takes Ready back when a release is no longer ready, and says which', () => {
    const status = withHealth(ended('Succeeded', { cloud: 1, edge: 1 }), health(true, false), NOW);
    expect(status?.phase).toBe('Succeeded');
    expect(status?.conditions).toEqual([
      {
        type: 'Ready',
        status: 'False',
        observedGeneration: 1,
        lastTransitionTime: NOW,
        reason: 'ReleaseNotReady',
        message: 'edge: 0 of 1 replicas updated, 0 available',
      },
    ]);
    expect(status?.layers?.map(({ name, sites, message }) => [name, sites.ready, message])).toEqual([
      ['cloud', 1, undefined],
      ['edge', 0, '0 of 1 replicas updated, 0 available'],
    ]);
  });

  it('says of what was not ready before that it is being deleted by now, and when that is over', () => {
    const leaving = 'the Deployment is being deleted, held by the finalizer a.b/c; 0 of 1 replicas updated';
    const at = (message: string): LayerHealth[] => [health(true, true)[0]!, { layer: 'edge', ready: false, message }];
    const before = ended('Succeeded', { cloud: 1, edge: 0 });
    const told = withHealth(before, at(leaving), NOW)!;
    expect(told.layers?.[1]?.message).toBe(leaving);
    expect(told.conditions?.[0]?.message).toBe(`edge: ${leaving}`);
    expect(withHealth(told, at(leaving), NOW)).toBeUndefined();
    expect(withHealth(told, at('the Deployment is gone'), NOW)?.layers?.[1]?.message).toBe('the Deployment is gone');
  });

  it('gives Ready back when all are ready again', () => {
    const status = withHealth(ended('Succeeded', { cloud: 1, edge: 0 }), health(true, true), NOW);
    expect(status?.conditions?.map(({ type, status: value }) => [type, value])).toEqual([['Ready', 'True']]);
    expect(status?.layers?.[1]?.message).toBeUndefined();
  });

  it('keeps a failed rollout failed, with counts that are true', () => {
    const status = withHealth(ended('Failed', { cloud: 1, edge: 1 }), health(true, false), NOW);
    expect(status?.phase).toBe('Failed');
    expect(status?.conditions?.[0]?.reason).toBe('Before');
    expect(status?.layers?.[1]?.sites.ready).toBe(0);
  });
});
