import { describe, expect, it } from '@jest/globals';
import { conditionOf } from '../../../model/conditions.ts';
import { freed, HINDRANCES, hindered } from '../../../model/hindrance.ts';
import { endOf } from '../../../model/history/record.ts';
import { layerPutRight, layerSkipped, layerSkipping } from '../../../model/layer-skip.ts';
import type { Layer } from '../../../model/layers.ts';
import { layerStarted, openingStatus, repaired, succeeded, withHealth } from '../../../model/status.ts';
import { stageFailed, stageReady } from '../../../model/status-fleet.ts';
import { rolloutTransitions } from '../../../model/transitions.ts';
import type { FogRolloutStatus, LayerSkip, RevisionId } from '../../../model/types.ts';
import { viewOfStatus } from '../../../model/view.ts';
import { ALL_READY, aLayer } from './builders.ts';

const NOW = '2026-11-22T10:00:00Z';
const LATER = '2026-11-22T10:05:00Z';
const run = { workflowId: 'fogrollout/shop/web', runId: 'r2', startedAt: NOW, reports: 1 };
const V1: RevisionId = { generation: 1, version: 'v1', hash: 'h1' };
const V2: RevisionId = { generation: 2, version: 'v2', hash: 'h2' };
const ALICE: LayerSkip = { by: 'alice', at: NOW, reason: 'the shops are open' };
const BOB: LayerSkip = { by: 'bob', at: NOW };

/** All layers have v1, and the run of v2 has just begun. */
function opened(...layers: Layer[]): FogRolloutStatus {
  const before = layers.map((layer) =>
    aLayer(layer, { phase: 'Ready', version: 'v1', generation: 1, sites: ALL_READY }),
  );
  const v1 = { observedGeneration: 1, phase: 'Succeeded' as const, version: 'v1', revision: V1, succeeded: [V1] };
  const revision = { ...V2, layers: Object.fromEntries(layers.map((layer) => [layer, {}])) };
  return openingStatus({ ...v1, layers: before }, { kind: 'rollout', run, carried: [], revision }, NOW);
}

/** The same when some layers are ready with v2, and some were passed over. */
function ended(layers: Partial<Record<Layer, 'ready' | LayerSkip>>): FogRolloutStatus {
  let status = opened(...(Object.keys(layers) as Layer[]));
  for (const [name, how] of Object.entries(layers) as [Layer, 'ready' | LayerSkip][]) {
    if (how === 'ready') {
      status = stageReady(layerStarted(status, name, NOW), name, NOW);
      const given = { version: 'v2', generation: 2, sites: ALL_READY };
      status = { ...status, layers: status.layers!.map((one) => (one.name === name ? { ...one, ...given } : one)) };
    } else status = layerSkipped(layerSkipping(status, name, how), name, NOW);
  }
  return succeeded(status, V2, NOW);
}

const readyOf = ({ conditions }: FogRolloutStatus) => conditionOf(conditions, 'Ready');
const healthy = (...layers: Layer[]) => layers.map((layer) => ({ layer, ready: true, message: '' }));

