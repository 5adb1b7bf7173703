import { describe, expect, it } from '@jest/globals';
import { gateName } from '../../../../model/gates/gates.ts';
import type { Layer } from '../../../../model/layers.ts';
import { type Step, stepsOfChange, stepsOfRemoval, stepsOfRepair } from '../../../../model/run/steps.ts';
import type { LayerRepair } from '../../../../model/signals.ts';
import type { Promotion } from '../../../../model/types.ts';
import { aChange, anOwner, aRemoval } from './messages.ts';

interface Given {
  /** The layers of the revision, and those with FogSites. */
  layers: string;
  fleet?: string;
  promotion?: Promotion;
}

const listOf = (words = '') => words.split(' ').filter(Boolean) as Layer[];

function stepsOf({ layers, fleet, promotion = 'Layer' }: Given): Step[] {
  const change = aChange(1, 4);
  const content = { containers: [{ name: 'nginx' }] };
  change.revision.layers = Object.fromEntries(listOf(layers).map((layer) => [layer, content]));
  change.revision.strategy = { ...change.revision.strategy, promotion };
  return stepsOfChange({ ...change, fleet: listOf(fleet) });
}

/** e.g. `stage fog (fleet)`, `stage edge (fleet) beside cloud`, `drop edge: all, also the implicit site`. */
function brief(step: Step): string {
  if (step.kind === 'letGo') return step.kind;
  if (step.kind === 'check') return `check ${step.layers.join(', ')}`;
  if (step.kind === 'gate') return `gate ${step.at} ${step.layer}: ${step.gates.map(gateName).join(', ')}`;
  const fleet = step.isFleet ? ' (fleet)' : '';
  if (step.kind === 'drop') {
    const how = [step.leaves, ...(step.hasImplicit ? ['implicit'] : []), ...(step.untilGone ? ['until gone'] : [])];
    return `drop ${step.layer}${fleet}: ${how.join(', ')}`;
  }
  return `stage ${step.layer}${fleet}${step.beside ? ` beside ${step.above}` : ''}`;
}

const stages = (steps: Step[]) => steps.filter(({ kind }) => kind === 'stage').map(brief);
const drops = (steps: Step[]) => steps.filter(({ kind }) => kind === 'drop').map(brief);

describe('A change', () => {
  it.each<[string, Given, string[]]>([
    ['every layer with its implicit site', { layers: 'cloud fog edge' }, ['stage cloud', 'stage fog', 'stage edge']],
    ['layers in their order, however they are written', { layers: 'edge cloud' }, ['stage cloud', 'stage edge']],
    [
      'layers with FogSites, one after the other',
      { layers: 'cloud fog edge', fleet: 'fog edge' },
      ['stage cloud', 'stage fog (fleet)', 'stage edge (fleet)'],
    ],
    [
      'by branches: those with FogSites that follow on one another at once',
      { layers: 'cloud fog edge', fleet: 'fog edge', promotion: 'Branch' },
      ['stage cloud', 'stage fog (fleet)', 'stage edge (fleet) beside fog'],
    ],
    [
      'by branches: all three at once',
      { layers: 'cloud fog edge', fleet: 'cloud fog edge', promotion: 'Branch' },
      ['stage cloud (fleet)', 'stage fog (fleet) beside cloud', 'stage edge (fleet) beside fog'],
    ],
    [
      'by branches without the middle layer: beside the nearest one above',
      { layers: 'cloud edge', fleet: 'cloud fog edge', promotion: 'Branch' },
      ['stage cloud (fleet)', 'stage edge (fleet) beside cloud'],
    ],
    [
      'by branches below an implicit site: after it',
      { layers: 'cloud edge', fleet: 'fog edge', promotion: 'Branch' },
      ['stage cloud', 'stage edge (fleet)'],
    ],
    [
      'by branches above an implicit site: that waits for the whole layer',
      { layers: 'fog edge', fleet: 'fog', promotion: 'Branch' },
      ['stage fog (fleet)', 'stage edge'],
    ],
  ])('promotes %s', (_, given, expected) => {
    const steps = stepsOf(given);
    expect(stages(steps)).toEqual(expected);
    expect(steps.slice(0, expected.length).every(({ kind }) => kind === 'stage')).toBe(true);
  });

  it.each<[string, Given, string[]]>([
    [
      'layers with FogSites: who has no part in them any more',
      { layers: 'cloud fog edge', fleet: 'fog edge' },
      ['drop edge (fleet): leftovers', 'drop fog (fleet): leftovers', 'drop cloud: all'],
    ],
    [
      'a layer that is left out: all of it',
      { layers: 'cloud', fleet: 'edge' },
      ['drop edge (fleet): all, implicit', 'drop fog: all, implicit', 'drop cloud: all'],
    ],
  ])('then takes away, edge first, what is to be there no longer: of %s', (_, given, expected) => {
    expect(drops(stepsOf(given))).toEqual(expected);
  });
});

describe('A repair', () => {
  const repair = (...layers: LayerRepair[]) => stepsOfRepair({ owner: anOwner(1), generation: 4, layers });

  it('puts layers right, cloud first, each with what it was last given; then takes away, edge first', () => {
    const steps = repair(
      { layer: 'fog', leaves: 'all' },
      { layer: 'edge', generation: 3, fleet: true, drifted: ['a'] },
      { layer: 'edge', leaves: 'leftovers', fleet: true },
      { layer: 'cloud', generation: 4 },
    );
    expect(steps.map(brief)).toEqual([
      'stage cloud',
      'stage edge (fleet)',
      'drop edge (fleet): leftovers',
      'drop fog: all, implicit',
    ]);
    expect(steps.map((step) => (step.kind === 'stage' ? step.repair : undefined))).toEqual([
      { generation: 4, drifted: [] },
      { generation: 3, drifted: ['a'] },
      undefined,
      undefined,
    ]);
  });

  it('never has stages side by side: the records say which parents are ready', () => {
    const steps = repair({ layer: 'fog', generation: 4, fleet: true }, { layer: 'edge', generation: 4, fleet: true });
    expect(steps.map(brief)).toEqual(['stage fog (fleet)', 'stage edge (fleet)']);
  });

  it('of nothing does nothing', () => {
    expect(repair()).toEqual([]);
  });
});

describe('A removal', () => {
  it('takes all away, edge first, until nothing is left; then lets the object go', () => {
    expect(stepsOfRemoval({ ...aRemoval(1), fleet: ['edge'] }).map(brief)).toEqual([
      'drop edge (fleet): all, implicit, until gone',
      'drop fog: all, implicit, until gone',
      'drop cloud: all, implicit, until gone',
      'letGo',
    ]);
  });
});
