/** Plans of a stage, and what became of them. */
import { type Plan, type PlanFacts, planOf } from '../../../../model/fleet/plan.ts';
import { GIVEN, NOT_GIVEN } from '../../../../model/fleet/records.ts';
import type { PlannedRelease, PlanStageInput } from '../../../../model/shards.ts';
import type { FogShard, FogSite } from '../../../../model/types.ts';
import { aSite } from './sites.ts';

export const OWNER = { namespace: 'shop', name: 'web', uid: 'uid-web', created: '2026-11-22T10:00:00Z' };

/** Four sites of the edge, in namespaces of their own names. */
export const EDGES = ['a', 'b', 'c', 'd'].map((name) => aSite(name));

interface ReleaseWishes extends Partial<Omit<PlannedRelease, 'revision'>> {
  attempt?: number;
  /** Names what is given; another for each generation, where it is left out. */
  content?: number;
}

export function aRelease(
  generation = 4,
  { attempt, content = generation, ...wishes }: ReleaseWishes = {},
): PlannedRelease {
  const revision = {
    generation,
    version: `v${content}`,
    hash: `h${content}`,
    ...(attempt !== undefined && { attempt }),
  };
  return { revision, hash: `content-${content}`, mode: 'promote', ...wishes };
}

type Wishes = Partial<Omit<PlanStageInput, 'release' | 'leaves'>>;

/** Asks for the plan of a stage that gives the sites of the edge something. */
export function aPromotion(release: PlannedRelease = aRelease(), wishes: Wishes = {}): PlanStageInput {
  return { owner: OWNER, layer: 'edge', strategy: {}, run: 'run-1', ...wishes, release };
}

/** Asks for the plan of one that takes from them what they have. */
export function aRemoval(leaves: 'all' | 'leftovers' = 'all', wishes: Wishes = {}): PlanStageInput {
  return { owner: OWNER, layer: 'edge', strategy: {}, run: 'run-2', ...wishes, leaves };
}

/** @param facts - no record and four sites, unless told otherwise */
export function plan(input: PlanStageInput, facts: Partial<PlanFacts> = {}, shardSize = 3): Plan {
  return planOf(input, { sites: EDGES, former: [], above: [], ...facts }, { shardSize });
}

/**
 * The record when a plan was worked through.
 *
 * @param letters - of each shard, where its sites are in the end; those left out are as they were
 * @param given - of each shard, who was given what the plan says; left out, whoever is ready, failed or under way
 */
export function ended(shards: FogShard[], letters: string[], given: string[] = letters.map(givenBy)): FogShard[] {
  return shards.map((shard, at) => {
    const phases = letters[at];
    if (phases === undefined) return shard;
    const notes = shard.spec.sites.flatMap(({ name }, place) =>
      phases[place] === 'f' ? [{ site: name, reason: 'Invalid', message: `${name}: no such image` }] : [],
    );
    return { ...shard, status: { phases, given: given[at]!, reports: 7, ...(notes.length > 0 && { notes }) } };
  });
}

function givenBy(letters: string): string {
  return [...letters].map((letter) => ('rif'.includes(letter) ? GIVEN : NOT_GIVEN)).join('');
}

/** The record of a promotion in which the sites came to where the letters say. */
export function promoted(letters: string[], release = aRelease(3), sites: FogSite[] = EDGES): FogShard[] {
  return ended(plan(aPromotion(release, { run: 'run-0' }), { sites }).shards, letters);
}

export const phasesIn = (shards: readonly FogShard[]) => shards.map(({ status }) => status!.phases);
export const namesIn = (shards: readonly FogShard[]) =>
  shards.flatMap(({ spec }) => spec.sites.map(({ name }) => name));

/** The shards of a plan whose sites have something to lose. */
export const leavingIn = (shards: readonly FogShard[]) => shards.filter(({ spec }) => spec.generation === 0);
/** The others. */
export const stayingIn = (shards: readonly FogShard[]) => shards.filter(({ spec }) => spec.generation !== 0);
