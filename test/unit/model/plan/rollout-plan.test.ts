import { describe, expect, it } from '@jest/globals';
import { planRollout, type RolloutPlan } from '../../../../model/plan/rollout-plan.ts';
import type { FogRollout, FogRolloutStatus, FogShard, FogSite, FogWindow } from '../../../../model/types.ts';
import { ALL_READY, aLayer, aRollout, content } from '../builders.ts';
import { away as awaySince } from '../fleet/records.ts';
import { aShard } from '../fleet/shard-records.ts';
import { aSite } from '../fleet/sites.ts';

const run = { workflowId: 'w', runId: 'r', startedAt: '2026-01-01T00:00:00Z', reports: 1 };
const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const took = (seconds: number) =>
  ({ phase: 'Ready', sites: ALL_READY, generation: 4, startedAt: at(0), finishedAt: at(seconds) }) as const;
const SETTLED: FogRolloutStatus = {
  ...{ observedGeneration: 4, phase: 'Succeeded', version: 'v1.2.0', run },
  layers: [aLayer('cloud', took(5)), aLayer('fog', took(7)), aLayer('edge', took(9))],
};
const next = { deployments: { cloud: content, fog: content, edge: content }, version: 'v2' };

function plan(
  spec: Partial<FogRollout['spec']>,
  {
    live = aRollout({}, SETTLED),
    sites = [],
    shards = [],
  }: { live?: FogRollout; sites?: FogSite[]; shards?: FogShard[] } = {},
): RolloutPlan {
  return planRollout(aRollout(spec), { live, sites, shards });
}
const stepsOf = ({ steps }: RolloutPlan) =>
  steps.map((step) => (step.kind === 'check' ? `check ${step.layers}` : `${step.kind} ${step.layer}`));

