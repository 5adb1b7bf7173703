import { describe, expect, it } from '@jest/globals';
import { loadedOf, planOf } from '../../../../model/fleet/plan.ts';
import type { PlanStageInput } from '../../../../model/shards.ts';
import type { FogShard, FogSite } from '../../../../model/types.ts';
import { away } from './records.ts';
import { aSite } from './sites.ts';

const OWNER = { namespace: 'shop', name: 'web', uid: 'uid-web', created: '2026-11-22T10:00:00Z' };
const EDGES = ['a', 'b', 'c', 'd'].map((name) => aSite(name));

function anInput(wishes: Partial<PlanStageInput> = {}, generation = 4): PlanStageInput {
  const revision = { generation, version: `v${generation}`, hash: 'hash' };
  return { owner: OWNER, layer: 'edge', revision, strategy: {}, run: 'run-1', ...wishes };
}

interface Before {
  sites?: FogSite[];
  former?: FogShard[];
  above?: FogShard[];
}

function plan(input: PlanStageInput, { sites = EDGES, former = [], above = [] }: Before = {}, shardSize = 3) {
  return planOf(input, { sites, former, above }, shardSize);
}

/** The plan of an earlier run, with its sites where the letters say. */
function earlier(phases: string[], wishes: Partial<PlanStageInput> = {}, generation = 4, sites = EDGES): FogShard[] {
  const { shards } = plan(anInput({ run: 'run-0', ...wishes }, generation), { sites });
  return shards.map((shard, at) => ({
    ...shard,
    status: {
      phases: phases[at]!,
      reports: 7,
      notes: shard.spec.sites.flatMap(({ name }, place) =>
        phases[at]![place] === 'f' ? [{ site: name, reason: 'Invalid', message: `${name}: no such image` }] : [],
      ),
    },
  }));
}

const phasesIn = (shards: FogShard[]) => shards.map(({ status }) => status!.phases);

describe('The plan of a stage', () => {
  it('divides each wave into shards, and says where every site stands', () => {
    const { stage, shards } = plan(anInput({ strategy: { waves: [{ name: 'canary', size: 1 }] } }), {}, 2);
    expect(stage.waves).toEqual([
      { name: 'canary', count: 1 },
      { name: 'rest', count: 3 },
    ]);
    expect(stage.shards.map(({ wave, report }) => [wave, report.waiting])).toEqual([
      [0, 1],
      [1, 2],
      [1, 1],
    ]);
    expect(stage.total).toBe(4);
    expect(shards[1]?.metadata).toMatchObject({ namespace: 'shop', ownerReferences: [{ uid: 'uid-web' }] });
  });

  it('tells two waves of one name apart', () => {
    const waves = [
      { name: 'ring', size: 1 },
      { name: 'ring', size: 1 },
      { name: 'rest', size: 1 },
    ];
    const { stage } = plan(anInput({ strategy: { waves } }));
    expect(stage.waves.map(({ name }) => name)).toEqual(['ring', 'ring (2)', 'rest', 'rest (2)']);
  });

  it.each<[string, Partial<PlanStageInput>, FogSite[], string]>([
    ['what can be tried waits', {}, EDGES, 'wwww'],
    ['a held site', {}, [aSite('a', { hold: { reason: 'harvest' } }), aSite('b')], 'hw'],
    ['one out of reach', {}, [aSite('a', { status: away() }), aSite('b')], 'dw'],
    [
      'one out of reach that counts as failed',
      { strategy: { offline: { policy: 'Fail' } } },
      [aSite('a', { status: away() })],
      'f',
    ],
    [
      'one out of reach that is waited for',
      { strategy: { offline: { policy: 'Wait' } } },
      [aSite('a', { status: away() })],
      'w',
    ],
    ['one out of reach before its spec changed', {}, [aSite('a', { generation: 2, status: away() })], 'w'],
  ])('begins with the right letters: %s', (_, wishes, sites, phases) => {
    expect(phasesIn(plan(anInput(wishes), { sites }, 9).shards)).toEqual([phases]);
  });

  it('names those that are out of reach, and tells at once of those that count as failed', () => {
    const sites = [aSite('a', { status: away() })];
    const { shards } = plan(anInput(), { sites });
    expect(shards[0]?.status?.notes).toEqual([
      { site: 'a', reason: 'Unreachable', message: expect.stringMatching(/^edge a: .*; last seen 2026-/) },
    ]);
    expect(plan(anInput(), { sites }).stage.failures).toBeUndefined();
    expect(plan(anInput({ strategy: { offline: { policy: 'Fail' } } }), { sites }).stage.failures).toMatchObject([
      { site: 'a', layer: 'edge', reason: 'Unreachable' },
    ]);
  });

  it('is the same when it is asked for again', () => {
    expect(plan(anInput())).toEqual(plan(anInput()));
  });
});

