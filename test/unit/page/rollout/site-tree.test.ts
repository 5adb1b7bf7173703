import { describe, expect, it } from '@jest/globals';
import { loudIn, type PlacedSite, type SiteNode, treeOf, wavesOf } from '../../../../page/rollout/site-tree.ts';

const site = (
  layer: PlacedSite['layer'],
  name: string,
  phase: PlacedSite['phase'],
  more: Partial<PlacedSite> = {},
) => ({
  ...{ layer, site: name, phase },
  ...more,
});

/** e.g. `north Ready (edge: 2 Ready)`, indented by what it is below. */
function lines(nodes: SiteNode[], indent = ''): string[] {
  return nodes.flatMap(({ name, site, below, children }) => {
    const counts = Object.entries(below).map(
      ([layer, of]) => `${layer}: ${Object.entries(of).map(([phase, count]) => `${count} ${phase}`)}`,
    );
    const under = counts.length > 0 ? ` (${counts.join('; ')})` : '';
    return [`${indent}${name}${site ? ` ${site.phase}` : ''}${under}`, ...lines(children, `${indent}  `)];
  });
}

describe('The tree of sites', () => {
  it('hangs each site on its parent, with what is below in numbers, the worst first', () => {
    const tree = treeOf([
      site('cloud', 'cloud', 'Ready'),
      site('fog', 'north', 'Ready'),
      site('fog', 'south', 'Ready'),
      site('edge', 'bremen', 'Ready', { parent: 'north' }),
      site('edge', 'bari', 'Ready', { parent: 'south' }),
      site('edge', 'napoli', 'Failed', { parent: 'south' }),
    ]);
    expect(lines(tree)).toEqual([
      'cloud Ready (fog: 2 Ready; edge: 2 Ready,1 Failed)',
      '  south Ready (edge: 1 Ready,1 Failed)',
      '    napoli Failed',
      '    bari Ready',
      '  north Ready (edge: 1 Ready)',
      '    bremen Ready',
    ]);
  });

  it('keeps together what hangs on nothing that is there', () => {
    const tree = treeOf([
      site('fog', 'north', 'Ready'),
      site('fog', 'south', 'Ready'),
      site('edge', 'kiel', 'Waiting'),
      site('edge', 'rom', 'Waiting', { parent: 'gone' }),
      site('edge', 'bari', 'Ready', { parent: 'south' }),
    ]);
    expect(lines(tree)).toEqual([
      'no parent (edge: 2 Waiting)',
      '  kiel Waiting',
      '  rom Waiting',
      'north Ready',
      'south Ready (edge: 1 Ready)',
      '  bari Ready',
    ]);
  });

  it('is a chain of layers without FogSites', () => {
    const tree = treeOf([
      site('cloud', 'cloud', 'Ready'),
      site('fog', 'fog', 'InFlight'),
      site('edge', 'edge', 'Waiting'),
    ]);
    expect(lines(tree)).toEqual([
      'cloud Ready (fog: 1 InFlight; edge: 1 Waiting)',
      '  fog InFlight (edge: 1 Waiting)',
      '    edge Waiting',
    ]);
  });

  it('of 10,000 sites takes a moment', () => {
    const fog = Array.from({ length: 100 }, (_, at) => site('fog', `fog-${at}`, 'Ready'));
    const edge = Array.from({ length: 10_000 }, (_, at) =>
      site('edge', `edge-${at}`, at % 999 ? 'Ready' : 'Failed', { parent: `fog-${at % 100}` }),
    );
    const start = process.cpuUsage();
    const [first] = treeOf([...fog, ...edge]);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(500);
    expect(first!.children[0]!.site!.phase).toBe('Failed');
  });
});

describe('The waves of a layer', () => {
  const wave = (name: string, ...phases: PlacedSite['phase'][]) =>
    phases.map((phase, at) => site('edge', `${name}-${at}`, phase, { wave: name }));
  const shown = (sites: PlacedSite[]) =>
    wavesOf(sites, 'edge').map(({ name, state, total }) => `${name} ${state} ${total}`);

  it.each<[string, PlacedSite[], string[]]>([
    [
      'are over, under way and to come',
      [...wave('canary', 'Ready'), ...wave('half', 'Ready', 'InFlight', 'Waiting'), ...wave('rest', 'Waiting')],
      ['canary done 1', 'half now 3', 'rest next 1'],
    ],
    [
      'wait for their layer',
      [...wave('canary', 'Waiting'), ...wave('rest', 'Waiting', 'Held')],
      ['canary next 1', 'rest next 2'],
    ],
    [
      'are over, however they ended',
      [...wave('a', 'Failed', 'Held'), ...wave('b', 'Skipped')],
      ['a done 2', 'b done 1'],
    ],
    ['are not told of where there is one', wave('all', 'InFlight'), []],
    ['are not told of where there are none', [site('edge', 'edge', 'InFlight')], []],
  ])('%s', (_, sites, expected) => {
    expect(shown(sites)).toEqual(expected);
  });
});

it('Sites to look at are those that are not well, nor on their way', () => {
  const phases = ['Ready', 'Failed', 'InFlight', 'Held', 'Waiting', 'Failed', 'Drifted'] as const;
  expect(loudIn(phases.map((phase, at) => site('edge', `edge-${at}`, phase)))).toEqual({
    Failed: 2,
    Held: 1,
    Drifted: 1,
  });
});
