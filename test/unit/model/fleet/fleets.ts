import fc from 'fast-check';
import { LAYER_ABOVE } from '../../../../model/fleet/branches.ts';
import type { StageLimits } from '../../../../model/fleet/coordinator.ts';
import type { SettledPhase } from '../../../../model/fleet/report.ts';
import type { ShardTerms } from '../../../../model/fleet/terms.ts';
import { refOf } from './simulated-shard.ts';
import type { Intervention, Scenario, SimulatedSite, StagePlan } from './simulation.ts';

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

interface Wishes {
  /** Shards may die. */
  mortal?: boolean;
  /** What is done to the stages from outside. */
  interventions?: Interventions;
  /** Some of the sites have windows. */
  windows?: boolean;
}

/** Of a stage of so many sites. */
type Interventions = (total: number) => fc.Arbitrary<Intervention[]>;

/** Any stage of such a shape. */
export function scenarios(
  shape: Shape,
  { mortal = false, interventions, windows }: Wishes = {},
): fc.Arbitrary<Scenario> {
  return playsOf(
    stagesOf(shape, { layer: 'site', interventions, windows }).map((stage) => [stage]),
    mortal,
  );
}

/** Any two stages, the sites of the lower one mostly waiting for one of the upper, for all of it, or for none there is. */
export function branchScenarios(
  shapes: [Shape, Shape] = [few, few],
  { mortal = false, interventions, windows }: Wishes = {},
): fc.Arbitrary<Scenario> {
  const both = stagesOf(shapes[0], { layer: 'fog', interventions, windows }).chain((upper) => {
    const parents = [...upper.sites.flat().map(({ name }) => name), LAYER_ABOVE, 'nowhere'];
    return stagesOf(shapes[1], { layer: 'edge', parents, interventions, windows }).map((lower) => [upper, lower]);
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

interface StageWishes {
  layer: string;
  parents?: string[];
  interventions: Interventions | undefined;
  windows: boolean | undefined;
}

function stagesOf(shape: Shape, { layer, parents = [], interventions, windows }: StageWishes): fc.Arbitrary<StagePlan> {
  return fc.tuple(shape, fates, beginnings).chain(([waves, luck, letters]) => {
    const total = waves.flat().reduce((sum, count) => sum + count, 0);
    const begin = fc.constantFrom(...letters);
    const parent = parents.length > 0 ? fc.option(fc.constantFrom(...parents), { freq: 5, nil: undefined }) : undefined;
    const leaves = fc.nat(9).map((drawn) => drawn === 0);
    const window = windows ? fc.option(someWindow, { freq: 2, nil: undefined }) : fc.constant(undefined);
    const site = fc.tuple(begin, fc.constantFrom(...luck), leaves, parent ?? fc.constant(undefined), window);
    return fc
      .tuple(
        fc.array(site, { minLength: total, maxLength: total }),
        limitsOf(total),
        interventions?.(total) ?? fc.constant<Intervention[]>([]),
      )
      .map(([drawn, limits, interventions]) => {
        const all = drawn.map(([letter, fate, leaves, parent, window], index) =>
          aSite({ name: `${layer}-${index}`, letter, fate, leaves, ...(window && { window }) }, parent),
        );
        const sites: SimulatedSite[][] = [];
        // Numbers as ids: JSON objects put those in an order of their own.
        const shards = waves.flatMap((counts, wave) =>
          counts.map((count) => {
            sites.push(all.splice(0, count));
            return refOf(sites.at(-1)!, String(100 - sites.length), wave);
          }),
        );
        // Sites that others wait for, or that wait for others, stay in their waves.
        const done = interventions.filter(({ kind }) => kind !== 'replan' || layer === 'site');
        return { input: { shards, ...limits }, sites, interventions: done };
      });
  });
}

/** Closes and opens, twice at most, sometimes at the very beginning. */
const someWindow = fc
  .uniqueArray(fc.nat(60), { minLength: 4, maxLength: 4 })
  .chain((times) => fc.constantFrom(times.slice(0, 2), times))
  .map((times) => times.toSorted((a, b) => a - b));

/** Of sites that would wait for their turn, those with a parent wait for that. */
function aSite(site: SimulatedSite, parent: string | undefined): SimulatedSite {
  return parent !== undefined && site.letter === 'w' ? { ...site, letter: 'b', parent } : site;
}

/** Whatever can be done to a stage, some of it more often. */
export const anyInterventions: Interventions = (total) =>
  someOf(
    { weight: 1, arbitrary: fc.constant({ kind: 'stop' as const }) },
    { weight: 3, arbitrary: holds },
    { weight: 3, arbitrary: replans },
    { weight: 6, arbitrary: skips },
    { weight: 6, arbitrary: adjustments(total) },
  );

/** Whatever does not end a stage. */
export const lesserInterventions: Interventions = (total) =>
  someOf(
    { weight: 3, arbitrary: holds },
    { weight: 4, arbitrary: replans },
    { weight: 4, arbitrary: skips },
    { weight: 8, arbitrary: adjustments(total) },
  );

function someOf(...weighted: fc.WeightedArbitrary<Intervention>[]): fc.Arbitrary<Intervention[]> {
  return fc.array(fc.oneof(...weighted), { maxLength: 8, size: 'max' });
}

const holds = fc.boolean().map((isHeld): Intervention => ({ kind: 'hold', isHeld }));

const skips = fc.record({ kind: fc.constant('skip' as const), shard: fc.nat(12), site: fc.nat(7) });

const replans = fc.constant({ kind: 'replan' as const });

function adjustments(total: number): fc.Arbitrary<Intervention> {
  return limitsOf(total).map((limits) => ({ kind: 'adjust', limits }));
}

function limitsOf(total: number): fc.Arbitrary<StageLimits> {
  return fc
    .tuple(budgets(total), rampUps, terms)
    .map(([budget, rampUp, terms]) => ({ budget, terms, ...(rampUp && { rampUp }) }));
}

/** Without a pace as often as with one. */
const paces = fc.constantFrom<{ paceMs?: number }[]>({}, {}, { paceMs: 100 }, { paceMs: 2_000 });

const terms = fc.tuple(paces, fc.constantFrom(60, 600), fc.constantFrom<('Defer' | 'Wait')[]>('Defer', 'Wait')).map(
  ([pace, progressDeadlineSeconds, policy]): ShardTerms => ({
    ...pace,
    site: { progressDeadlineSeconds, offline: { policy, afterSeconds: 60 } },
  }),
);

function budgets(total: number) {
  return fc.record({
    maxConcurrency: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: total })),
    maxFailures: fc.oneof(fc.nat(2), fc.nat(total)),
    minSuccess: fc.nat(total),
    minReachable: fc.nat(total),
  });
}