describe('What an earlier plan is worth', () => {
  it.each<[string, Partial<PlanStageInput>, number, string[], string[]]>([
    ['an older generation: nothing', {}, 3, ['rrf', 'd'], ['www', 'w']],
    ['the same generation: what is ready is kept', {}, 4, ['rif', 'd'], ['rww', 'w']],
    ['a repair: what failed stays so too', { former: 'repair' }, 4, ['rif', 'd'], ['rwf', 'w']],
    ['a repair of what has drifted', { former: 'repair', drifted: ['a', 'x'] }, 4, ['rrf', 'r'], ['wrf', 'r']],
    ['the same stage: all that has ended', { former: 'continue' }, 4, ['rif', 'd'], ['rwf', 'd']],
    ['the same stage, of which there is nothing', { former: 'continue' }, 3, ['rrf', 'd'], ['www', 'w']],
  ])('%s', (_, wishes, generation, before, after) => {
    const former = earlier(before, {}, generation);
    expect(phasesIn(plan(anInput(wishes), { former }).shards)).toEqual(after);
  });

  it('is nothing at a site that has moved', () => {
    const former = earlier(['rrr', 'r']);
    const sites = [aSite('a', { namespace: 'elsewhere' }), ...EDGES.slice(1)];
    expect(phasesIn(plan(anInput({ former: 'repair' }), { sites, former }).shards)).toEqual(['wrr', 'r']);
  });

  it('is nothing to a later object of the name', () => {
    const former = earlier(['rrr', 'r'], { owner: { ...OWNER, uid: 'uid-before' } });
    expect(phasesIn(plan(anInput(), { former }).shards)).toEqual(['www', 'w']);
  });

  it('is what each site runs until it is given something else', () => {
    const first = earlier(['rrw', 'r'], {}, 3);
    const second = plan(anInput(), { former: first });
    expect(second.shards[0]?.spec.sites.map(({ had }) => had)).toEqual([
      { version: 'v3', generation: 3 },
      { version: 'v3', generation: 3 },
      undefined,
    ]);
  });

  it('keeps its snapshot for the same stage: who joined since is not in it', () => {
    const former = earlier(['rii', 'w']);
    const { shards } = plan(anInput({ former: 'continue' }), { sites: [...EDGES, aSite('e')], former });
    expect(shards.flatMap(({ spec }) => spec.sites.map(({ name }) => name))).toEqual(['a', 'b', 'c', 'd']);
    expect(shards.map(({ spec }) => spec.run)).toEqual(['run-1', 'run-1']);
  });
});

describe('The plan of a removal', () => {
  const removal = (former: FogShard[], wishes: Partial<PlanStageInput> = {}, sites = EDGES) => {
    const { revision: _, ...input } = anInput(wishes);
    return plan(input, { former, sites });
  };
  const namesIn = (shards: FogShard[]) => shards.flatMap(({ spec }) => spec.sites.map(({ name }) => name));

  it('is of whom an earlier plan has reached, wherever they are now', () => {
    expect(namesIn(removal(earlier(['rif', 'w']), {}, []).shards)).toEqual(['a', 'b', 'c']);
  });

  it('without any record is of every site', () => {
    expect(namesIn(removal([]).shards)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('leaves those out of reach for later, and then asks only them again', () => {
    const sites = [aSite('a', { status: away() }), ...EDGES.slice(1)];
    const first = removal(earlier(['rrr', 'r']), {}, sites);
    expect(phasesIn(first.shards)).toEqual(['dww', 'w']);
    const done = first.shards.map((shard) => ({
      ...shard,
      status: { ...shard.status!, phases: shard.status!.phases.replaceAll('w', 'r') },
    }));
    expect(phasesIn(removal(done, { former: 'repair' }, EDGES).shards)).toEqual(['wrr', 'r']);
  });

  it('believes no removal before it: something may have been given since', () => {
    const done = removal(earlier(['rrr', 'r'])).shards.map((shard) => ({
      ...shard,
      status: { phases: 'rrr', reports: 1 },
    }));
    expect(phasesIn(removal(done).shards)[0]).toBe('www');
  });
});

describe('A stage by branches', () => {
  const FOGS = [aSite('north', { layer: 'fog' }), aSite('south', { layer: 'fog' })];
  const LEAVES = [
    aSite('a', { parent: 'south' }),
    aSite('b', { parent: 'north' }),
    aSite('c'),
    aSite('d', { parent: 'south' }),
  ];
  const sites = [...FOGS, ...LEAVES];

  it('lets every site wait for its parent, those of one parent together', () => {
    const { stage, shards } = plan(anInput({ branches: true }), { sites }, 2);
    expect(shards.map(({ spec }) => spec.sites.map(({ name }) => name))).toEqual([
      ['c', 'b'],
      ['a', 'd'],
    ]);
    expect(stage.shards.map(({ parents }) => parents)).toEqual([{ '': 1, north: 1 }, { south: 2 }]);
    expect(loadedOf(shards[1]!, () => true)).toMatchObject({ phases: 'bb', parents: { south: [0, 1] } });
  });

  it('in a repair asks the record above instead', () => {
    const above = [
      {
        spec: { sites: FOGS.map(({ metadata }) => ({ name: metadata.name, namespace: 'x', cluster: 'hub' })) },
        status: { phases: 'dr', reports: 1 },
      } as unknown as FogShard,
    ];
    const { shards } = plan(anInput({ branches: true, former: 'repair' }), { sites, above }, 9);
    expect(shards[0]?.spec.sites.map(({ name }) => name)).toEqual(['c', 'b', 'a', 'd']);
    expect(shards[0]?.status).toMatchObject({ phases: 'wdww', notes: [{ site: 'b', reason: 'ParentNotReady' }] });
  });
});

describe('What a shard begins with', () => {
  it('skips sites that have left before their turn', () => {
    const [shard] = earlier(['rwf', 'w']);
    expect(loadedOf(shard!, (name) => name === 'c')).toMatchObject({ phases: 'rsf', reports: 7 });
  });
});
