import { describe, expect, it } from '@jest/globals';
import { untouched } from '../../../model/fleet/report.ts';
import type { Opening } from '../../../model/status.ts';
import * as status from '../../../model/status.ts';
import { layerProgress, stageFailed, stageReady, withFailures } from '../../../model/status-fleet.ts';
import type { FogRolloutStatus, LayerStatus, RevisionId, SiteFailure } from '../../../model/types.ts';
import { ALL_READY, aLayer } from './builders.ts';

const NOW = '2026-11-22T10:00:00Z';
const run = { workflowId: 'fogrollout/shop/web', runId: 'r1', startedAt: NOW, reports: 1 };
const id = (generation: number): RevisionId => ({ generation, version: `v${generation}`, hash: `h${generation}` });
const rollout = (generation: number, layers: string, carried: LayerStatus[] = []): Opening => ({
  kind: 'rollout',
  run,
  carried,
  revision: { ...id(generation), layers: Object.fromEntries(layers.split(' ').map((name) => [name, {}])) },
});
const repair: Opening = { kind: 'repair', run, carried: [] };
const removal: Opening = { kind: 'removal', run, carried: [] };

/** The layer's one site was given the revision. */
function applied(now: FogRolloutStatus, layer: LayerStatus['name'], generation: number): FogRolloutStatus {
  const counts = { ...untouched(0), inFlight: 1 };
  return layerProgress(now, layer, { revision: id(generation), hash: 'c', total: 1, counts, applied: 1 });
}

/** The layer's one site became ready with it, and so the layer. */
function ready(now: FogRolloutStatus, layer: LayerStatus['name'], generation: number): FogRolloutStatus {
  const counts = { ...untouched(0), ready: 1 };
  const given = layerProgress(now, layer, { revision: id(generation), hash: 'c', total: 1, counts, applied: 1 });
  return stageReady(given, layer, NOW);
}

function notReady(now: FogRolloutStatus, failure: SiteFailure): FogRolloutStatus {
  return stageFailed(withFailures(now, [failure]), failure.layer, failure.message, NOW);
}

/** A rollout that went through the given layers. */
function settled(generation: number, layers: string): FogRolloutStatus {
  let now = status.openingStatus(undefined, rollout(generation, layers), NOW);
  for (const { name } of now.layers!) {
    now = status.layerStarted(now, name, NOW);
    now = ready(applied(now, name, generation), name, generation);
  }
  return status.succeeded(now, id(generation), NOW);
}

function stoppedAtFog(generation: number): FogRolloutStatus {
  let now = status.openingStatus(settled(generation - 1, 'cloud fog edge'), rollout(generation, 'cloud fog edge'), NOW);
  now = ready(applied(now, 'cloud', generation), 'cloud', generation);
  now = applied(now, 'fog', generation);
  const failure = {
    site: 'fog',
    layer: 'fog',
    reason: 'ProgressDeadlineExceeded',
    message: 'fog: no progress',
  } as const;
  return status.failed(notReady(now, failure), failure, NOW);
}

const conditions = ({ conditions = [] }: FogRolloutStatus) => conditions.map(({ type, status: is }) => `${type}=${is}`);
const layers = ({ layers = [] }: FogRolloutStatus) =>
  layers.map(({ name, phase, version, sites }) => `${name} ${phase} ${version ?? '-'} ${sites.updated}/${sites.ready}`);

