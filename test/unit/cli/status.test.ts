import { describe, expect, it } from '@jest/globals';
import { coloured } from '../../../cli/paint.ts';
import { statusLines } from '../../../cli/status.ts';
import { type Surroundings, treeOf } from '../../../model/rollout-tree.ts';
import type { FogRollout } from '../../../model/types.ts';
import { aLayer, aRollout, content } from '../model/builders.ts';
import { type Fleet, manySites, NOW as NOON, threeSites } from './fleets.ts';
import { expectGolden } from './goldens.ts';

const NOW = '2026-01-01T00:10:00Z';
const SINCE = '2026-01-01T00:00:00Z';
const NOTHING: Surroundings = { shards: [], deployments: [], pods: [], unread: [] };

function aWaiting(): FogRollout {
  return aRollout(
    { deployments: { cloud: content, fog: content, edge: content } },
    {
      observedGeneration: 3,
      phase: 'WaitingForApproval',
      version: 'v1.1.0',
      revision: { generation: 4, version: 'v1.2.0', hash: 'h' },
      layers: [
        aLayer('cloud', { phase: 'Ready', version: 'v1.2.0', startedAt: SINCE, finishedAt: '2026-01-01T00:00:12Z' }),
        aLayer('fog', {
          phase: 'Failed',
          version: 'v1.2.0',
          message: 'fog: no',
          startedAt: SINCE,
          finishedAt: NOW,
          shards: 1,
        }),
        aLayer('edge', { phase: 'Pending', version: 'v1.1.0' }),
      ],
      gates: [
        { layer: 'edge', at: 'before', name: 'shop', state: 'Closed', message: 'waits for an approval', since: SINCE },
        { layer: 'cloud', at: 'after', name: 'approval', state: 'Open', message: 'approved by alice', since: SINCE },
      ],
      failures: [{ site: 'field-7', layer: 'fog', reason: 'Invalid', message: 'field-7: no' }],
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'WaitingForApproval',
          message: 'v1.2.0: waits',
          observedGeneration: 4,
          lastTransitionTime: SINCE,
        },
      ],
    },
  );
}

const linesOf = (rollout: FogRollout, around: Partial<Surroundings> = {}) =>
  statusLines(treeOf(rollout, { ...NOTHING, ...around }, NOW), { now: NOW });
const drawn = ({ rollout, around }: Fleet, more: { all?: boolean; paint?: typeof coloured } = {}) =>
  statusLines(treeOf(rollout, around, NOON), { now: NOON, ...more });

describe('The tree of a rollout', () => {
  it('has its layers in their order, each between its gates, and the newest failures of what is not shown', () => {
    const { metadata } = aWaiting();
    expect(linesOf(aWaiting(), { unread: ['pods in edge: pods is forbidden'] })).toEqual([
      `${metadata.namespace}/${metadata.name} v1.2.0 WaitingForApproval, generation 4, last complete v1.1.0`,
      '│  v1.2.0: waits',
      '├─ ✔ cloud Ready        v1.2.0  0/1 ready  12 s',
      '├─ ✔ gate approval after the cloud: approved by alice',
      '├─ ✘ fog   Failed       v1.2.0  0/1 ready  10 min 0 s  fog: no',
      '├─ … gate shop before the edge: waits for an approval',
      '├─ – edge  Pending      v1.1.0  0/1 ready  not promoted: fog failed',
      '├─ field-7: no',
      '└─ not shown: pods in edge: pods is forbidden',
    ]);
  });

  it('is coloured on a terminal, and says the same', () => {
    const lines = drawn(threeSites(), { paint: coloured });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    const escapes = /\u001b\[\d+m/g;
    expect(lines.join('').match(escapes)?.length).toBeGreaterThan(10);
    expect(lines.map((line) => line.replace(escapes, ''))).toEqual(drawn(threeSites()));
  });

  it('of one that nobody has begun has its layers all the same', () => {
    const rollout = aRollout({ deployments: { cloud: content, edge: content } });
    delete rollout.status;
    expect(linesOf(rollout).slice(1)).toEqual([
      '├─ – cloud Pending      –  0/1 ready',
      '└─ – edge  Pending      –  0/1 ready  waiting for cloud',
    ]);
  });

  it('does not say of a Deployment again what was said of its site', () => {
    const fleet = manySites(10, (at) => (at === 8 ? 'f' : 'r'));
    const refusal = 'pods "web" is forbidden: exceeded quota: none';
    const [failed] = fleet.around.deployments.filter(({ metadata }) => metadata?.namespace === 'field-8');
    failed!.status!.conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: refusal }];
    for (const { status } of fleet.around.shards) for (const note of status!.notes!) note.message = refusal;
    expect(drawn(fleet).join('\n').split(refusal)).toHaveLength(2);
  });

  it('shows sites as they were recorded where FogSites may not be read', () => {
    const { rollout, around } = manySites(300, () => 'r');
    const { sites: _, ...rest } = around;
    const [head, , ...lines] = drawn({ rollout, around: { ...rest, unread: ['how FogSites are now'] } });
    expect(head).toContain('shop/web v1.2.0');
    expect(lines.join('\n')).toContain('✔ wave rest: 265 sites, all ready');
    expect(lines.at(-1)).toBe('└─ not shown: how FogSites are now');
  });
});

/** Of the canary all are ready, of the tenth some failed, and the rest is on its way. */
const halfWay = (count: number) => (at: number) => {
  if (at < 5) return 'r';
  if (at < count / 10 + 5) return at % 11 === 0 ? 'f' : at % 13 === 0 ? 'd' : 'r';
  return at % 17 === 0 ? 'i' : 'w';
};
/** Nearly done, and some failed. */
const nearlyDone = (at: number) => (at > 100 && at % 31 === 0 ? 'f' : at % 997 === 5 ? 'i' : 'r');

describe('What the command prints', () => {
  it.each<[string, Fleet, { all?: boolean }]>([
    ['status-3.txt', threeSites(), {}],
    ['status-3-all.txt', threeSites(), { all: true }],
    ['status-10.txt', manySites(10, (at) => (at === 8 ? 'f' : 'r')), {}],
    ['status-300.txt', manySites(300, halfWay(300)), {}],
    ['status-10000.txt', manySites(10_000, nearlyDone), {}],
  ])('is that of %s', (file, fleet, options) => {
    expectGolden(file, drawn(fleet, options));
  });

  it('stays short however many sites there are, and all of them are there for who asks', () => {
    const fleet = manySites(10_000, halfWay(10_000));
    expect(drawn(fleet).length).toBeLessThan(60);
    expect(drawn(fleet, { all: true }).length).toBeGreaterThan(10_000);
    const [, edge] = treeOf(fleet.rollout, fleet.around, NOON).layers;
    expect(edge!.waves.flatMap(({ sites }) => sites).length).toBe(10_000);
  });
});
