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
    const gate: GateStatus = { layer: 'fog', at: 'before', name: 'shop', state: 'Open', message: '', since: at(11) };
    expect(promotions(CLOUD_READY, { ...FOG, gates: [gate] })[0]?.isGated).toBe(true);
    expect(promotions(CLOUD_READY, { ...FOG, gates: [{ ...gate, at: 'after' }] })[0]?.isGated).toBe(false);
  });

  it('is no wait where a layer began before the one above was ready', () => {
    const beside = layerStarted(CLOUD, 'fog', at(2));
    expect(promotions(CLOUD, beside)).toEqual([]);
    expect(promotions(CLOUD, stageReady(beside, 'cloud', at(9)))).toEqual([]);
  });

  it('is the failure of a layer’s one site, once', () => {
    expect(implicitFailures(FOG, FAILED)).toEqual([{ layer: 'fog', reason: 'Forbidden' }]);
    expect(implicitFailures(FAILED, { ...FAILED, run: run('b') })).toEqual([]);
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