describe('a rollout', () => {
  it('opens with all its layers pending', () => {
    const opened = status.openingStatus(undefined, rollout(1, 'cloud edge'), NOW);
    expect(opened).toMatchObject({ observedGeneration: -1, phase: 'Progressing', revision: id(1), run });
    expect(layers(opened)).toEqual(['cloud Pending - 0/0', 'edge Pending - 0/0']);
    expect(conditions(opened)).toEqual(['Ready=False', 'Reconciling=True']);
  });

  it('keeps what each layer runs until it is given something else', () => {
    const opened = status.openingStatus(settled(1, 'cloud fog'), rollout(2, 'cloud fog edge'), NOW);
    expect(opened).toMatchObject({ observedGeneration: 1, version: 'v1' });
    expect(layers(opened)).toEqual(['cloud Pending v1 0/1', 'fog Pending v1 0/1', 'edge Pending - 0/0']);
    const given = applied(status.layerStarted(opened, 'cloud', NOW), 'cloud', 2);
    expect(layers(given)[0]).toBe('cloud Progressing v2 1/0');
    expect(layers(ready(given, 'cloud', 2))[0]).toBe('cloud Ready v2 1/1');
  });

  it('believes the run before it rather than the object', () => {
    const carried = aLayer('cloud', { phase: 'Progressing', version: 'v2', generation: 2, startedAt: NOW });
    const opened = status.openingStatus(settled(1, 'cloud fog'), rollout(3, 'cloud fog', [carried]), NOW);
    expect(layers(opened)).toEqual(['cloud Pending v2 0/0', 'fog Pending v1 0/1']);
  });

  it('lists a layer it leaves out until that was removed', () => {
    const opened = status.openingStatus(settled(1, 'cloud fog edge'), rollout(2, 'cloud'), NOW);
    expect(layers(opened)).toEqual(['cloud Pending v1 0/1', 'fog Pending v1 0/1', 'edge Pending v1 0/1']);
    expect(layers(status.layerRemoved(status.layerRemoved(opened, 'edge'), 'fog'))).toEqual(['cloud Pending v1 0/1']);
  });

  it('does not list a layer it leaves out that never had anything', () => {
    const before = status.openingStatus(undefined, rollout(1, 'cloud edge'), NOW);
    expect(layers(status.openingStatus(before, rollout(2, 'cloud'), NOW))).toEqual(['cloud Pending - 0/0']);
  });

  it('remembers over several runs that a cut off stage may have left something', () => {
    let now = status.openingStatus(undefined, rollout(1, 'cloud fog'), NOW);
    now = status.layerStarted(now, 'fog', NOW);
    now = status.openingStatus(now, rollout(2, 'cloud fog'), NOW);
    expect(layers(status.openingStatus(now, rollout(3, 'cloud'), NOW))).toContain('fog Pending - 0/0');
  });

  it('ends ready', () => {
    const ended = settled(3, 'cloud fog edge');
    expect(ended).toMatchObject({ phase: 'Succeeded', observedGeneration: 3, version: 'v3' });
    expect(conditions(ended)).toEqual(['Ready=True']);
    expect(ended.conditions?.[0]).toMatchObject({ message: 'v3 is ready in cloud, fog, edge', observedGeneration: 3 });
  });

  it('ends stalled where a layer fails, the lower ones keeping what they run', () => {
    const ended = stoppedAtFog(2);
    expect(ended).toMatchObject({ phase: 'Failed', observedGeneration: 2, version: 'v1' });
    expect(layers(ended)).toEqual(['cloud Ready v2 1/1', 'fog Failed v2 1/0', 'edge Pending v1 0/1']);
    expect(conditions(ended)).toEqual(['Ready=False', 'Stalled=True']);
    expect(ended.conditions?.[1]).toMatchObject({ reason: 'ProgressDeadlineExceeded', message: 'fog: no progress' });
    expect(ended.failures).toEqual([expect.objectContaining({ site: 'fog', message: 'fog: no progress' })]);
  });

  it('keeps one entry of a failure that comes again and again', () => {
    const failure = { site: 'edge', layer: 'edge', reason: 'NotOurs', message: 'edge: first' } as const;
    const once = notReady(stoppedAtFog(2), failure);
    const twice = notReady(once, { ...failure, message: 'edge: again' });
    expect(twice.failures?.map(({ message }) => message)).toEqual(['edge: again', 'fog: no progress']);
  });

  it('starts afresh after a failure', () => {
    const opened = status.openingStatus(stoppedAtFog(2), rollout(3, 'cloud fog edge'), NOW);
    expect(opened).not.toHaveProperty('failures');
    expect(layers(opened)).toEqual(['cloud Pending v2 0/1', 'fog Pending v2 0/0', 'edge Pending v1 0/1']);
    expect(opened.layers?.map(({ message }) => message)).toEqual([undefined, undefined, undefined]);
  });

  it('says what a layer is busy with until that is over', () => {
    const opened = status.openingStatus(undefined, rollout(1, 'cloud'), NOW);
    const retrying = status.layerMessage(status.layerStarted(opened, 'cloud', NOW), 'cloud', 'retrying: refused');
    expect(retrying.layers?.[0]?.message).toBe('retrying: refused');
    expect(stageReady(retrying, 'cloud', NOW).layers?.[0]).not.toHaveProperty('message');
  });
});

