import { describe, expect, it } from '@jest/globals';
import { implicitFailures, promotions, runEnd, shardFailures, stageEnds } from '../../../model/ends.ts';
import { layerStarted, openingStatus, failed as runFailed, succeeded } from '../../../model/status.ts';
import { stageFailed, stageReady, withFailures } from '../../../model/status-fleet.ts';
import type { FogRolloutStatus, GateStatus, Revision } from '../../../model/types.ts';
import { content, revision } from './builders.ts';
import { aShard } from './fleet/shard-records.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const given = { ...revision, layers: { cloud: content, fog: content } } as Revision;
const run = (runId: string) => ({ workflowId: 'w', runId, startedAt: at(0), reports: 1 });

/** Every status of a run, as the object has them one after the other. */
const OPENED = openingStatus(undefined, { run: run('a'), kind: 'rollout', revision: given, carried: [] }, at(0));
const CLOUD = layerStarted(OPENED, 'cloud', at(1));
const CLOUD_READY = stageReady(CLOUD, 'cloud', at(11));
const FOG = layerStarted(CLOUD_READY, 'fog', at(11.2));
const DONE = succeeded(stageReady(FOG, 'fog', at(41.2)), revision, at(41.2));
const failure = { site: 'fog', layer: 'fog', reason: 'Forbidden', message: 'fog: no' } as const;
const FAILED = runFailed(stageFailed(withFailures(FOG, [failure]), 'fog', 'fog: no', at(20)), failure, at(20));

