import { describe, expect, it } from '@jest/globals';
import { durationText } from '../../../model/text.ts';
import type { FogRolloutStatus, LayerStatus } from '../../../model/types.ts';
import { stageTable, viewOf, viewOfStatus } from '../../../model/view.ts';
import { ALL_READY, aLayer, aRollout } from './builders.ts';

const NOW = '2026-11-22T10:01:40Z';
const cloud = aLayer('cloud', {
  phase: 'Ready',
  version: 'v1.2.0',
  sites: ALL_READY,
  startedAt: '2026-11-22T10:00:00Z',
  finishedAt: '2026-11-22T10:00:42Z',
});
const fog = aLayer('fog', {
  phase: 'Progressing',
  version: 'v1.2.0',
  sites: { ...ALL_READY, ready: 0 },
  message: 'retrying: refused',
  startedAt: '2026-11-22T10:00:42Z',
});
const edge = aLayer('edge', { version: 'v1.1.0', sites: { ...ALL_READY, updated: 0 } });

function status(given: Partial<FogRolloutStatus>, ...layers: LayerStatus[]): FogRolloutStatus {
  return {
    observedGeneration: 3,
    phase: 'Progressing',
    version: 'v1.1.0',
    revision: { generation: 4, version: 'v1.2.0', hash: 'h' },
    layers,
    ...given,
  };
}
const isReady = {
  type: 'Ready',
  status: 'True',
  observedGeneration: 4,
  lastTransitionTime: NOW,
  reason: 'Succeeded',
  message: 'well',
} as const;
const done = status({ phase: 'Succeeded', observedGeneration: 4, version: 'v1.2.0', conditions: [isReady] }, cloud);
const newer = (given: ReturnType<typeof aRollout>) => ({ ...given, metadata: { ...given.metadata, generation: 5 } });

describe('viewOf', () => {
  it('shows a rollout on its way', () => {
    expect(viewOf(aRollout({}, status({}, cloud, fog, edge)), NOW)).toMatchObject({
      namespace: 'shop',
      name: 'web',
      phase: 'Progressing',
      version: 'v1.2.0',
      completedVersion: 'v1.1.0',
      ready: false,
      stages: [
        { layer: 'cloud', phase: 'Ready', ready: '1/1', durationSeconds: 42 },
        { layer: 'fog', phase: 'Progressing', ready: '0/1', message: 'retrying: refused', durationSeconds: 58 },
        { layer: 'edge', phase: 'Pending', version: 'v1.1.0', waits: 'waiting for fog' },
      ],
      gates: [],
      failures: [],
    });
  });

  it('shows an object that nobody has seen yet', () => {
    const view = viewOf(aRollout({ deployments: { cloud: { containers: [] }, edge: { containers: [] } } }), NOW);
    expect(view).toMatchObject({ phase: 'Pending', ready: false, observedGeneration: -1 });
    expect(view.stages.map(({ layer, waits }) => [layer, waits])).toEqual([
      ['cloud', undefined],
      ['edge', 'waiting for cloud'],
    ]);
  });

  it.each<[string, ReturnType<typeof aRollout>, object]>([
    ['done', aRollout({}, done), { phase: 'Succeeded', ready: true }],
    [
      'changed since it was done',
      newer(aRollout({ version: 'v1.3.0' }, done)),
      {
        phase: 'Pending',
        ready: false,
        version: 'v1.3.0',
        completedVersion: 'v1.2.0',
        message: 'waiting for a run of generation 5',
      },
    ],
    ['changed while it is on its way', newer(aRollout({}, status({}, cloud))), { phase: 'Progressing', ready: false }],
    [
      'deleted',
      { ...aRollout({}, done), metadata: { ...aRollout().metadata, deletionTimestamp: NOW } },
      { phase: 'Removing', ready: false },
    ],
  ])('of one that is %s', (_, rollout, expected) => {
    expect(viewOf(rollout, NOW)).toMatchObject(expected);
  });
});

describe('what a stage waits for', () => {
  const waits = (given: FogRolloutStatus) =>
    viewOfStatus({ namespace: 'n', name: 'w' }, given, NOW).stages.map((stage) => stage.waits);
  const pending = aLayer('fog');
  const removing = { ...edge, phase: 'Removing' as const };

  it.each<[string, FogRolloutStatus, (string | undefined)[]]>([
    ['the layer above', status({}, cloud, pending, edge), [undefined, undefined, 'waiting for fog']],
    ['a person, when it is paused', status({ phase: 'Paused' }, cloud, pending), [undefined, 'paused']],
    [
      'people, when it is their turn to decide',
      status({ phase: 'WaitingForApproval' }, cloud, pending, edge),
      [undefined, 'waiting for approval', 'waiting for fog'],
    ],
    [
      'never, where a layer failed',
      status({ phase: 'Failed' }, { ...cloud, phase: 'Failed' }, pending),
      [undefined, 'not promoted: cloud failed'],
    ],
    [
      'the layers below, when removing',
      status({ phase: 'Removing' }, cloud, pending, removing),
      ['waiting for fog to be removed', 'waiting for edge to be removed', undefined],
    ],
  ])('%s', (_, given, expected) => {
    expect(waits(given)).toEqual(expected);
  });
});