describe('a repair', () => {
  const repairOf = (before: FogRolloutStatus, layer: LayerStatus['name'], generation: number) => {
    const opened = status.openingStatus(before, repair, NOW);
    const given = applied(status.layerStarted(opened, layer, NOW), layer, generation);
    return { opened, ended: status.repaired(ready(given, layer, generation), NOW) };
  };

  it('of a rollout that was ready makes it ready again', () => {
    const { opened, ended } = repairOf(settled(1, 'cloud fog'), 'cloud', 1);
    expect(opened).toMatchObject({ phase: 'Progressing', observedGeneration: 1, revision: id(1) });
    expect(conditions(opened)).toEqual(['Ready=False', 'Reconciling=True']);
    expect(ended).toMatchObject({ phase: 'Succeeded', version: 'v1' });
    expect(conditions(ended)).toEqual(['Ready=True']);
  });

  it('of a rollout that failed leaves it failed', () => {
    const { opened, ended } = repairOf(stoppedAtFog(2), 'edge', 1);
    for (const seen of [opened, ended]) {
      expect(seen).toMatchObject({ phase: 'Failed', observedGeneration: 2 });
      expect(conditions(seen)).toEqual(['Ready=False', 'Stalled=True']);
      expect(seen.failures).toHaveLength(1);
    }
    expect(layers(ended)).toEqual(['cloud Ready v2 1/1', 'fog Failed v2 1/0', 'edge Ready v1 1/1']);
  });

  it('that brings the last layer to the revision completes the rollout', () => {
    const failure = { site: 'cloud', layer: 'cloud', reason: 'Forbidden', message: 'no' } as const;
    const before = status.failed(notReady(settled(2, 'cloud'), failure), failure, NOW);
    const { ended } = repairOf(before, 'cloud', 2);
    expect(ended).toMatchObject({ phase: 'Succeeded', version: 'v2' });
    expect(ended).not.toHaveProperty('failures');
  });

  it('after a run that left no word of its end says so', () => {
    const interrupted = status.openingStatus(settled(1, 'cloud fog'), rollout(2, 'cloud fog'), NOW);
    const { ended } = repairOf(interrupted, 'cloud', 1);
    expect(ended.phase).toBe('Failed');
    expect(ended.conditions?.[0]?.reason).toBe('Interrupted');
  });
});

describe('an adjusted run', () => {
  it('is one of the later order, and all that was reached stays', () => {
    const before = stoppedAtFog(2);
    const after = status.withRevision(before, { ...id(3), attempt: 1 });
    expect(after).toEqual({ ...before, revision: { ...id(3), attempt: 1 } });
  });
});

describe('a removal', () => {
  it('goes through the layers until none is left', () => {
    let now = status.openingStatus(stoppedAtFog(2), removal, NOW);
    expect(now).toMatchObject({ phase: 'Removing', revision: id(2) });
    expect(conditions(now)).toEqual(['Ready=False', 'Reconciling=True']);
    now = status.layerRemoving(now, 'edge', NOW);
    expect(layers(now)[2]).toBe('edge Removing v1 0/1');
    for (const layer of ['edge', 'fog', 'cloud'] as const) now = status.layerRemoved(now, layer);
    expect(now.layers).toEqual([]);
  });
});

it('withSummaries adds what kubectl prints', () => {
  const summarized = status.withSummaries({
    observedGeneration: 1,
    phase: 'Succeeded',
    layers: [aLayer('fog', { sites: ALL_READY })],
  });
  expect(summarized.layers?.[0]?.readySites).toBe('1/1');
});

it('no function changes the status it is given', () => {
  const given = Object.freeze(structuredClone(stoppedAtFog(2)));
  const before = JSON.stringify(given);
  status.openingStatus(given, rollout(3, 'cloud'), NOW);
  ready(given, 'fog', 2);
  status.layerRemoved(given, 'fog');
  status.repaired(given, NOW);
  status.openingStatus(given, removal, NOW);
  expect(JSON.stringify(given)).toBe(before);
});