describe('What has ended by two versions of a FogRollout', () => {
  it('is each stage once, however many reports tell of it', () => {
    const steps = [OPENED, CLOUD, CLOUD_READY, FOG, DONE, { ...DONE, run: { ...run('a'), reports: 9 } }];
    const told = steps.slice(1).map((after, index) => stageEnds(steps[index], after));
    const cloud = { layer: 'cloud', outcome: 'ready', seconds: 10 };
    const fog = { layer: 'fog', outcome: 'ready', seconds: 30 };
    expect(told).toEqual([[], [cloud], [], [fog], []]);
    expect(stageEnds(OPENED, DONE)).toEqual([cloud, fog]);
  });

  it.each<[string, FogRolloutStatus | undefined, FogRolloutStatus, object | undefined]>([
    ['goes on', OPENED, FOG, undefined],
    ['ends well', FOG, DONE, { outcome: 'Succeeded', reason: 'Succeeded' }],
    ['fails', FOG, FAILED, { outcome: 'Failed', reason: 'Forbidden' }],
    ['has ended before', DONE, { ...DONE, run: run('b') }, undefined],
    ['is told of for the first time at its end', undefined, DONE, { outcome: 'Succeeded', reason: 'Succeeded' }],
  ])('is the run, or not, where it %s', (_, before, after, end) => {
    expect(runEnd(before, after)).toEqual(end);
  });

  it('is the wait of the next layer, apart from what a gate was waited for', () => {
    expect(promotions(CLOUD_READY, FOG)).toEqual([{ layer: 'fog', seconds: 0.2, isGated: false }]);
    expect(promotions(OPENED, CLOUD)).toEqual([]);
    expect(promotions(FOG, DONE)).toEqual([]);
  });

  it('is each time of no length too', () => {
    expect(promotions(CLOUD_READY, layerStarted(CLOUD_READY, 'fog', at(11)))[0]?.seconds).toBe(0);
    expect(stageEnds(CLOUD, stageReady(CLOUD, 'cloud', at(1)))[0]?.seconds).toBe(0);
  });

  it('is no stage whose end says nothing, or cannot be', () => {
    const ended = (change: object): FogRolloutStatus => ({
      ...CLOUD_READY,
      layers: CLOUD_READY.layers!.map((layer) => (layer.name === 'cloud' ? { ...layer, ...change } : layer)),
    });
    expect(stageEnds(CLOUD, ended({}))).toHaveLength(1);
    for (const phase of ['Skipped', 'Removing', 'Progressing', 'Pending']) {
      expect(stageEnds(CLOUD, ended({ phase }))).toEqual([]);
    }
    expect(stageEnds(CLOUD, ended({ startedAt: at(12) }))).toEqual([]);
    expect(stageEnds(CLOUD, ended({ startedAt: undefined }))).toEqual([]);
    expect(stageEnds(CLOUD_READY, ended({ finishedAt: undefined }))).toEqual([]);
  });

  it('is a stage that has failed, and again when it has ended anew', () => {
    expect(stageEnds(FOG, FAILED)).toEqual([{ layer: 'fog', outcome: 'failed', seconds: 8.8 }]);
    const again = stageReady(layerStarted(FAILED, 'fog', at(30)), 'fog', at(35));
    expect(stageEnds(FAILED, again)).toEqual([{ layer: 'fog', outcome: 'ready', seconds: 5 }]);
  });

  it('is no wait of a layer that is being removed, or has not begun', () => {
    const begun = (change: object): FogRolloutStatus => ({
      ...FOG,
      layers: FOG.layers!.map((layer) => (layer.name === 'fog' ? { ...layer, ...change } : layer)),
    });
    expect(promotions(CLOUD_READY, begun({ phase: 'Removing' }))).toEqual([]);
    expect(promotions(CLOUD_READY, begun({ phase: 'Pending' }))).toEqual([]);
    expect(promotions(FOG, begun({ startedAt: undefined }))).toEqual([]);
  });

  it.each<[string, Partial<GateStatus>, boolean]>([
    ['before it', { layer: 'fog', at: 'before' }, true],
    ['after the one above', { layer: 'cloud', at: 'after' }, true],
    ['after it', { layer: 'fog', at: 'after' }, false],
    ['before the one above', { layer: 'cloud', at: 'before' }, false],
    ['before another', { layer: 'edge', at: 'before' }, false],
    ['after a wave of the one above', { layer: 'cloud', at: 'after', wave: 'first' }, false],
  ])('is the wait of the next layer, with a gate or not: %s', (_, change, isGated) => {
    const gate: GateStatus = { layer: 'fog', at: 'before', name: 'shop', state: 'Open', message: '', since: at(11) };
    expect(promotions(CLOUD_READY, { ...FOG, gates: [{ ...gate, ...change }] })).toEqual([
      { layer: 'fog', seconds: 0.2, isGated },
    ]);
  });

  it('is no wait where a layer began before the one above was ready', () => {
    const beside = layerStarted(CLOUD, 'fog', at(2));
    expect(promotions(CLOUD, beside)).toEqual([]);
    expect(promotions(CLOUD, stageReady(beside, 'cloud', at(9)))).toEqual([]);
  });

  it('is the failure of a layer’s one site, once', () => {
    expect(implicitFailures(FOG, FAILED)).toEqual([{ layer: 'fog', reason: 'Forbidden' }]);
    expect(implicitFailures(FAILED, { ...FAILED, run: run('b') })).toEqual([]);
    const other = { ...FAILED, failures: [{ ...failure, reason: 'Timeout', message: 'fog: late' }] };
    expect(implicitFailures(FAILED, other)).toEqual([{ layer: 'fog', reason: 'Timeout' }]);
    expect(implicitFailures(FAILED, { ...FAILED, failures: undefined })).toEqual([]);
  });

  it('is no failure of a site that has its own record, which tells of it', () => {
    const named = { ...failure, site: 'mill' };
    expect(implicitFailures(FOG, { ...FAILED, failures: [named] })).toEqual([]);
    const recorded = FAILED.layers!.map((layer) => ({ ...layer, ...(layer.name === 'fog' && { shards: 1 }) }));
    expect(implicitFailures(FOG, { ...FAILED, layers: recorded })).toEqual([]);
  });
});

describe('What has failed by two versions of a FogShard', () => {
  const notes = [{ site: 'edge-0-2', reason: 'Timeout', message: 'no worker' }];

  it('is each site once', () => {
    const before = aShard('rfi');
    expect(shardFailures(before, aShard('rff', { notes }))).toEqual([{ layer: 'edge', reason: 'Timeout' }]);
    expect(shardFailures(aShard('rff', { notes }), aShard('rff', { notes }))).toEqual([]);
  });

  it('is nothing where another plan was written', () => {
    const other = aShard('fff');
    other.spec.run = 'r2';
    expect(shardFailures(aShard('rrr'), other)).toEqual([]);
  });
});