describe('What would become of a manifest', () => {
  it('is nothing where it says what is there', () => {
    expect(plan({})).toMatchObject({ change: 'none', steps: [], waits: [], refusals: [] });
  });

  it('is a run through all layers of what is new, or gives something else', () => {
    const fresh = planRollout(aRollout(next), { live: undefined, sites: [], shards: [] });
    expect([fresh.change, stepsOf(fresh)]).toEqual(['new', ['stage cloud', 'stage fog', 'stage edge']]);
    expect(plan(next)).toMatchObject({ change: 'content', from: 'v1.2.0', version: 'v2' });
  });

  it('waits for the windows that are for it and closed, and says until when', () => {
    const window = (name: string, open: boolean, more: object = {}, namespace = 'shop') =>
      ({ metadata: { name, namespace }, spec: more, status: { open } }) as unknown as FogWindow;
    const nights = window('nights', false, { reason: 'the shops are open' });
    nights.status!.nextOpening = '2026-01-01T22:00:00Z';
    const windows = [
      nights,
      window('open', true),
      window('other', false, { rollouts: { names: ['other'] } }),
      window('freeze', false, {}, 'ops'),
    ];
    const { waits, hash } = planRollout(aRollout(next), { live: undefined, sites: [], shards: [], windows });
    expect(waits).toEqual([
      'it waits for the FogWindow nights (the shops are open), which opens at 2026-01-01T22:00:00Z',
      'it waits for the FogWindow ops/freeze',
    ]);
    expect(planRollout(aRollout(next), { live: undefined, sites: [], shards: [] })).toMatchObject({ waits: [], hash });
  });

  it('goes from gate to gate, and says what each waits for', () => {
    const layers = {
      fog: { soakSeconds: 60 },
      edge: {
        before: [
          { approval: { required: 2, reason: 'shop floor', notAuthor: true } },
          { name: 'board', http: { url: 'https://board.example/ask?key=private' } },
          { job: { cronJob: 'smoke' } },
        ],
      },
    };
    const { steps } = plan({ ...next, strategy: { layers } });
    expect(steps.filter(({ kind }) => kind === 'gate')).toEqual([
      {
        kind: 'gate',
        layer: 'fog',
        at: 'after',
        gates: [{ name: 'soak', waitsFor: '60 s of readiness without interruption', seconds: 60 }],
      },
      {
        ...{ kind: 'gate', layer: 'edge', at: 'before' },
        gates: [
          {
            name: 'approval',
            waitsFor: 'approvals of 2 different people (shop floor), not by whoever last changed spec',
          },
          { name: 'board', waitsFor: 'the answer of https://board.example/ask' },
          { name: 'job-3', waitsFor: 'the answer of a Job of the CronJob smoke' },
        ],
      },
    ]);
  });

  it('names the sites of each wave, and who is not given anything', () => {
    const sites = Array.from({ length: 12 }, (_, index) => aSite(`edge-${index + 10}`));
    sites[11] = aSite('edge-21', { hold: { reason: 'stocktaking' } });
    const layers = { edge: { waves: [{ name: 'canary', size: 1 }], maxConcurrency: 4 } };
    const [edge] = plan({ ...next, strategy: { layers } }, { sites }).steps.filter(
      (step) => step.kind === 'stage' && step.layer === 'edge',
    );
    expect(edge).toMatchObject({
      ...{ total: 12, toGive: 11, held: 1, concurrency: 4 },
      waves: [
        { name: 'canary', total: 1, toGive: 1, first: ['edge-10'] },
        { name: 'rest', total: 11, toGive: 10, first: expect.arrayContaining(['edge-11', 'edge-20']) },
      ],
    });
  });

  it('names the sites that wait for their own windows, with those that wait for the same', () => {
    const sites = Array.from({ length: 30 }, (_, index) => aSite(`edge-${index + 10}`));
    sites[0] = aSite('edge-10', { hold: { reason: 'stocktaking' } });
    const texts: Record<string, string> = { 'edge-10': 'never', 'edge-11': 'its own window is closed' };
    for (let at = 12; at < 26; at++) texts[`edge-${at}`] = 'FogWindow shift is closed';
    const siteWindows = {
      at: ({ metadata: { name } }: Pick<FogSite, 'metadata'>) => {
        const text = texts[name];
        return text === undefined ? { open: true } : { open: false, text };
      },
    };
    const facts = { live: aRollout({}, SETTLED), sites, shards: [], siteWindows };
    const [edge] = planRollout(aRollout(next), facts).steps.filter(
      (step) => step.kind === 'stage' && step.layer === 'edge',
    );
    expect(edge).toMatchObject({
      ...{ toGive: 29, held: 1 },
      closed: [
        {
          because: 'FogWindow shift is closed',
          total: 14,
          first: sites.slice(2, 12).map(({ metadata }) => metadata.name),
        },
        { because: 'its own window is closed', total: 1, first: ['edge-11'] },
      ],
    });
  });

  it('would fail at a gate whose CEL nobody can read', () => {
    const before = [{ http: { url: 'https://a.example', method: 'GET' as const, success: 'body.ok ==' } }];
    expect(plan({ ...next, strategy: { layers: { edge: { before } } } }).refusals).toEqual([
      expect.stringMatching(/^edge\.before\.0\.http\.success: `body\.ok ==` is no expression in CEL: /),
    ]);
  });

  it('takes away what is left out', () => {
    expect(stepsOf(plan({ ...next, deployments: { cloud: content } }))).toEqual([
      'stage cloud',
      'drop edge',
      'drop fog',
    ]);
  });

  it.each<[string, Partial<FogRollout['spec']>, Partial<FogRolloutStatus>, string[]]>([
    [
      'what is under way, which it supersedes',
      next,
      { observedGeneration: 3 },
      ['it supersedes generation 4, which is under way'],
    ],
    [
      'what is under way, which a change of the strategy adjusts',
      { strategy: { progressDeadlineSeconds: 30 } },
      { observedGeneration: 3 },
      ['it adjusts generation 4, which is under way'],
    ],
    [
      'whoever has paused it',
      next,
      { hold: { by: 'alice', at: at(0), reason: 'incident 7' } },
      ['it is paused by alice: incident 7, until a Resume'],
    ],
    [
      'its own strategy',
      { ...next, strategy: { paused: true } },
      {},
      ['spec.strategy.paused holds it before its first step'],
    ],
  ])('waits for %s', (_, spec, status, waits) => {
    expect(plan(spec, { live: aRollout({}, { ...SETTLED, ...status }) }).waits).toEqual(waits);
  });

  it('fails where a layer has sites and none is selected, or where ports clash', () => {
    const layers = { edge: { siteSelector: { matchLabels: { ring: 'none' } } } };
    const ports = [
      { containerPort: 80, name: 'a' },
      { containerPort: 80, name: 'b' },
    ];
    const clash = { containers: [{ name: 'web', image: 'nginx', ports }] };
    const spec = { version: 'v2', deployments: { cloud: clash, edge: content }, strategy: { layers } };
    expect(plan(spec, { sites: [aSite('edge-1')] }).refusals).toEqual([
      'edge: no usable site is selected; check its FogSites and spec.strategy.layers.edge.siteSelector',
      expect.stringMatching(/^cloud: .*80/),
    ]);
  });

  it('takes about as long as the last time, and nobody knows where there was none', () => {
    expect(plan(next).seconds).toBe(21);
    expect(plan({ ...next, strategy: { layers: { fog: { soakSeconds: 60 } } } }).seconds).toBe(81);
    expect(plan(next, { live: aRollout() }).seconds).toBeUndefined();
  });

  it('takes longer where fewer sites are worked at once, or more are to be given it', () => {
    const sites = Array.from({ length: 12 }, (_, index) => aSite(`edge-${index}`));
    const before = { ...took(30), sites: { ...ALL_READY, total: 6, ready: 6, updated: 6 } };
    const live = aRollout({}, { ...SETTLED, layers: [aLayer('edge', before)] });
    const secondsAt = (maxConcurrency: number) => {
      const strategy = { layers: { edge: { maxConcurrency } } };
      return plan({ ...next, deployments: { edge: content }, strategy }, { live, sites }).seconds;
    };
    // The last time 30 s for 6 sites: with 2 at once 10 s for each of 3 goes, of which 12 sites need 6.
    expect([2, 5, 12, 50].map(secondsAt)).toEqual([60, 45, 30, 30]);
  });

  it('takes away what sites have that have no part any more', () => {
    const all = ['edge-0-0', 'edge-0-1', 'edge-0-2'];
    const sites = all.map((name, at) => aSite(name, { labels: { ring: at === 0 ? 'in' : 'out' } }));
    const shards = [aShard('rrr'), aShard('rr', { layer: 'fog' })].map((shard) => ({
      ...shard,
      spec: { ...shard.spec, sites: shard.spec.sites.map((site) => ({ ...site, namespace: site.name })) },
    }));
    const live = aRollout({}, SETTLED);
    const placed = sites.map((site) => ({ ...site, spec: { ...site.spec, namespace: site.metadata.name } }));
    const layers = { edge: { siteSelector: { matchLabels: { ring: 'in' } } } };
    const steps = (spec: Partial<FogRollout['spec']>) =>
      plan(spec, { live, sites: placed, shards }).steps.filter(({ kind }) => kind === 'drop');
    expect(steps({ ...next, strategy: { layers } })).toContainEqual({ kind: 'drop', layer: 'edge', total: 2 });
    expect(steps({ ...next, deployments: { cloud: content } })).toEqual([
      { kind: 'drop', layer: 'edge', total: 3 },
      { kind: 'drop', layer: 'fog', total: 2 },
    ]);
  });

  it.each(['Defer', 'Fail'] as const)('counts as away who cannot be reached, by the policy %s', (policy) => {
    const sites = [aSite('edge-0'), aSite('edge-1', { status: awaySince() }), aSite('edge-2', { status: awaySince() })];
    const layers = { edge: { offline: { policy } } };
    const [edge] = plan({ ...next, strategy: { layers } }, { sites }).steps.filter(
      (step) => step.kind === 'stage' && step.layer === 'edge',
    );
    expect(edge).toMatchObject({ total: 3, toGive: 1, away: 2 });
  });

  it.each<[string, FogWindow[] | undefined, string, object | undefined]>([
    ['is not known', undefined, 'the FogWindow nights', undefined],
    ['is not there', [], 'the FogWindow nights, which is not there', undefined],
    [
      'is in another namespace',
      [aWindow('nights', { open: true }, 'ops')],
      'the FogWindow nights, which is not there',
      undefined,
    ],
    [
      'is closed for good',
      [aWindow('nights', { open: false })],
      'the FogWindow nights, which is closed',
      { open: false },
    ],
    [
      'is closed',
      [aWindow('nights', { open: false, nextOpening: at(1) })],
      `the FogWindow nights, which is closed, and opens at ${at(1)}`,
      { open: false, nextOpening: at(1) },
    ],
    [
      'is open',
      [aWindow('nights', { open: true, nextOpening: at(2), nextClosing: at(1) })],
      `the FogWindow nights, which is open until ${at(1)}`,
      { open: true, nextOpening: at(2), nextClosing: at(1) },
    ],
    ['nobody has looked at yet', [aWindow('nights', undefined)], 'the FogWindow nights', undefined],
  ])('says of a gate whose window %s', (_, windows, waitsFor, window) => {
    const layers = { edge: { before: [{ name: 'late', window: { ref: 'nights' } }] } };
    const facts = { live: aRollout({}, SETTLED), sites: [], shards: [], ...(windows && { windows }) };
    const { steps } = planRollout(aRollout({ ...next, strategy: { layers } }), facts);
    const [gate] = steps.flatMap((step) => (step.kind === 'gate' ? step.gates : []));
    expect(gate).toEqual({ name: 'late', waitsFor, ...(window && { window }) });
  });

  it('says what is waited for between waves, and not after the last', () => {
    const waves = [
      { name: 'canary', size: 1, after: [{ approval: {} }] },
      { name: 'others', after: [{ approval: {} }] },
    ];
    const sites = ['edge-1', 'edge-2'].map((name) => aSite(name));
    const { steps } = plan({ ...next, strategy: { layers: { edge: { waves } } } }, { sites });
    const [edge] = steps.flatMap((step) => (step.kind === 'stage' && step.layer === 'edge' ? [step.waves] : []));
    expect(edge).toMatchObject([
      { name: 'canary', after: [{ name: 'approval', waitsFor: 'an approval' }] },
      { name: 'others' },
    ]);
    expect(edge![1]).not.toHaveProperty('after');
  });

  it('says what the objects at the sites change in', () => {
    const ports = (...numbers: number[]) => ({
      containers: [{ ...content.containers[0]!, ports: numbers.map((containerPort) => ({ containerPort })) }],
    });
    const deployments = { cloud: ports(80), fog: content, edge: content };
    const live = aRollout({ deployments: { cloud: ports(), fog: content } }, SETTLED);
    const { steps } = plan({ version: 'v2', deployments }, { live });
    const diffs = steps.flatMap((step) => (step.kind === 'stage' ? [[step.layer, step.diff]] : []));
    const had = content.containers[0]!.ports;
    expect(diffs).toMatchObject([
      [
        'cloud',
        [
          {
            kind: 'Deployment',
            name: 'web-cloud',
            effect: 'changed',
            changes: [{ path: expect.stringMatching(/ports/) }],
          },
          { kind: 'Service', name: 'web', effect: 'new', changes: [] },
        ],
      ],
      ['fog', [{ effect: 'same', changes: [] }, ...(had ? [{ effect: 'same' }] : [])]],
      ['edge', [{ effect: 'new' }, ...(had ? [{ effect: 'new' }] : [])]],
    ]);
    const back = plan({ version: 'v3', deployments: { cloud: ports() } }, { live: aRollout({ deployments }, SETTLED) });
    expect(back.steps[0]).toMatchObject({
      diff: [{ effect: 'changed' }, { kind: 'Service', effect: 'removed' }],
    });
    expect(plan({ strategy: { progressDeadlineSeconds: 30 } }).steps[0]).not.toHaveProperty('diff');
  });
});

function aWindow(name: string, status: FogWindow['status'], namespace = 'shop'): FogWindow {
  return { metadata: { name, namespace }, spec: {}, ...(status && { status }) } as FogWindow;
}
