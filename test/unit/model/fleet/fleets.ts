import fc from 'fast-check';
import { LAYER_ABOVE } from '../../../../model/fleet/branches.ts';
import type { SettledPhase } from '../../../../model/fleet/report.ts';
import { refOf } from './simulated-stage.ts';
import type { Scenario, SimulatedSite, StagePlan } from './simulation.ts';

/** How many sites each shard has, by wave. */
type Shape = fc.Arbitrary<number[][]>;

function shapes({ waves, shards, sites }: { waves: number; shards: number; sites: number }): Shape {
  return upTo(waves, upTo(shards, fc.integer({ min: 1, max: sites })));
}

/** Arrays of any length from 1 on, each length as often. */
function upTo<T>(most: number, item: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.integer({ min: 1, max: most }).chain((length) => fc.array(item, { minLength: length, maxLength: length }));
}

export const manyAWave = shapes({ waves: 3, shards: 4, sites: 7 });
export const oneAWave = shapes({ waves: 5, shards: 1, sites: 7 });
const few = shapes({ waves: 2, shards: 3, sites: 5 });

const fates = fc.constantFrom<SettledPhase[][]>(
  ['ready'],
  ['ready', 'ready', 'ready', 'ready', 'failed'],
  ['ready', 'ready', 'failed', 'deferred', 'skipped', 'held'],
  ['deferred', 'held'],
  ['failed'],
);

/** Where sites begin: all anew, as a plan finds them, or as the run before left them. */
const beginnings = fc.constantFrom('w', 'w', 'w', 'wwwwwdh', 'wwwirrdhfs', 'rdw');

const rampUps = fc.option(
  fc.record({ initial: fc.integer({ min: 1, max: 4 }), factor: fc.integer({ min: 2, max: 3 }) }),
  { nil: undefined },
);

/** Any stage of such a shape. */
export function scenarios(shape: Shape, { mortal = false } = {}): fc.Arbitrary<Scenario> {
  return playsOf(
    stagesOf(shape, 'site').map((stage) => [stage]),
    mortal,
  );
}

/** Any two stages, the sites of the lower one mostly waiting for one of the upper, for all of it, or for none there is. */
export function branchScenarios(shapes: [Shape, Shape] = [few, few], { mortal = false } = {}): fc.Arbitrary<Scenario> {
  const both = stagesOf(shapes[0], 'fog').chain((upper) => {
    const parents = [...upper.sites.flat().map(({ name }) => name), LAYER_ABOVE, 'nowhere'];
    return stagesOf(shapes[1], 'edge', parents).map((lower) => [upper, lower]);
  });
  return playsOf(both, mortal);
}

/** Of two stages. The lower one has one shard in each wave. */
export const branchedOneAWave: [Shape, Shape] = [few, oneAWave];

function playsOf(stages: fc.Arbitrary<StagePlan[]>, mortal: boolean): fc.Arbitrary<Scenario> {
  const mortals = fc.constant(mortal);
  // Without bias to what is small: what goes wrong needs many sites and messages.
  return fc.noBias(fc.record({ stages, seed: fc.integer(), delay: fc.integer({ min: 1, max: 5 }), mortal: mortals }));
}

function stagesOf(shape: Shape, layer: string, parents: string[] = []): fc.Arbitrary<StagePlan> {
  return fc.tuple(shape, fates, beginnings).chain(([waves, luck, letters]) => {
    const total = waves.flat().reduce((sum, count) => sum + count, 0);
    const begin = fc.constantFrom(...letters);
    const parent = parents.length > 0 ? fc.option(fc.constantFrom(...parents), { freq: 5, nil: undefined }) : undefined;
    const leaves = fc.nat(9).map((drawn) => drawn === 0);
    const site = fc.tuple(begin, fc.constantFrom(...luck), leaves, parent ?? fc.constant(undefined));
    return fc
      .tuple(fc.array(site, { minLength: total, maxLength: total }), budgets(total), rampUps, fc.boolean())
      .map(([drawn, budget, rampUp, paced]) => {
        const all = drawn.map(([letter, fate, leaves, parent], index) =>
          aSite({ name: `${layer}-${index}`, letter, fate, leaves }, parent),
        );
        const sites: SimulatedSite[][] = [];
        // Numbers as ids: JSON objects put those in an order of their own.
        const shards = waves.flatMap((counts, wave) =>
          counts.map((count) => {
            sites.push(all.splice(0, count));
            return refOf(sites.at(-1)!, String(100 - sites.length), wave);
          }),
        );
        return { input: { shards, budget, paced, ...(rampUp && { rampUp }) }, sites };
      });
  });
}

/** Of sites that would wait for their turn, those with a parent wait for that. */
function aSite(site: SimulatedSite, parent: string | undefined): SimulatedSite {
  return parent !== undefined && site.letter === 'w' ? { ...site, letter: 'b', parent } : site;
}

function budgets(total: number) {
  return fc.record({
    maxConcurrency: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: total })),
    maxFailures: fc.oneof(fc.nat(2), fc.nat(total)),
    minSuccess: fc.nat(total),
    minReachable: fc.nat(total),
  });
}