describe('the texts', () => {
  it('the stage table is followed by what is waited for', () => {
    const gate = { layer: 'edge', at: 'before', name: 'shop', since: NOW } as const;
    const given = status({ gates: [{ ...gate, state: 'Closed', message: 'waits for an approval (<b>)' }] }, cloud);
    expect(
      stageTable(viewOf(aRollout({}, given), NOW))
        .split('\n')
        .at(-2),
    ).toBe('- … gate shop before the edge: waits for an approval (\\<b\\>)');
  });

  it('the stage table is Markdown', () => {
    const table = stageTable(viewOf(aRollout({}, status({}, cloud, fog, edge)), NOW));
    // Padded for Temporal's UI, which sets columns without space.
    expect(table).toContain('cloud\u00a0\u00a0\u00a0 |');
    expect(table.replace(/\u00a0{3}/g, '').replace(/\u00a0/g, ' ')).toBe(
      [
        '**shop/web v1.2.0** · Progressing',
        '',
        '| Stage | Phase | Version | Ready | Time | Message |',
        '| --- | --- | --- | --- | --- | --- |',
        '| ✔ cloud | Ready | v1.2.0 | 1/1 | 42 s |  |',
        '| … fog | Progressing | v1.2.0 | 0/1 | since 2026-11-22T10:00:42Z | retrying: refused |',
        '| – edge | Pending | v1.1.0 | 1/1 | – | waiting for fog |',
        '',
      ].join('\n'),
    );
  });

  it('whatever an object says stays in its cell', () => {
    const nasty = { ...fog, message: 'a | b\n| [x](http://evil) <img> `c` \\' };
    const row = stageTable(viewOf(aRollout({}, status({}, nasty)), NOW))
      .split('\n')[4]!
      .replace(/\u00a0{3}/g, '');
    expect(row).toContain('a \\| b \\| \\[x\\](http://evil) \\<img\\> \\`c\\` \\\\ |');
  });

  describe('of a layer with many sites', () => {
    const many = {
      ...fog,
      sites: { total: 10_000, updated: 340, ready: 303, failed: 37, deferred: 2 },
      message: 'wave 2 of 3 (10%): 40 under way',
    };
    const failures = Array.from({ length: 20 }, (_, at) => ({
      site: `fog-${at}`,
      layer: 'fog' as const,
      reason: 'ImagePullBackOff',
      message: at === 1 ? 'connection | refused' : `fog fog-${at}: no such image`,
    }));
    const table = (given: FogRolloutStatus) => stageTable(viewOf(aRollout({}, given), NOW)).replace(/\u00a0{3}/g, '');

    it('shows the wave, how many failed, and the newest few failures', () => {
      const [row, ...below] = table(status({ failures }, many)).split('\n').slice(4);
      expect(row).toContain('| 303/10000, 37 failed, 2 deferred | since');
      expect(row).toContain('| wave 2 of 3 (10%): 40 under way |');
      expect(below).toEqual([
        '',
        '- fog fog-0: no such image',
        '- fog-1: connection \\| refused',
        '- fog fog-2: no such image',
        '- fog fog-3: no such image',
        '- fog fog-4: no such image',
        '- and 32 more',
        '',
      ]);
    });

    it('shows how many were ready and are out of reach', () => {
      const settled = { ...many, sites: { ...many.sites, failed: 0, deferred: 0, unknown: 3 } };
      expect(table(status({}, settled))).toContain('| 303/10000, 3 unknown |');
    });

    it('does not say below what a stage says itself', () => {
      const failed = { ...fog, phase: 'Failed' as const, sites: { ...fog.sites, failed: 1 }, message: 'fog: refused' };
      const failure = { site: 'fog', layer: 'fog', reason: 'Error', message: 'fog: refused' } as const;
      expect(table(status({ failures: [failure] }, failed)).match(/fog: refused/g)).toHaveLength(1);
    });

    it('keeps a line of it short, and one line', () => {
      const long = [{ ...failures[0]!, message: `fog-0: ${'x\n'.repeat(2_000)}` }];
      const [line] = table(status({ failures: long }, many))
        .split('\n')
        .slice(6);
      expect(line!.length).toBeLessThan(330);
    });
  });

  it.each([
    [0.4, '0 s'],
    [59, '59 s'],
    [185, '3 min 5 s'],
    [7800, '2 h 10 min'],
  ])('%d seconds are %s', (seconds, expected) => {
    expect(durationText(seconds)).toBe(expected);
  });
});
