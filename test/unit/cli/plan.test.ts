import { describe, expect, it } from '@jest/globals';
import { plain } from '../../../cli/paint.ts';
import { planLines } from '../../../cli/plan.ts';
import { planRollout } from '../../../model/plan/rollout-plan.ts';
import type { FogRollout, FogRolloutStatus, FogSite } from '../../../model/types.ts';
import { ALL_READY, aLayer, aRollout, content } from '../model/builders.ts';
import { aSite } from '../model/fleet/sites.ts';

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const took = (seconds: number) =>
  ({ phase: 'Ready', sites: ALL_READY, generation: 4, startedAt: at(0), finishedAt: at(seconds) }) as const;
const SETTLED: FogRolloutStatus = {
  ...{ observedGeneration: 4, phase: 'Succeeded', version: 'v1.2.0' },
  layers: [aLayer('cloud', took(5)), aLayer('fog', took(7)), aLayer('edge', took(9))],
};
const NEXT = { version: 'v2', deployments: { cloud: content, fog: content, edge: content } };

function lines(spec: Partial<FogRollout['spec']>, sites: FogSite[] = [], unknown: string[] = []): string[] {
  const plan = planRollout(aRollout(spec), { live: aRollout({}, SETTLED), sites, shards: [] });
  return planLines({ ...plan, hash: '0123456789abcdef' }, unknown, plain);
}

describe('kubectl fog plan', () => {
  it('says that nothing changes', () => {
    expect(lines({})).toEqual(['shop/web v1.2.0: nothing changes', 'plan 0123456789abcdef']);
  });

  it('shows layers, gates and what is left out, in their order, and how long the last time took', () => {
    const layers = { fog: { before: [{ name: 'shop', approval: { required: 2, reason: 'shop floor' } }] } };
    expect(lines({ ...NEXT, deployments: { cloud: content, fog: content }, strategy: { layers } })).toEqual([
      'shop/web v1.2.0 → v2: begins a run',
      '├─ cloud: 1 site',
      '│  └─ no pod is made anew',
      '├─ gate before the fog',
      '│  └─ shop: waits for approvals of 2 different people (shop floor)',
      '├─ fog: 1 site',
      '│  └─ no pod is made anew',
      '└─ remove from the edge: 1 site',
      'about 12 s, as the last time; plan 0123456789abcdef',
    ]);
  });

  it('shows which sites wait for their windows', () => {
    const sites = Array.from({ length: 12 }, (_, index) => aSite(`edge-${index + 10}`));
    const spec = aRollout({ version: 'v2', deployments: { edge: content } });
    const at = ({ metadata }: Pick<FogSite, 'metadata'>) =>
      metadata.name === 'edge-10'
        ? { open: false, text: 'its own window is closed' }
        : { open: false, text: 'FogWindow shift is closed' };
    const plan = planRollout(spec, { live: undefined, sites, shards: [], siteWindows: { at } });
    expect(planLines({ ...plan, hash: '0123456789abcdef' }, [], plain).slice(-3)).toEqual([
      expect.stringMatching(/^ {3}├─ 11 sites \(edge-11, .*edge-20, …\) wait: FogWindow shift is closed$/),
      '   └─ 1 site (edge-10) waits: its own window is closed',
      'plan 0123456789abcdef',
    ]);
  });

  it('shows the waves of 10,000 sites in a few lines, and what was not found out', () => {
    const sites = Array.from({ length: 10_000 }, (_, index) => aSite(`edge-${String(index).padStart(4, '0')}`));
    sites[3] = aSite('edge-0003', { hold: { reason: 'stocktaking' } });
    const layers = { edge: { waves: [{ name: 'canary', size: 1 }, { size: '10%' }] } };
    const spec = { version: 'v2', deployments: { edge: content }, strategy: { layers } };
    expect(lines(spec, sites, ['what sites have may not be read'])).toEqual([
      'shop/web v1.2.0 → v2: begins a run',
      '? what sites have may not be read',
      '├─ edge: 9999 of 10000 sites, 2500 at once (1 held)',
      '│  ├─ no pod is made anew',
      '│  ├─ canary: 1 site (edge-0000)',
      expect.stringMatching(/^│ {2}├─ wave 2: 999 sites \(edge-0001, edge-0002, edge-0004, .*edge-0011, …\)$/),
      expect.stringMatching(/^│ {2}└─ rest: 8999 sites \(edge-1001, /),
      '├─ remove from the fog: 1 site',
      '└─ remove from the cloud: 1 site',
      'about 36 s, as the last time; plan 0123456789abcdef',
    ]);
  });

  it('shows what changes at the sites of each layer, and what is waited for between waves', () => {
    const image = (name: string) => ({ containers: [{ ...content.containers[0]!, image: name }] });
    const waves = [{ name: 'canary', size: 1, after: [{ name: 'looks-good', approval: {} }] }];
    const spec = {
      ...{
        version: 'v2',
        deployments: { cloud: image('nginx:1.28'), edge: { containers: [{ name: 'b', image: 'b:1' }] } },
      },
      strategy: { layers: { edge: { waves } } },
    };
    expect(lines(spec, [aSite('edge-1'), aSite('edge-2')]).slice(2, 14)).toEqual([
      '├─ cloud: 1 site',
      '│  └─ Deployment web-cloud: changes',
      '│     └─ ~ template.spec.containers[nginx].image: nginx:1.27 → nginx:1.28',
      '├─ edge: 2 sites, 1 at once',
      '│  ├─ Deployment web-edge: changes',
      expect.stringContaining('- template.spec.containers[nginx]: '),
      expect.stringContaining('+ template.spec.containers[b]: '),
      '│  ├─ - Service web',
      '│  ├─ canary: 1 site (edge-1)',
      '│  │  └─ then gate looks-good: waits for an approval',
      '│  └─ rest: 1 site (edge-2)',
      '└─ remove from the fog: 1 site',
    ]);
  });

  it('says what it would fail of, and what it waits for', () => {
    const layers = { edge: { siteSelector: { matchLabels: { ring: 'none' } } } };
    const spec = { version: 'v2', deployments: { edge: content }, strategy: { layers, paused: true } };
    expect(lines(spec, [aSite('edge-1')]).slice(1, 3)).toEqual([
      '✖ it would fail: edge: no usable site is selected; check its FogSites and spec.strategy.layers.edge.siteSelector',
      '… spec.strategy.paused holds it before its first step',
    ]);
  });
});
