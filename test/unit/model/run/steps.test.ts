import { describe, expect, it } from '@jest/globals';
import { gateName } from '../../../../model/gates/gates.ts';
import type { Layer } from '../../../../model/layers.ts';
import { firstLayer, type Step, stepsOfChange, stepsOfRemoval, stepsOfRepair } from '../../../../model/run/steps.ts';
import type { LayerRepair, Rollback } from '../../../../model/signals.ts';
import type { Gate, LayerContent, Promotion, Strategy, WaveStrategy } from '../../../../model/types.ts';
import { aChange, anOwner, aRemoval } from './messages.ts';

interface Given {
  /** The layers of the revision, and those with FogSites. */
  layers: string;
  fleet?: string;
  promotion?: Promotion;
  /** Of layers that are not like the others. */
  contents?: Partial<Record<Layer, Partial<LayerContent>>>;
  strategies?: Strategy['layers'];
  rollback?: Rollback;
}

const listOf = (words = '') => words.split(' ').filter(Boolean) as Layer[];

function stepsOf({ layers, fleet, promotion = 'Layer', contents = {}, strategies = {}, rollback }: Given): Step[] {
  const change = aChange(1, 4);
  const content = { containers: [{ name: 'nginx' }] };
  change.revision.layers = Object.fromEntries(
    listOf(layers).map((layer) => [layer, { ...content, ...contents[layer] }]),
  );
  change.revision.strategy = { ...change.revision.strategy, promotion, layers: strategies };
  return stepsOfChange({ ...change, fleet: listOf(fleet), ...(rollback && { rollback }) });
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

describe('Before the first layer of a change is written', () => {
  const other = { containers: [{ name: 'other' }] };

  it.each<[string, Given, string[]]>([
    ['nothing is checked where the layers are alike', { layers: 'cloud fog edge' }, []],
    ['nor where only the number of pods differs', { layers: 'cloud fog', contents: { fog: { replicas: 7 } } }, []],
    ['those are checked that are unlike it', { layers: 'cloud fog edge', contents: { edge: other } }, ['check edge']],
    ['all are where it is the odd one', { layers: 'cloud fog edge', contents: { cloud: other } }, ['check fog, edge']],
    ['nothing is where it is the only one', { layers: 'fog', contents: { fog: other } }, []],
  ])('%s', (_, given, expected) => {
    const steps = stepsOf(given).map(brief);
    expect(steps.filter((step) => step.startsWith('check'))).toEqual(expected);
    expect(steps.slice(0, expected.length)).toEqual(expected);
  });
});

describe('The gates of a change', () => {
  const shop: Gate = { name: 'shop', approval: {} };
  const till: Gate = { name: 'till', approval: {} };
  const both = { layers: 'fog edge', fleet: 'fog edge', promotion: 'Branch' } as const;
  const stagesAndGates = (given: Given) =>
    stepsOf(given).flatMap((step) => (step.kind === 'drop' ? [] : [brief(step)]));

  it.each<[string, Given, string[]]>([
    [
      'are before and after its layers, also after the last; a layer soaks while it is waited for',
      {
        layers: 'cloud fog',
        strategies: {
          cloud: { before: [shop], after: [till], soakSeconds: 9 },
          fog: { before: [till], after: [shop] },
        },
      },
      [
        'gate before cloud: shop',
        'stage cloud',
        'gate after cloud: till, soak',
        'gate before fog: till',
        'stage fog',
        'gate after fog: shop',
      ],
    ],
    [
      'are none of layers that it leaves out',
      { layers: 'fog', strategies: { edge: { before: [shop] } } },
      ['stage fog'],
    ],
    [
      'of a layer that goes by branches have it begin after them, and after the layer above',
      { ...both, strategies: { edge: { before: [shop] } } },
      ['stage fog (fleet)', 'gate before edge: shop', 'stage edge (fleet)'],
    ],
    [
      'after a layer have the one below wait for it as a whole',
      { ...both, strategies: { fog: { soakSeconds: 9 } } },
      ['stage fog (fleet)', 'gate after fog: soak', 'stage edge (fleet)'],
    ],
    [
      'after the lowest layer leave it beside the one above',
      { ...both, strategies: { edge: { after: [shop] } } },
      ['stage fog (fleet)', 'stage edge (fleet) beside fog', 'gate after edge: shop'],
    ],
  ])('%s', (_, given, expected) => {
    expect(stagesAndGates(given)).toEqual(expected);
  });

  it.each<[string, Given, WaveStrategy[], object]>([
    [
      'are kept by the place of each among all waves',
      { layers: 'edge', fleet: 'edge' },
      [{ size: 1 }, { after: [shop] }, { after: [] }, { after: [till] }],
      { isFleet: true, waveGates: { 1: [shop], 3: [till] } },
    ],
    ['are none where no wave has one', { layers: 'edge', fleet: 'edge' }, [{ size: 1 }, {}], { isFleet: true }],
    ['are none without FogSites, and so without waves', { layers: 'edge' }, [{ after: [shop] }], { isFleet: false }],
  ])('between waves %s', (_, given, waves, expected) => {
    const [stage] = stepsOf({ ...given, strategies: { edge: { waves } } });
    expect(stage).toStrictEqual({ kind: 'stage', layer: 'edge', ...expected });
  });
});

describe('A rollback', () => {
  const rollback: Rollback = { generation: 2, at: '2026-01-01T00:00:00Z' };

  it('goes edge first, and waits for nothing: no gates, no soak, no checks; then takes from sites with no part in it', () => {
    const strategies = { cloud: { before: [{ approval: {} }], after: [{ approval: {} }], soakSeconds: 9 } };
    const contents = { edge: { containers: [{ name: 'other' }] } };
    const given: Given = {
      layers: 'cloud edge',
      fleet: 'fog edge',
      promotion: 'Branch',
      contents,
      strategies,
      rollback,
    };
    expect(stepsOf(given).map(brief)).toEqual([
      'stage edge (fleet)',
      'drop fog (fleet): all, implicit',
      'stage cloud',
      'drop edge (fleet): leftovers',
    ]);
  });

  it('begins with the lowest of its layers, and any other change with the highest', () => {
    const revision = { layers: { cloud: { containers: [] }, fog: { containers: [] } } };
    expect([firstLayer({ revision, rollback }), firstLayer({ revision })]).toEqual(['fog', 'cloud']);
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

  it('takes away by the order that says who has a part in the layer, where there is one', () => {
    const steps = repair(
      { layer: 'edge', leaves: 'leftovers', fleet: true, leavesBy: 3, attempt: 2 },
      { layer: 'fog', leaves: 'all', attempt: 1 },
    );
    expect(steps.map((step) => (step.kind === 'drop' ? step.repair : undefined))).toStrictEqual([
      { generation: 3, attempt: 2 },
      {},
    ]);
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