describe('A rollout with a layer that was passed over', () => {
  it.each<[string, Partial<Record<Layer, 'ready' | LayerSkip>>, string]>([
    [
      'in its middle',
      { cloud: 'ready', fog: ALICE, edge: 'ready' },
      'v2 is ready in cloud, edge; fog was passed over by alice: the shops are open; Retry, or change spec, to roll it out there',
    ],
    [
      'at its end',
      { cloud: 'ready', fog: 'ready', edge: BOB },
      'v2 is ready in cloud, fog; edge was passed over by bob; Retry, or change spec, to roll it out there',
    ],
    [
      'alone',
      { cloud: BOB },
      'v2 is ready in no layer; cloud was passed over by bob; Retry, or change spec, to roll it out there',
    ],
  ])('is never Ready: %s', (_, layers, message) => {
    const status = ended(layers);
    expect(status).toMatchObject({ phase: 'Succeeded', observedGeneration: 2 });
    expect(status.conditions).toMatchObject([
      { type: 'Ready', status: 'False', reason: 'LayersSkipped', message },
      { type: 'Stalled', status: 'True' },
    ]);
    expect(viewOfStatus({ namespace: 'shop', name: 'web' }, status, NOW).ready).toBe(false);
  });

  it('is not what later rollouts go back to', () => {
    expect(ended({ cloud: 'ready', edge: BOB })).toMatchObject({ version: 'v1', succeeded: [{ version: 'v1' }] });
  });

  it('stays so whatever its health, and says what else is not ready', () => {
    const status = ended({ cloud: 'ready', edge: BOB });
    expect(withHealth(status, healthy('cloud', 'edge'), LATER)).toBeUndefined();
    const gone = { layer: 'cloud' as const, ready: false, message: '0 of 1' };
    const degraded = withHealth(status, [gone, ...healthy('edge')], LATER)!;
    expect(readyOf(degraded)).toMatchObject({ status: 'False', reason: 'ReleaseNotReady', message: 'cloud: 0 of 1' });
    const well = withHealth(degraded, healthy('cloud', 'edge'), LATER)!;
    expect(readyOf(well)?.reason).toBe('LayersSkipped');
  });

  it('says nothing new where what the layer had is not ready', () => {
    const edge = { layer: 'edge' as const, ready: false, message: '0 of 1' };
    const status = withHealth(ended({ cloud: 'ready', edge: BOB }), [...healthy('cloud'), edge], LATER)!;
    expect(readyOf(status)?.reason).toBe('LayersSkipped');
    expect(status.layers).toMatchObject([{}, { phase: 'Skipped', skipped: BOB, message: '0 of 1' }]);
  });

  it.each<[string, Layer]>([
    ['the layer', 'edge'],
    ['another', 'cloud'],
  ])('is what it was when a release has been put right: of %s', (_, layer) => {
    const before = ended({ cloud: 'ready', edge: BOB });
    const opening = openingStatus(before, { kind: 'repair', run, carried: [] }, LATER);
    const after = repaired(layerPutRight(layerStarted(opening, layer, LATER), layer, LATER), LATER);
    expect([after.phase, readyOf(after)?.reason]).toEqual(['Succeeded', 'LayersSkipped']);
    expect(after.layers?.map(({ phase }) => phase)).toEqual(['Ready', 'Skipped']);
  });

  it('that has failed since is not made well by a repair', () => {
    const status = stageFailed(ended({ cloud: 'ready', edge: BOB }), 'cloud', 'cloud: no', LATER);
    expect(repaired({ ...status, phase: 'Failed' }, LATER).phase).toBe('Failed');
  });

  it('is not Ready either when what was in the way is not any more', () => {
    const status = ended({ cloud: 'ready', edge: BOB });
    const hindrance = { reason: HINDRANCES.repairFails, message: 'no', state: 'degraded' as const };
    const conditions = hindered(status, hindrance, 2, LATER)!;
    expect(freed({ ...status, conditions }, 2, LATER)).toMatchObject([
      { type: 'Ready', status: 'False', reason: 'LayersSkipped' },
      { type: 'Stalled' },
    ]);
  });

  it('forgets that when a newer revision comes', () => {
    const revision = { generation: 3, version: 'v3', hash: 'h3', layers: { cloud: {}, edge: {} } };
    const next = openingStatus(
      ended({ cloud: 'ready', edge: BOB }),
      { kind: 'rollout', run, carried: [], revision },
      NOW,
    );
    expect(next.layers).toMatchObject([{ phase: 'Pending' }, { phase: 'Pending', version: 'v1' }]);
    expect(next.layers?.[1]).not.toHaveProperty('skipped');
  });

  it('is told, by the layer and by the whole', () => {
    const before = layerSkipping(opened('cloud', 'edge'), 'edge', ALICE);
    const after = layerSkipped(before, 'edge', NOW);
    expect(rolloutTransitions(before, after)).toEqual([
      { type: 'Normal', reason: 'LayerSkipped', message: 'edge: passed over by alice: the shops are open' },
    ]);
    const [whole] = rolloutTransitions(after, ended({ cloud: 'ready', edge: ALICE }));
    expect(whole).toMatchObject({ type: 'Warning', reason: 'LayersSkipped' });
  });

  it('has it in its history', () => {
    const record = endOf(ended({ cloud: 'ready', edge: ALICE }), { kind: 'rollout', actions: [] });
    expect(record).toMatchObject({
      outcome: 'Succeeded',
      reason: 'LayersSkipped',
      layers: [{ phase: 'Ready' }, { phase: 'Skipped', message: 'passed over by alice: the shops are open' }],
    });
  });
});

describe('A layer that is passed over', () => {
  const stagesOf = (status: FogRolloutStatus) => viewOfStatus({ namespace: 'shop', name: 'web' }, status, NOW).stages;

  it('says who does so before its turn has come', () => {
    const [, edge] = stagesOf(layerSkipping(opened('cloud', 'edge'), 'edge', ALICE));
    expect(edge).toMatchObject({
      phase: 'Pending',
      skipped: ALICE,
      message: 'passed over by alice: the shops are open, when its turn comes',
    });
  });

  it('says how far it came', () => {
    const status = layerSkipping(layerStarted(opened('cloud', 'edge'), 'cloud', NOW), 'cloud', BOB);
    const [cloud, edge] = stagesOf(layerSkipped(status, 'cloud', NOW, 'cloud: 2 of 3 sites did not come to an end'));
    expect(cloud).toMatchObject({
      phase: 'Skipped',
      version: 'v1',
      message: 'passed over by bob; cloud: 2 of 3 sites did not come to an end',
    });
    expect(edge?.waits).toBeUndefined();
  });

  it('and has become ready all the same is Ready', () => {
    const [cloud] = stagesOf(stageReady(layerSkipping(opened('cloud'), 'cloud', BOB), 'cloud', NOW));
    expect(cloud).toMatchObject({ phase: 'Ready' });
    expect(cloud).not.toHaveProperty('skipped');
  });

  it('is no less ready where it is asked for once more', () => {
    const status = stageReady(layerSkipping(opened('cloud'), 'cloud', BOB), 'cloud', NOW);
    expect(layerSkipping(status, 'cloud', BOB)).toEqual(status);
  });
});
